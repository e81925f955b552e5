// Forms with a script: rows without a reload, fields that appear when they apply, focus where it belongs.
// Everything here works without a script too; this only saves the way to the server.

const controls = (form, name) => [...form.elements].filter((each) => each.name === name && each.type !== "hidden");

function valueOf(form, name) {
  const found = controls(form, name);
  const chosen = found.find((each) => (each.type === "radio" ? each.checked : true));
  if (!chosen || chosen.matches(":disabled")) return null;
  return chosen.type === "checkbox" ? String(chosen.checked) : chosen.value;
}

/** Show what applies; what does not is disabled, so that it is neither reached nor sent. */
function showWhatApplies(form) {
  for (const part of form.querySelectorAll("[data-visible-when]")) {
    const value = valueOf(form, part.dataset.visibleWhen);
    const applies = value !== null && JSON.parse(part.dataset.visibleValues).includes(value);
    part.hidden = part.disabled = !applies;
    // a hidden text still describes: what shows itself when it applies need not say when that is
    for (const sentence of part.querySelectorAll("[data-visible-sentence]")) {
      sentence.hidden = true;
      sentence.textContent = "";
    }
  }
  for (const content of form.querySelectorAll("[data-set-content]")) {
    const box = content.parentElement.querySelector(":scope > .form-check [data-set-box]");
    content.hidden = content.disabled = !box.checked;
  }
}

function say(form, text) {
  const live = form.querySelector("[data-form-live]");
  if (live) live.textContent = text;
}

function renumber(rows) {
  [...rows.children].forEach((row, place) => {
    for (const number of row.querySelectorAll("[data-row-number]")) {
      if (number.closest("[data-row]") === row) number.textContent = place + 1;
    }
  });
}

function replaceInAttributes(root, marker, number) {
  for (const element of root.querySelectorAll("*")) {
    for (const attribute of element.attributes) {
      if (attribute.value.includes(marker)) attribute.value = attribute.value.replaceAll(marker, number);
    }
    if (element.localName === "template") replaceInAttributes(element.content, marker, number);
  }
}

function firstControl(row) {
  return row.querySelector("input:not([type=hidden]), select, textarea");
}

function addRow(form, list) {
  const row = list.querySelector(":scope > template").content.cloneNode(true).firstElementChild;
  const holder = document.createElement("div");
  holder.append(row);
  replaceInAttributes(holder, list.dataset.listMarker, list.dataset.listNext++);
  const rows = list.querySelector(":scope > [data-rows]");
  rows.append(row);
  renumber(rows);
  showWhatApplies(form);
  firstControl(row)?.focus();
  say(form, form.dataset.saidAdded);
}

function removeRow(form, list, row) {
  const rows = row.parentElement;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  renumber(rows);
  (next ? firstControl(next) : list.querySelector(":scope > [data-row-act=add]"))?.focus();
  say(form, form.dataset.saidRemoved);
}

function moveRow(form, row, act, button) {
  const other = act === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (act === "up") other.before(row);
  else other.after(row);
  renumber(row.parentElement);
  button.focus();
  const place = [...row.parentElement.children].indexOf(row) + 1;
  say(form, `${form.dataset.saidMoved} ${place}`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-row-act]");
  const form = button?.closest("form");
  if (!form) return;
  event.preventDefault();
  const list = button.closest("[data-list]");
  const row = button.closest("[data-row]");
  const act = button.dataset.rowAct;
  if (act === "add") addRow(form, list);
  else if (act === "remove") removeRow(form, list, row);
  else moveRow(form, row, act, button);
  form.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form) showWhatApplies(form);
});

/** Addresses that were pasted in one line stand below each other. */
document.addEventListener("paste", (event) => {
  const area = event.target.closest?.("[data-addresses]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!area || !/[,;]/.test(text)) return;
  event.preventDefault();
  let quoted = false;
  const lines = text.replace(/["]|[,;]\s*/g, (each) => {
    if (each === '"') quoted = !quoted;
    return each === '"' || quoted ? each : "\n";
  });
  area.setRangeText(lines, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
});

export function prepare(root) {
  const forms = root.matches?.("form") ? [root] : root.querySelectorAll("form");
  for (const form of forms) {
    showWhatApplies(form);
    const target = document.getElementById(form.dataset.formFocus ?? "");
    delete form.dataset.formFocus;
    target?.focus();
  }
}

prepare(document);
// a browser that goes back puts values back only now
window.addEventListener("pageshow", () => [...document.forms].forEach(showWhatApplies));
document.addEventListener("htmx:after:swap", (event) => prepare(event.target));
