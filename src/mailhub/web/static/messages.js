// Lists of messages and the page of one: choosing rows, and following what becomes of them while somebody looks.

const EVERY_MS = 3000;
const QUIET = 40; // looks without any news, after which only each fifth is taken
const list = document.getElementById("list");
const boxes = () => [...list.querySelectorAll("[data-select]")];

// -- choosing rows: all, none, a range with Shift; only what can be done is offered --------------------------------------
function showSelection() {
  const chosen = boxes().filter((each) => each.checked);
  const all = list.querySelector("[data-select-all]");
  all.checked = chosen.length > 0 && chosen.length === boxes().length;
  all.indeterminate = chosen.length > 0 && !all.checked;
  const counts = {};
  for (const each of chosen) for (const name of each.closest("tr").dataset.can.split(" ")) counts[name] = (counts[name] ?? 0) + 1;
  const text = list.querySelector("[data-selected-text]");
  const said = chosen.length ? `${list.dataset.textSelected}: ${chosen.length}` : "";
  if (text.textContent !== said) text.textContent = said;
  for (const button of list.querySelectorAll("[data-bulk]")) {
    const count = counts[button.dataset.bulk] ?? 0;
    button.hidden = count === 0;
    const mark = button.querySelector("[data-bulk-count]");
    mark.hidden = count === 0 || count === chosen.length;
    mark.textContent = count;
  }
}

let last = null;
if (list?.querySelector("[data-select-all]")) {
  list.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) for (const each of boxes()) each.checked = event.target.checked;
    if (event.target.matches("[data-select], [data-select-all]")) showSelection();
  });
  list.addEventListener("click", (event) => {
    if (event.target.closest("[data-select-none]")) {
      for (const each of boxes()) each.checked = false;
      showSelection();
      list.querySelector("[data-select-all]").focus();
    }
    if (!event.target.matches("[data-select]")) return;
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) {
      for (const each of all.slice(from, to + 1)) each.checked = event.target.checked;
      showSelection();
    }
    last = event.target;
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  addEventListener("pageshow", showSelection); // a browser keeps what was checked when one comes back
}

// -- filters: what is empty does not go into the address ----------------------------------------------------------------
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.filters")) return;
  for (const each of event.target.elements) if (each.name && !each.value) each.disabled = true;
});
addEventListener("pageshow", () => {
  for (const each of document.querySelectorAll("form.filters :disabled")) each.disabled = false;
});

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// -- following: asks for what is not final, and only while somebody can see it -------------------------------------------
const shown = document.querySelector("[data-live-message]");
const said = document.querySelector("[data-said]");
let stopped = false;
let asking = false;
let quiet = 0;

function question() {
  if (shown) {
    const state = document.getElementById("state");
    return state && !("final" in state.dataset) ? `${shown.dataset.liveMessage}&mark=${state.dataset.mark}` : null;
  }
  const rows = list ? [...list.querySelectorAll("tr[data-mark]:not([data-final])")] : [];
  if (!rows.length) return null;
  return `${list.dataset.live}?${rows.map((row) => `seen=${row.dataset.id}.${row.dataset.mark}`).join("&")}`;
}

async function look() {
  if (stopped || asking || document.hidden) return;
  quiet += 1;
  if (quiet > QUIET && quiet % 5) return;
  const url = question();
  if (!url) return;
  asking = true;
  try {
    await htmx.ajax("GET", url, { source: shown ?? list, target: shown ?? list, swap: "none" });
  } finally {
    asking = false;
  }
}

const words = (element) => element?.querySelector("[data-state]")?.textContent.replace(/\s+/g, " ").trim() ?? "";
let before = new Map();
const watched = () => (shown ? [document.getElementById("state")] : [...list.querySelectorAll("tr[id]")]).filter(Boolean);

function remember() {
  quiet = 0;
  before = new Map(watched().map((each) => [each.id, words(each)]));
}

function tell() {
  const changed = watched().filter((each) => before.get(each.id) !== words(each));
  if (list?.querySelector("[data-select-all]")) showSelection();
  if (!changed.length || !said) return;
  const titles = changed.map((each) => `${each.querySelector(".row-title, h1")?.textContent.trim() ?? ""}: ${words(each)}`);
  said.textContent = changed.length > 3 ? `${list.dataset.textChanged}: ${changed.length}` : titles.join(". ");
}

// without something to follow, the page does not load htmx
if (window.htmx) {
  document.addEventListener("htmx:before:response", (event) => {
    // gone, forbidden or signed out: what is shown stays, and nobody is told again and again
    if (event.detail.ctx.response.status >= 400) stopped = true;
  });
  document.addEventListener("htmx:before:swap", remember);
  document.addEventListener("htmx:after:swap", tell);
  // an open menu stays open when its row changes
  htmx.registerExtension("open-menus", {
    htmx_before_morph_attr: (element, { attrName }) => !(attrName === "open" && element.matches("details")),
  });
  setInterval(look, EVERY_MS);
  setTimeout(look, EVERY_MS / 3); // what was sent just now has often left by then
  document.addEventListener("visibilitychange", () => {
    quiet = 0;
    look();
  });
}
