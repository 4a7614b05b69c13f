// What the pages' scripts share. Texts come from the page's template#texts, so that they are in
// its language; nothing is ever put into the page as markup that did not come from our server.

export function byId(id) {
  return document.getElementById(id);
}

export function said(key, values = {}) {
  let text = byId("texts").dataset[key] ?? "";
  for (const [name, value] of Object.entries(values)) {
    text = text.replace(`{${name}}`, () => String(value));
  }
  return text;
}

// POST as JSON; {ok, status, body}. status 0: the service was not reached. `cors` is fetch's own
// default, and makes the browser say which site the request comes from.
export async function post(path, fields, options = {}) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(fields),
      credentials: "same-origin",
      ...options,
    });
    if (answer.status === 401) {
      location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
    }
    return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => ({})) };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}

let hiding;

export function toast(text, { bad = false, action = null, label = "" } = {}) {
  const box = byId("toasts");
  const one = document.createElement("div");
  one.className = bad ? "toast bad" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  one.append(words);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link-button";
    button.textContent = label;
    button.addEventListener("click", action);
    one.append(button);
  }
  box.replaceChildren(one);
  clearTimeout(hiding);
  hiding = setTimeout(() => box.replaceChildren(), bad ? 9000 : 4500);
}

export function isTyping(target) {
  return target instanceof Element && target.matches("input, select, textarea");
}

export function isPlainKey(event) {
  return !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing);
}
