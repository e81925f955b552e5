// What pages do beyond links and forms. Each part finds its elements by data-* attributes, also in what comes later.

const region = () => document.querySelector("[data-toasts]");
const words = () => region().dataset;

/** Say something at the edge of the page; screen readers read it out. It stays until dismissed when `stays`. */
export function say(text, kind = "info", { stays = false } = {}) {
  const notice = document.createElement("div");
  notice.className = `notice notice-${kind}`;
  const line = document.createElement("p");
  line.textContent = text;
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "btn-quiet";
  dismiss.dataset.dismiss = "";
  dismiss.setAttribute("aria-label", words().textDismiss);
  dismiss.textContent = "×";
  notice.append(line, dismiss);
  region().append(notice);
  if (!stays) setTimeout(() => notice.remove(), 6000);
  return notice;
}

// -- menus: one is open at a time; Escape and a click elsewhere close it ------------------------------------------------
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  if (event.key === "Escape" && !event.target.closest("dialog[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (event.target.matches("select, input")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const items = [...menu.querySelectorAll(".menu-item")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = items.indexOf(document.activeElement);
    items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length]?.focus();
    event.preventDefault();
  }
});

// -- dialogs, copying, dismissing ------------------------------------------------------------------------------------
document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    closeMenus(dialog.closest("details[data-menu]"));
    dialog.showModal();
    dialog.querySelector("[data-first-focus]")?.focus();
    return;
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) {
    try {
      await navigator.clipboard.writeText(copier.dataset.copy);
      say(words().textCopied, "success");
    } catch {
      say(words().textFailed, "danger");
    }
    return;
  }
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) {
    dismiss.closest(".notice").remove();
    return;
  }
  if (event.target.matches("dialog.ask[open]")) event.target.close(); // its backdrop
});

// -- forms: once only, filters at once, asked before what was typed is lost -------------------------------------------
const changed = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-warn-unsaved]");
  if (form) changed.add(form);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.formMethod === "dialog") return;
  changed.delete(form);
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form);
});
function release(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}
addEventListener("beforeunload", (event) => {
  for (const form of changed) if (!form.isConnected) changed.delete(form);
  if (changed.size) event.preventDefault();
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (form && event.target.type !== "search") form.requestSubmit();
});

// -- keyboard ----------------------------------------------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
  const search = document.querySelector("[data-search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});
document.querySelector("[data-error-summary]")?.focus();
matchMedia("(min-width: 62rem)").addEventListener("change", () => document.querySelector("[popover]:popover-open")?.hidePopover());

// -- htmx: what comes back that is no part of the page -------------------------------------------------------------------
let lost = null;
function reached() {
  if (!lost) return;
  lost.remove();
  lost = null;
  say(words().textOnline, "success");
}
document.addEventListener("htmx:before:response", (event) => {
  reached();
  const { status, raw } = event.detail.ctx.response;
  if (status === 401 || (raw.redirected && new URL(raw.url).pathname === "/sign-in")) {
    event.preventDefault();
    changed.clear();
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  } else if (status >= 400 && ![409, 412, 422].includes(status)) {
    event.preventDefault();
    say(words().textFailed, "danger", { stays: true });
  }
});
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.response) return;
  lost ??= say(words().textOffline, "warning", { stays: true });
});
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});
