// Pictures dropped, pasted or chosen, a few at a time; each with its own progress and result.

import { byId, said } from "./common.js";

const AT_ONCE = 3;
const drop = byId("drop");
const limit = Number(drop.dataset.maxBytes);
const jobs = [];
let running = 0;

function add(files) {
  for (const file of files) {
    const line = byId("row").content.firstElementChild.cloneNode(true);
    const image = line.querySelector("img");
    image.src = URL.createObjectURL(file);
    image.addEventListener("error", () => image.removeAttribute("src"));
    line.querySelector(".name").textContent = file.name;
    line.querySelector("progress").setAttribute("aria-label", `${said("progress")} ${file.name}`);
    line.querySelector(".said").textContent = said("uploadWaiting");
    byId("list").append(line);
    jobs.push({ file, line, state: "waiting" });
  }
  byId("uploads").hidden = byId("summary").hidden = jobs.length === 0;
  work();
}

function work() {
  for (const job of jobs) {
    if (running >= AT_ONCE) break;
    if (job.state === "waiting") send(job);
  }
  const of = (state) => jobs.filter((job) => job.state === state).length;
  byId("summary-text").textContent = said("uploadSummary", {
    total: jobs.length,
    done: of("answered") + of("refused"),
    answered: of("answered"),
    failed: of("failed"),
  });
  byId("retry").hidden = of("failed") === 0;
}

function send(job) {
  const { file, line } = job;
  const progress = line.querySelector("progress");
  job.state = "running";
  running += 1;
  if (file.size > limit) {
    end(job, 413, null);
    return;
  }
  const request = new XMLHttpRequest(); // fetch tells nothing of what has been sent
  request.open("POST", "/upload");
  request.setRequestHeader("Content-Type", /^image\//.test(file.type) ? file.type : "image/unknown");
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    progress.value = (0.6 * event.loaded) / event.total;
    const percent = Math.round((100 * event.loaded) / event.total);
    line.querySelector(".said").textContent = said("uploadSending", { percent });
  });
  request.upload.addEventListener("load", () => {
    progress.value = 0.6;
    line.querySelector(".said").textContent = said("uploadReading");
  });
  request.addEventListener("load", () => {
    let body = null;
    try {
      body = JSON.parse(request.responseText);
    } catch {
      body = null;
    }
    end(job, request.status, body);
  });
  request.addEventListener("error", () => end(job, 0, null));
  request.send(file);
}

function end(job, status, body) {
  const { line } = job;
  running -= 1;
  line.querySelector("progress").value = 1;
  line.querySelector("progress").hidden = true;
  const outcome = line.querySelector(".outcome");
  const chip = document.createElement("span");
  outcome.replaceChildren(chip);
  if (status === 200 && body?.detail) {
    job.state = body.flag ? "answered" : "refused";
    line.querySelector(".said").textContent = said("uploadDone");
    line.querySelector(".code").textContent = body.data.fund_code;
    line.querySelector(".share").textContent = body.data.hold_share;
    chip.className = body.flag ? "chip good" : "chip doubt";
    chip.textContent = reason(body.flag ? "" : body.detail.reason);
    const link = document.createElement("a");
    link.href = `/review/${body.detail.id}?state=all`;
    link.textContent = said("openRow", { id: body.detail.id });
    outcome.append(" ", link);
  } else {
    job.state = "failed";
    line.querySelector(".said").textContent = said("uploadFailed");
    chip.className = "chip bad";
    const words = { 0: said("failedOffline"), 413: said("uploadTooLarge") };
    chip.textContent = body?.error ?? words[status] ?? String(status);
  }
  work();
}

// data-reason-no-code is dataset.reasonNoCode; data-reason- is dataset["reason-"].
function reason(code) {
  const name = code
    .toLowerCase()
    .split("_")
    .filter(Boolean)
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join("");
  return byId("texts").dataset[name ? `reason${name}` : "reason-"] ?? code;
}

byId("choose").addEventListener("click", () => byId("files").click());
byId("files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = "";
});
byId("retry").addEventListener("click", () => {
  for (const job of jobs.filter((one) => one.state === "failed")) {
    job.state = "waiting";
    job.line.querySelector("progress").hidden = false;
    job.line.querySelector("progress").value = 0;
    job.line.querySelector(".outcome").replaceChildren();
    job.line.querySelector(".said").textContent = said("uploadWaiting");
  }
  work();
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  add(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => add(event.clipboardData.files));
