// The card: compare picture and numbers, pick or type, Enter, and the next card is there.
//
// The next card and its picture are fetched while this one is looked at, and shown in its place
// without another page. What is typed is lost only when it was saved or its card was left.

import { byId, isPlainKey, isTyping, post, said, toast } from "./common.js";

const WINDOW = crypto.getRandomValues(new Uint32Array(3)).join("-");
const DONE = "fundocr-done"; // what this tab has done, newest last: for U
const ZOOM = "fundocr-zoom";
const SHARE = /^(\d{1,16}|\d{1,3}(,\d{3})+)(\.\d{1,4})?$/;

let card; // what is shown: {id, version, ...}, of the element #card
let beating; // timer
let opening; // the promise of the last beat's answer
let following = null; // {id, page: Promise<Document|null>, picture: Promise<Picture>}
let busy = false;

// the card that is shown ------------------------------------------------------------------------

function begin(picture) {
  const form = byId("card");
  card = {
    id: Number(form.dataset.id),
    version: Number(form.dataset.rowVersion),
    answer: form.dataset.answer === "yes",
    query: form.dataset.query,
    caller: form.dataset.caller,
    next: Number(form.dataset.next) || null,
    isUpload: form.dataset.upload === "yes",
    code: byId("fund_code"),
    share: byId("hold_share"),
    conflict: false,
    asked: "", // the pair that was asked about
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  for (const input of [card.code, card.share]) {
    input.addEventListener("input", () => refresh());
  }
  for (const pick of form.querySelectorAll(".pick")) {
    pick.addEventListener("click", () => take(pick.dataset));
  }
  byId("marks")?.addEventListener("click", (event) => {
    if (event.target.matches(".mark.number")) take(event.target.dataset);
  });
  byId("dismiss").addEventListener("click", askDismissal);
  byId("undo").addEventListener("click", undo);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    skip();
  });
  byId("zoom")?.addEventListener("click", zoom);
  byId("again")?.addEventListener("click", () => showPicture(fetchPicture(card.id)));
  refresh();
  // Where nothing can be picked, something has to be typed. Not on a phone: its keyboard would
  // hide the picture.
  const empty = [card.code, card.share].find((input) => !input.value);
  const types = empty && !form.querySelector(".pick") && matchMedia("(hover: hover)").matches;
  (types ? empty : byId("main")).focus({ preventScroll: true });
  scrollTo(0, 0);
  if (!card.isUpload) showPicture(picture ?? fetchPicture(card.id));
  following = null;
  opening = beat();
  clearInterval(beating);
  beating = setInterval(() => (opening = beat()), Number(form.dataset.beat) * 1000);
}

function isChanged() {
  return [card.code, card.share].some((input) => input.value.trim() !== input.dataset.was);
}

function refresh() {
  const words = byId("save").querySelector("span");
  const asIs = card.answer && !isChanged();
  words.textContent = asIs ? words.dataset.confirm : words.dataset.correct;
  for (const input of [card.code, card.share]) {
    const isOther = input.value.trim() !== input.dataset.was;
    input.closest(".value").classList.toggle("changed", isOther);
    wrong(input, "");
    showCrop(input);
  }
  byId("pair").hidden = true;
  card.asked = "";
  for (const pick of document.querySelectorAll(".pick")) {
    const { fundCode, holdShare } = pick.dataset;
    const isIn =
      (!fundCode || fundCode === card.code.value.trim()) &&
      (!holdShare || holdShare === card.share.value.trim().replaceAll(",", ""));
    pick.setAttribute("aria-pressed", String(isIn));
  }
}

// What is in the field, where it stands on the picture: beside the field and outlined.
function showCrop(input) {
  const box = document.querySelector(`.crop[data-field="${input.id}"]`);
  if (!box) return;
  const value = input.value.trim().replaceAll(",", "");
  const name = input === card.code ? "fundCode" : "holdShare";
  const same = [...document.querySelectorAll("#marks .mark.number")].filter(
    (mark) => value && mark.dataset[name] === value,
  );
  for (const mark of document.querySelectorAll(`#marks .picked.${input.id}`)) {
    mark.classList.remove("picked", input.id);
  }
  same[0]?.classList.add("picked", input.id);
  const svg = box.querySelector("svg");
  svg.dataset.first ??= svg.getAttribute("viewBox") ?? "";
  const isFirst = value === input.dataset.was && svg.dataset.first;
  const view = same.length ? same[0].dataset.crop : isFirst ? svg.dataset.first : "";
  if (view) svg.setAttribute("viewBox", view);
  svg.querySelector("polygon").setAttribute("points", same[0]?.getAttribute("points") ?? "");
  svg.toggleAttribute("hidden", !view);
  box.querySelector("span").hidden = Boolean(view) || !value;
}

function wrong(input, text) {
  byId(input.id + "-wrong").textContent = text;
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

// One part of a holding takes the other one along: else a code of one holding would stand beside
// the number of another. Where several holdings have this part, the person says which.
function take({ fundCode, holdShare }) {
  if (fundCode) card.code.value = fundCode;
  if (holdShare) card.share.value = holdShare;
  const whole = holdings().filter(
    (one) => (!fundCode || one.fundCode === fundCode) && (!holdShare || one.holdShare === holdShare),
  );
  if (whole.length === 1) {
    card.code.value = whole[0].fundCode;
    card.share.value = whole[0].holdShare;
  }
  refresh();
}

// What was read as whole holdings.
function holdings() {
  return [...document.querySelectorAll(".pick.holding")].map((pick) => pick.dataset);
}

// Whether the page has holdings, and this pair is none of them.
function isMixed(code, share) {
  const whole = holdings();
  const plain = share.replaceAll(",", "");
  return (
    isChanged() &&
    whole.length > 0 &&
    !whole.some((one) => one.fundCode === code && one.holdShare === plain)
  );
}

// picture ---------------------------------------------------------------------------------------

// {url, same} or {code}; never rejects.
async function fetchPicture(id) {
  try {
    const answer = await fetch(`/review/${id}/picture`, { credentials: "same-origin" });
    if (!answer.ok) return { code: (await answer.json().catch(() => ({}))).code ?? "" };
    const url = URL.createObjectURL(await answer.blob());
    return { url, same: answer.headers.get("X-Picture") === "same" };
  } catch {
    return { code: "OFFLINE" };
  }
}

async function showPicture(promise) {
  const mine = card;
  const words = byId("picture-said");
  words.hidden = false;
  words.className = "";
  words.textContent = words.dataset.loading;
  byId("again").hidden = true;
  const picture = await promise;
  if (mine !== card) {
    if (picture.url) URL.revokeObjectURL(picture.url);
    return;
  }
  if (!picture.url) {
    words.textContent = words.dataset[kindOf(picture.code)];
    words.className = "note doubt";
    byId("again").hidden = false;
    byId("evidence").hidden = false;
    for (const crop of document.querySelectorAll(".crop")) crop.hidden = true;
    return;
  }
  if (card.url) URL.revokeObjectURL(card.url);
  card.url = picture.url;
  for (const image of document.querySelectorAll("[data-picture]")) {
    image.setAttribute("href", picture.url);
    image.closest(".crop")?.removeAttribute("hidden");
  }
  await measured(picture.url);
  if (mine !== card) return;
  byId("viewport").hidden = false;
  byId("zoom").parentElement.hidden = false;
  byId("evidence").hidden = true;
  words.hidden = picture.same;
  byId("words").hidden = picture.same;
  if (!picture.same) {
    words.textContent = words.dataset.other;
    words.className = "note doubt";
  }
  setZoom(localStorage.getItem(ZOOM) ?? "");
}

// Rows without evidence do not know their picture's size; the outlines of others do.
async function measured(url) {
  const screen = byId("screen");
  const picture = new Image();
  picture.src = url;
  await picture.decode().catch(() => {});
  if (screen.getAttribute("viewBox") === "0 0 100 100" && picture.naturalWidth) {
    screen.setAttribute("viewBox", `0 0 ${picture.naturalWidth} ${picture.naturalHeight}`);
    screen.querySelector("image").setAttribute("width", picture.naturalWidth);
    screen.querySelector("image").setAttribute("height", picture.naturalHeight);
  }
}

function kindOf(code) {
  if (code === "HOST_NOT_ALLOWED" || code === "ADDRESS_NOT_ALLOWED") return "forbidden";
  const broken = ["NOT_A_PICTURE", "BAD_PICTURE", "PICTURE_TOO_SMALL"];
  return broken.includes(code) || code.startsWith("TOO_MANY") ? "broken" : "gone";
}

const ZOOMS = ["", "whole", "close"];

function zoom() {
  const now = ZOOMS.indexOf(localStorage.getItem(ZOOM) ?? "");
  setZoom(ZOOMS[(now + 1) % ZOOMS.length]);
}

function setZoom(kind) {
  localStorage.setItem(ZOOM, kind);
  for (const one of ZOOMS.slice(1)) byId("picture").classList.toggle(one, one === kind);
  const mark = document.querySelector(".mark.share, .mark.code");
  const viewport = byId("viewport");
  if (!mark || viewport.scrollHeight <= viewport.clientHeight) return;
  // All outlines in sight where they fit, else the share's.
  const boxes = [...document.querySelectorAll(".mark.code, .mark.share")].map((one) =>
    one.getBoundingClientRect(),
  );
  const top = Math.min(...boxes.map((box) => box.top));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  const fits = bottom - top < viewport.clientHeight;
  const middle = fits ? (top + bottom) / 2 : mark.getBoundingClientRect().top;
  const from = viewport.getBoundingClientRect().top;
  viewport.scrollTop += middle - from - viewport.clientHeight / 2;
}

// who else, and what comes next -------------------------------------------------------------------

async function beat() {
  const mine = card;
  const answer = await post(`/review/${mine.id}/open${mine.query}`, { window: WINDOW });
  if (mine !== card || !answer.ok) return null;
  const { others, row_version: version, next } = answer.body;
  const names = others.map((name) => (name === mine.caller ? said("anotherWindow") : name));
  const text = names.length ? said("alsoOpen", { names: names.join("、") }) : "";
  if (byId("others").textContent !== text) byId("others").textContent = text;
  if (version !== mine.version && !mine.conflict && !busy) await showConflict();
  if (following?.id !== next) follow(next);
  return { next };
}

function follow(id) {
  following?.picture.then(({ url }) => url && URL.revokeObjectURL(url));
  if (!id) {
    following = null;
    return;
  }
  following = { id, page: fetchPage(addressOf(id)), picture: fetchPicture(id) };
}

function addressOf(id) {
  return `/review/${id ?? "done"}${card.query}`;
}

async function fetchPage(address) {
  try {
    const answer = await fetch(address, {
      headers: { Accept: "text/html" },
      credentials: "same-origin",
    });
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

async function goOn() {
  const told = await opening; // the row that comes next is told by the first beat
  const next = following;
  following = null;
  if (!next) {
    location.assign(addressOf(told ? null : card.next)); // else what the page knew when it came
    return;
  }
  await show(addressOf(next.id), await next.page, next.picture);
}

// A fresh copy of the page takes the place of this one, without another load.
async function show(address, page, picture, push = true) {
  const main = page?.getElementById("main");
  if (!main || !page.getElementById("card")) {
    location.assign(address);
    return;
  }
  if (card.url) URL.revokeObjectURL(card.url);
  byId("main").replaceChildren(...main.childNodes);
  document.title = page.title;
  if (push) history.pushState(null, "", address);
  begin(picture);
}

addEventListener("popstate", async () => {
  const address = location.pathname + location.search;
  await show(address, await fetchPage(address), null, false);
});

// what a person does ------------------------------------------------------------------------------

function checked() {
  const code = card.code.value.trim();
  const share = card.share.value.trim();
  if (!code && !share) {
    toast(said("nothingToConfirm"), { bad: true });
    card.code.focus();
    return null;
  }
  if (!/^\d{6}$/.test(code)) {
    wrong(card.code, said("badCode"));
    card.code.focus();
    return null;
  }
  if (!SHARE.test(share)) {
    wrong(card.share, said("badShare"));
    card.share.focus();
    return null;
  }
  if (isMixed(code, share) && card.asked !== `${code} ${share}`) {
    card.asked = `${code} ${share}`;
    const ask = byId("pair");
    ask.textContent = said("mixedPair", { code, share });
    ask.hidden = false;
    ask.scrollIntoView({ block: "nearest" });
    return null;
  }
  return { fund_code: code, hold_share: share };
}

async function save() {
  if (card.conflict) return;
  const values = checked();
  if (!values) return;
  const note = byId("note").value;
  const isAsIs = card.answer && !isChanged();
  await send(isAsIs ? "confirm" : "correct", isAsIs ? { note } : { ...values, note });
}

async function send(action, fields) {
  if (busy) return false;
  busy = true;
  byId("save").disabled = true;
  const { id } = card;
  const answer = await post(`/review/${id}/${action}`, { row_version: card.version, ...fields });
  busy = false;
  byId("save").disabled = false;
  if (answer.ok) {
    const done = { correct: "doneCorrected", confirm: "doneConfirmed", dismiss: "doneDismissed" };
    remember({ id, version: answer.body.detail.row_version, query: card.query });
    toast(said(done[action], { id }), { action: undo, label: said("undo") + " (U)" });
    await goOn();
    return true;
  }
  if (answer.status === 412) {
    await showConflict();
    return false;
  }
  failed(answer);
  return false;
}

function failed(answer) {
  const why = answer.body.error ?? String(answer.status);
  toast(answer.status === 0 ? said("failedOffline") : said("failedOther", { error: why }), { bad: true });
}

function remember(done) {
  const all = JSON.parse(sessionStorage.getItem(DONE) ?? "[]");
  sessionStorage.setItem(DONE, JSON.stringify([...all, done].slice(-50)));
}

async function undo() {
  if (busy) return;
  const all = JSON.parse(sessionStorage.getItem(DONE) ?? "[]");
  // What this tab did last; else what anybody said last of the row that is shown.
  const last = all.pop() ?? { id: card.id, version: card.version, query: card.query };
  busy = true;
  const answer = await post(`/review/${last.id}/undo`, { row_version: last.version });
  busy = false;
  if (answer.status !== 0) sessionStorage.setItem(DONE, JSON.stringify(all));
  if (answer.ok || answer.status === 412) {
    const address = `/review/${last.id}${last.query}`;
    await show(address, await fetchPage(address), null, last.id !== card.id);
    if (answer.ok) toast(said("doneUndone", { id: last.id }));
    else failed(answer);
  } else if (answer.status === 409) toast(said("nothingToUndo"), { bad: true });
  else failed(answer);
}

async function skip() {
  const { id } = card;
  await goOn();
  toast(said("doneSkipped", { id }));
}

function askDismissal() {
  const dialog = byId("dismissal");
  byId("dismissal-note").value = byId("note").value;
  dialog.returnValue = "";
  dialog.showModal();
}

async function dismiss(reason) {
  const note = byId("dismissal-note");
  if (reason === "other" && !note.value.trim()) {
    note.setAttribute("aria-invalid", "true");
    note.focus();
    return;
  }
  note.removeAttribute("aria-invalid");
  byId("dismissal").close();
  byId("note").value = note.value;
  await send("dismiss", { reason, note: note.value });
}

// somebody else was quicker -----------------------------------------------------------------------

async function showConflict() {
  const mine = card;
  const query = new URLSearchParams({
    since: mine.version,
    fund_code: mine.code.value,
    hold_share: mine.share.value,
  });
  const part = await fetchPage(`/review/${mine.id}/changes?${query}`);
  const box = part?.getElementById("changed-box");
  if (mine !== card || !box) return;
  mine.conflict = true;
  const place = byId("changed");
  place.replaceChildren(box);
  place.hidden = false;
  byId("save").disabled = true;
  byId("save-mine").addEventListener("click", saveMine);
  byId("take-theirs").addEventListener("click", takeTheirs);
  box.focus();
  place.scrollIntoView({ block: "nearest" });
}

function endConflict() {
  card.version = Number(byId("changed-box").dataset.rowVersion);
  card.conflict = false;
  byId("save").disabled = false;
  byId("changed").hidden = true;
  byId("changed").replaceChildren();
}

async function saveMine() {
  const values = checked();
  if (!values) return;
  endConflict();
  await send("correct", { ...values, note: byId("note").value });
}

async function takeTheirs() {
  const address = `/review/${card.id}${card.query}`;
  await show(address, await fetchPage(address), null, false);
}

// keys --------------------------------------------------------------------------------------------

const KEYS = {
  d: askDismissal,
  s: skip,
  u: undo,
  z: () => byId("zoom") && zoom(),
  e: () => card.code.select(),
  n: () => byId("note").focus(),
};

document.addEventListener("keydown", (event) => {
  if (!isPlainKey(event)) return;
  // Not the event's target: right after a window closes, that is still a button inside it.
  const dialog = document.querySelector("dialog[open]");
  if (dialog) {
    dialogKey(dialog, event);
    return;
  }
  if (isTyping(event.target)) {
    if (event.key === "Escape") byId("main").focus();
    else if (event.key === "Enter" && card.conflict) {
      event.preventDefault();
      saveMine();
    }
    // Enter submits the form. Codes and shares have no letters: there letters stay commands.
    const isNumber = event.target === card.code || event.target === card.share;
    if (!isNumber || !/^[a-z]$/i.test(event.key)) return;
  }
  const key = event.key.toLowerCase();
  if (event.key === "Enter") {
    if (event.target.closest?.("a, button, summary")) return; // it has its own meaning there
    event.preventDefault();
    if (card.conflict) saveMine();
    else save();
  } else if (card.conflict && key === "t") takeTheirs();
  else if (/^[1-9]$/.test(key)) {
    const pick = document.querySelector(`.pick[data-key="${key}"]`);
    if (pick) take(pick.dataset);
  } else if (KEYS[key] && !event.repeat) {
    event.preventDefault();
    KEYS[key]();
  }
});

function dialogKey(dialog, event) {
  if (dialog.id !== "dismissal") return;
  const buttons = [...dialog.querySelectorAll("[data-reason]")];
  if (event.target.id === "dismissal-note") {
    if (event.key === "Enter") {
      event.preventDefault();
      dismiss("other");
    }
  } else if (/^[1-3]$/.test(event.key)) {
    event.preventDefault();
    dismiss(buttons[Number(event.key) - 1].dataset.reason);
  }
}

for (const button of document.querySelectorAll("#dismissal [data-reason]")) {
  button.addEventListener("click", () => dismiss(button.dataset.reason));
}

addEventListener("pagehide", () => {
  post("/review/leave", { window: WINDOW }, { keepalive: true });
});
addEventListener("pageshow", (event) => {
  if (event.persisted) opening = beat();
});

begin(null);
