// On every page: the list of keys, and the way out.

import { byId, isPlainKey, isTyping, post } from "./common.js";

const out = byId("log-out");
if (out) {
  out.hidden = false;
  out.addEventListener("click", async () => {
    await post("/logout", {});
    location.assign("/login");
  });
}

const show = byId("show-keys");

function showKeys() {
  byId("keys")?.showModal();
}

if (show && byId("keys")) {
  show.hidden = false;
  show.addEventListener("click", showKeys);
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && isPlainKey(event) && !isTyping(event.target)) showKeys();
  });
}
