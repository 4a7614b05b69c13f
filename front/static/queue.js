// The queue by keyboard: up and down choose a row, Enter opens it, / goes to the search.

import { byId, isPlainKey, isTyping } from "./common.js";

const rows = [...document.querySelectorAll("#rows tbody tr")];
let here = -1;

function choose(index) {
  if (!rows.length) return;
  rows[here]?.classList.remove("here");
  here = Math.max(0, Math.min(rows.length - 1, index));
  rows[here].classList.add("here");
  rows[here].querySelector("a").focus({ preventScroll: true });
  rows[here].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  // Not by the event's target: right after a window closes, that is still a button inside it.
  if (!isPlainKey(event) || document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "ArrowDown" || event.key === "j") choose(here + 1);
  else if (event.key === "ArrowUp" || event.key === "k") choose(here - 1);
  else if (event.key === "/") byId("search").focus();
  else if (event.key === "Enter" && !event.target.closest?.("a, button, summary")) {
    byId("start")?.click();
  } else return;
  event.preventDefault();
});

for (const row of rows) {
  row.addEventListener("click", (event) => {
    const link = row.querySelector("a");
    const isSelecting = String(getSelection()) !== "";
    if (!event.target.closest("a") && !isSelecting) link.click();
  });
  row.querySelector("a").addEventListener("focus", () => {
    rows[here]?.classList.remove("here");
    here = rows.indexOf(row);
    row.classList.add("here");
  });
}

// A choice in a list needs no further click.
for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
// Empty fields make no part of the address.
document.querySelector(".filters")?.addEventListener("submit", (event) => {
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll(".filters [disabled]")) field.disabled = false;
});
