// The board of scenarios: choosing many, and dragging rows to an account. What is dropped is posted by the form that
// assigns the chosen ones, so a mouse does nothing that keys do not.

const board = document.querySelector("[data-board]");
const form = document.getElementById("assign");
const boxes = (root = board) => [...root.querySelectorAll("[data-select]")];

function showSelection() {
  const chosen = boxes().filter((each) => each.checked);
  const said = chosen.length ? `${board.dataset.textSelected}: ${chosen.length}` : "";
  const text = board.querySelector("[data-selected-text]");
  if (text && text.textContent !== said) text.textContent = said;
  for (const all of board.querySelectorAll("[data-select-all]")) {
    const here = boxes(all.closest(".lane"));
    const checked = here.filter((each) => each.checked).length;
    all.checked = checked > 0 && checked === here.length;
    all.indeterminate = checked > 0 && !all.checked;
    all.hidden = here.length === 0;
  }
}

board?.addEventListener("change", (event) => {
  const all = event.target.closest("[data-select-all]");
  if (all) for (const each of boxes(all.closest(".lane"))) each.checked = all.checked;
  showSelection();
});
let last = null;
board?.addEventListener("click", (event) => {
  if (event.target.closest("[data-select-none]")) {
    const first = boxes().find((each) => each.checked);
    for (const each of boxes()) each.checked = false;
    showSelection();
    first?.focus();
  }
  if (!event.target.matches("[data-select]")) return;
  const every = boxes();
  const [from, to] = [every.indexOf(last), every.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const each of every.slice(from, to + 1)) each.checked = event.target.checked;
  last = event.target;
  showSelection();
});
addEventListener("pageshow", () => board && showSelection()); // a browser keeps what was checked when one comes back

// -- dragging: the row, or all chosen ones when it is one of them ----------------------------------------------------------
let carried = [];
const said = board?.querySelector("[data-said]");
const tell = (text) => said.textContent !== text && (said.textContent = text);
const named = () => (carried.length === 1 ? carried[0].dataset.title : `${carried.length} ${board.dataset.textScenarios}`);

function over(zone) {
  for (const each of board.querySelectorAll(".is-over")) if (each !== zone) each.classList.remove("is-over");
  if (!zone || zone.classList.contains("is-over")) return;
  zone.classList.add("is-over");
  tell(`${board.dataset.textOver} ${zone.dataset.dropTitle}`);
}

function release() {
  board.classList.remove("is-carrying");
  for (const each of carried) each.classList.remove("is-carried");
  carried = [];
  over(null);
}

const isHome = (zone) => carried.every((each) => zone.contains(each));

if (board && form) {
  for (const row of board.querySelectorAll("[data-row]")) row.draggable = true;
  board.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.("[data-row]");
    if (!row) return;
    const chosen = boxes().filter((each) => each.checked);
    carried = row.querySelector("[data-select]").checked ? chosen.map((each) => each.closest("[data-row]")) : [row];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", named());
    tell(`${board.dataset.textTaken} ${named()}`);
    setTimeout(() => {
      // later: what changes under the pointer now would end the dragging
      board.classList.toggle("is-carrying", carried.length > 0);
      for (const each of carried) each.classList.add("is-carried");
    });
  });
  const enter = (event) => {
    const zone = event.target.closest(".lane")?.querySelector("[data-drop]");
    const target = event.target.closest("[data-drop]") ?? zone;
    if (!carried.length || !target) return over(null);
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    over(target);
  };
  board.addEventListener("dragenter", enter);
  board.addEventListener("dragover", enter);
  board.addEventListener("drop", (event) => {
    const zone = board.querySelector(".is-over");
    if (!carried.length || !zone) return;
    event.preventDefault();
    if (isHome(zone)) return; // dragend comes next and says so
    tell(`${board.dataset.textDropped} ${zone.dataset.dropTitle}`);
    for (const each of boxes()) each.checked = carried.includes(each.closest("[data-row]"));
    form.elements.account.value = zone.dataset.drop;
    remember();
    form.requestSubmit();
  });
  board.addEventListener("dragend", () => {
    if (carried.length && !form.dataset.sent) tell(board.dataset.textCancelled);
    release();
  });
}

// -- after a change one is where one was ---------------------------------------------------------------------------------
const PLACE = "mailhub-scenarios-place";
function remember() {
  sessionStorage.setItem(PLACE, String(scrollY));
}
board?.addEventListener("submit", remember);
const place = sessionStorage.getItem(PLACE);
sessionStorage.removeItem(PLACE);
if (place !== null) scrollTo({ top: Number(place), behavior: "instant" });
