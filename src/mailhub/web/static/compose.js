// The sheet on which a message is written: kept as a draft while one types, with files on their way beside it.
// Without this script the same form works by its buttons.

import { say } from "./app.js";
import { edit } from "./editor.js";
import { Recipients } from "./recipients.js";
import { Uploads } from "./upload.js";

const form = document.getElementById("compose");
const words = form.dataset;
const find = (selector) => form.querySelector(selector);
const fill = (text, value) => text.replace("{0}", value);
let token = find("[name=csrf_token]").value;
const SOON_MS = 1200;
const AT_LAST_MS = 8000;
const AGAIN_MS = [2000, 4000, 8000, 15000];

// -- what is said -------------------------------------------------------------------------------------------------------
let read = "";

/** For screen readers only: what others see without being told. */
function tell(text) {
  document.getElementById("said").textContent = text;
}

function state(text, kind = "", { aloud = true } = {}) {
  const line = document.getElementById("state");
  line.textContent = text;
  line.className = `mail-state needs-js${kind ? ` is-${kind}` : ""}`;
  // a screen reader hears what came of it, once a minute at most: "Saved at 14:03"
  if (aloud && text !== read) tell((read = text));
}

function showTroubles(control, list) {
  const place = document.getElementById(`${control}-troubles`);
  if (!place || place.innerHTML === list.innerHTML) return;
  place.replaceChildren(...list.childNodes);
  place.hidden = !place.children.length;
  const field = document.getElementById(control);
  field?.toggleAttribute("aria-invalid", !place.hidden);
  if (!place.hidden) field?.setAttribute("aria-invalid", "true");
}

// -- addresses -----------------------------------------------------------------------------------------------------------
const recipients = new Map();
for (const area of form.querySelectorAll("[data-recipients]")) recipients.set(area.name, new Recipients(area));
for (const [name, each] of recipients) judge(name, document.getElementById(`${name}-troubles`), each.area.value);
for (const button of form.querySelectorAll("[data-show-row]")) {
  button.addEventListener("click", () => {
    document.getElementById(`${button.dataset.showRow}-row`).classList.remove("is-spare");
    button.hidden = true;
    document.getElementById(button.dataset.showRow).focus();
  });
}

function judge(name, list, sent) {
  const told = [...list.querySelectorAll("[data-number]")].map((each) => [each.dataset.number, each.querySelector("span").textContent]);
  recipients.get(name)?.judge(Object.fromEntries(told), sent);
}

// -- the text: formatted or plain ----------------------------------------------------------------------------------------
const html = document.getElementById("body-html");
const text = document.getElementById("body-text");
let editor = null;

const isFormatted = () => editor.getBody().querySelector("img, table, a, ul, ol, blockquote, hr, h1, h2, h3, pre, b, strong, i, em, u, s, [style]") !== null;
const escaped = (words) => words.replace(/[&<>]/g, (each) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[each]);
const paragraphs = (words) => (words.trim() ? words.split(/\n{2,}/).map((each) => `<p>${escaped(each).replace(/\n/g, "<br>")}</p>`).join("") : "");

async function showKind(kind) {
  for (const [name, area] of [["html", html], ["text", text]]) {
    area.disabled = name !== kind;
    const part = area.closest("[data-body]");
    part.hidden = name !== kind;
    part.classList.remove("needs-js", "needs-no-js");
    find(`button[data-kind=${name}]`).setAttribute("aria-pressed", String(name === kind));
  }
  if (kind === "html" && !editor) {
    editor = await edit(html);
    editor.on("keydown", (event) => onKey(event));
    editor.on("drop", (event) => onDropInText(event));
    editor.on("dragover dragenter", () => showDrop(false));
  }
}

async function choose(kind) {
  if (kind === (html.disabled ? "text" : "html")) return;
  if (kind === "text") {
    if (isFormatted() && !(await asked("ask-plain"))) return;
    text.value = editor.getContent({ format: "text" }).replace(/\n{3,}/g, "\n\n").replaceAll("\u00a0", " ");
    await showKind("text");
    text.focus();
  } else {
    html.value = paragraphs(text.value);
    await showKind("html");
    editor.setContent(html.value);
    editor.focus();
  }
  changed();
}

/** Ask by a dialog; resolves to whether the answer was yes. */
function asked(id) {
  const dialog = document.getElementById(id);
  dialog.returnValue = "";
  dialog.showModal();
  dialog.querySelector("[data-first-focus]").focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

if (html) {
  for (const button of form.querySelectorAll("button[data-kind]")) button.addEventListener("click", () => choose(button.dataset.kind));
  showKind(words.kind || "html");
}

// -- files -----------------------------------------------------------------------------------------------------------------
const uploads = new Uploads(document.getElementById("uploading"), {
  endpoint: "/page-api/uploads",
  token,
  most: Number(words.maxFile),
  onChange: (row) => {
    if (row.state !== "here") return;
    tell(fill(words.textAdded, row.file.name));
    changed({ now: true });
  },
});
const chooser = document.getElementById("files");
chooser?.addEventListener("change", () => {
  uploads.add([...chooser.files]);
  chooser.value = "";
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take-out]");
  if (!button) return;
  const row = button.closest("[data-file]");
  const rows = [...form.querySelectorAll("#kept-files [data-file]:not([hidden])")];
  const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
  row.querySelector("input").checked = false;
  row.hidden = true;
  (next?.querySelector("[data-take-out]") ?? chooser)?.focus();
  tell(fill(words.textRemoved, button.dataset.takeOut));
  changed({ now: true });
});

const overlay = find(".mail-drop");
const hasFiles = (event) => chooser && [...(event.dataTransfer?.types ?? [])].includes("Files");
const showDrop = (is) => (overlay.hidden = !is);
form.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  showDrop(true);
});
form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || showDrop(false));
form.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  showDrop(false);
  uploads.add([...event.dataTransfer.files]);
});
// a file that misses the sheet must not be opened instead of the page
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => hasFiles(event) && event.preventDefault());

/** Pictures that are dropped on the text stand in it; other files are attached. */
function onDropInText(event) {
  const files = [...(event.dataTransfer?.files ?? [])];
  if (!files.length || files.every((each) => each.type.startsWith("image/"))) return;
  event.preventDefault();
  if (chooser) uploads.add(files);
}

// -- keeping it ----------------------------------------------------------------------------------------------------------
const keeping = {
  path: words.path,
  count: 0, // of changes
  kept: 0, // changes that are on disk
  body: null, // the text that is on disk
  pending: null, // what was sent and not answered
  running: null,
  soon: null,
  since: 0,
  tries: 0,
  stopped: false, // somebody else was faster, or the draft is gone
  leaving: false,
};
const isUnsaved = () => keeping.count > keeping.kept;
const bodyNow = () => (html && !html.disabled ? `html${html.value}` : text ? `text${text.value}` : "");

function changed({ now = false } = {}) {
  keeping.count += 1;
  keeping.since ||= Date.now();
  if (!keeping.stopped && keeping.tries === 0) state(words.textUnsaved, "", { aloud: false });
  clearTimeout(keeping.soon);
  const wait = now ? 0 : Math.max(0, Math.min(SOON_MS, keeping.since + AT_LAST_MS - Date.now()));
  keeping.soon = setTimeout(keep, wait);
}

function snapshot() {
  const data = new FormData(form);
  for (const name of ["file", "without_subject"]) data.delete(name);
  const body = bodyNow();
  if (body === keeping.body) for (const name of ["html", "text"]) data.delete(name);
  return { data, body, count: keeping.count, sent: new Map([...recipients].map(([name, each]) => [name, each.area.value])) };
}

/** Have it kept; one at a time. Resolves to whether all that was typed so far is on disk. */
function keep() {
  clearTimeout(keeping.soon);
  keeping.running ??= keepOnce().finally(() => (keeping.running = null));
  return keeping.running;
}

async function keepOnce() {
  while (isUnsaved() && !keeping.stopped) {
    // what may have got there, only its answer not, goes first and as it was: the hub knows it again
    keeping.pending ??= snapshot();
    keeping.since = 0;
    state(words.textSaving, "", { aloud: false });
    let response;
    try {
      response = await fetch(`${keeping.path}/save`, { method: "POST", body: keeping.pending.data, headers: { "HX-Request": "true", "X-CSRF-Token": token } });
    } catch {
      response = null;
    }
    if (!(await answered(response))) return false;
  }
  return !isUnsaved();
}

async function answered(response) {
  if (!response || response.status >= 500 || response.status === 429) return later(words.textOffline);
  if (response.headers.get("HX-Redirect") || response.status === 401 || response.status === 403) {
    await renewToken();
    return later(words.textSignedOut);
  }
  if (response.status === 404) return gone();
  const parts = new DOMParser().parseFromString(await response.text(), "text/html");
  const sent = keeping.pending;
  keeping.pending = null;
  keeping.tries = 0;
  for (const list of parts.querySelectorAll(".mail-troubles")) tellTroubles(list, sent);
  if (response.ok) return done(parts, sent);
  const trouble = parts.getElementById("refused")?.dataset.trouble;
  if (trouble) return ended(trouble);
  state(words.textRefused, "danger");
  say(parts.getElementById("refusals")?.textContent.trim() || words.textRefused, "danger");
  return false;
}

function tellTroubles(list, sent) {
  const control = list.id.replace(/-troubles$/, "");
  judge(control, list, sent.sent.get(control) ?? "");
  showTroubles(control, list);
}

/** Who has signed in anew in another window has another token; not that of somebody else, whose drafts these are not. */
async function renewToken() {
  try {
    const profile = new DOMParser().parseFromString(await (await fetch("/me")).text(), "text/html");
    const who = (root) => root.querySelector(".account-menu .menu-head")?.textContent;
    if (!who(profile) || who(profile) !== who(document)) return;
    token = uploads.token = profile.querySelector("[name=csrf_token]").value;
    for (const each of document.querySelectorAll("[name=csrf_token]")) each.value = token;
  } catch {
    // the next try asks again
  }
}

function later(sentence) {
  state(sentence, "warning");
  const wait = AGAIN_MS[Math.min(keeping.tries, AGAIN_MS.length - 1)];
  keeping.tries += 1;
  clearTimeout(keeping.soon);
  keeping.soon = setTimeout(keep, wait);
  return false;
}

/** There is nothing left to be a copy of: what stands here can only become a new draft. */
function gone() {
  document.querySelector("[data-copy-draft]").setAttribute("formaction", "/compose/save");
  document.querySelector("[data-load-other]").hidden = true;
  return ended("ended");
}

/** Nothing is kept by itself any more: the person chooses. */
function ended(trouble) {
  keeping.stopped = true;
  keeping.pending = null;
  const race = document.getElementById("race");
  for (const line of race.querySelectorAll("[data-race]")) line.hidden = line.dataset.race !== trouble;
  race.hidden = false;
  race.scrollIntoView({ block: "nearest" });
  state(words.textUnsaved, "danger");
  return false;
}

function done(parts, sent) {
  const { id, revision, path, at } = parts.getElementById("kept").dataset;
  keeping.kept = sent.count;
  keeping.body = sent.body;
  for (const each of document.querySelectorAll("[data-revision]")) if (each !== parts) each.value = revision;
  if (path !== keeping.path) moveTo(path, id);
  const out = new Set([...form.querySelectorAll("#kept-files [data-file][hidden]")].map((each) => each.dataset.file.split("-")[1]));
  swap("way", parts);
  swap("kept-files", parts);
  for (const row of form.querySelectorAll("#kept-files [data-file]")) {
    // taken out while this was on its way
    if (isUnsaved() && out.has(row.dataset.file.split("-")[1])) {
      row.hidden = true;
      row.querySelector("input").checked = false;
    }
  }
  uploads.handed(sent.data.getAll("upload"));
  state(fill(words.textSaved, at));
  return true;
}

function swap(id, parts) {
  const [place, fresh] = [document.getElementById(id), parts.getElementById(id)];
  if (!fresh || place.innerHTML === fresh.innerHTML) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.takeOut : null;
  place.replaceChildren(...fresh.childNodes);
  if (focused != null) ([...place.querySelectorAll("[data-take-out]")].find((each) => each.dataset.takeOut === focused) ?? chooser)?.focus();
}

/** A new message has become a draft with an address of its own. */
function moveTo(path, id) {
  for (const each of document.querySelectorAll("[formaction]")) each.setAttribute("formaction", each.getAttribute("formaction").replace(keeping.path, path));
  form.action = `${path}/send`;
  document.getElementById("discard-form").action = `${path}/discard`;
  const discard = find(".mail-discard");
  discard.href = `${path}/discard`;
  discard.hidden = false;
  document.querySelector("[data-load-other]").href = path;
  keeping.path = path;
  words.id = id;
  history.replaceState(history.state, "", path);
}

form.addEventListener("input", (event) => {
  if (event.target.type !== "file" && !event.target.closest(".recipients")) changed();
});
form.addEventListener("change", (event) => event.target.matches("select, [type=checkbox]") && changed({ now: true }));
addEventListener("online", () => isUnsaved() && !keeping.stopped && keep());
document.addEventListener("visibilitychange", () => document.hidden && isUnsaved() && !keeping.stopped && keep());
addEventListener("beforeunload", (event) => {
  if (!keeping.leaving && (isUnsaved() || uploads.areOnTheirWay)) event.preventDefault();
});
addEventListener("pageshow", () => (keeping.leaving = false));

// -- sending, closing -----------------------------------------------------------------------------------------------------
const sender = find("[data-send]");

function leave(button) {
  keeping.leaving = true;
  // a form does not begin to be sent while it asks whether it may be
  setTimeout(() => form.requestSubmit(button));
}

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (keeping.leaving) return;
  event.preventDefault();
  for (const each of recipients.values()) each.take();
  editor?.save();
  if (button?.matches("[data-enter]")) keep();
  else if (button?.matches("[data-close]")) await close(button);
  else await send(button ?? sender);
});

async function close(button) {
  if (uploads.areOnTheirWay) return say(words.textWaiting, "warning");
  if (!words.id && !isUnsaved()) {
    keeping.leaving = true;
    return location.assign("/drafts");
  }
  if (await kept()) leave(button);
}

let isSending = false;
async function send(button) {
  if (isSending) return;
  if (uploads.areOnTheirWay) return say(words.textWaiting, "warning");
  isSending = true;
  try {
    if (button === sender && !find("#subject").value.trim()) {
      if (!(await asked("ask-subject"))) return find("#subject").focus();
      const sure = document.createElement("input");
      Object.assign(sure, { type: "hidden", name: "without_subject", value: "1" });
      form.append(sure);
      if (!(await kept())) return sure.remove();
    } else if (!(await kept())) return;
    leave(button);
  } finally {
    isSending = false;
  }
}

/** Keep it before something is done with it. What is to be said of it stands on the page that comes next. */
async function kept() {
  if (keeping.stopped) {
    document.getElementById("race").scrollIntoView({ block: "center" });
    return false;
  }
  if (await keep()) return true;
  if (!keeping.stopped && keeping.tries) say(words.textNotSent, "danger", { stays: true });
  return false;
}

function onKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit(sender);
  } else if (event.key.toLowerCase() === "s" && !event.shiftKey) {
    event.preventDefault();
    changed({ now: true });
  }
}
document.addEventListener("keydown", (event) => document.querySelector("dialog[open]") || onKey(event));

// -- the choice between two versions -----------------------------------------------------------------------------------------
document.querySelector("[data-copy-draft]").addEventListener("click", (event) => {
  event.preventDefault();
  for (const each of recipients.values()) each.take();
  editor?.save();
  leave(event.currentTarget);
});
document.querySelector("[data-load-other]").addEventListener("click", () => (keeping.leaving = true));
document.getElementById("discard-form").addEventListener("submit", (event) => {
  if (event.submitter?.formMethod !== "dialog") keeping.leaving = true;
});

// -- the beginning -----------------------------------------------------------------------------------------------------------
// what stands on a page that was shown again is not kept yet
if ("unkept" in words) keeping.count = 1;
if (!document.getElementById("race").hidden) keeping.stopped = true;
if (location.pathname !== words.path) history.replaceState(history.state, "", words.path);
if (!document.activeElement || document.activeElement === document.body) {
  const first = recipients.get("to");
  if (!first.items.length) first.input.focus();
}
