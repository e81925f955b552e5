// Keeps the list fresh. Everything else at these pages works without this file.

const PERIOD_MS = 2000;
const rows = document.querySelector("[data-rows]");
const status = document.querySelector("[data-status]");
const title = document.title;
let etag = "";
let unseen = 0;

function announce(count) {
  status.textContent = count === 1 ? status.dataset.one : status.dataset.many.replace("{n}", count);
  if (document.hidden) {
    unseen += count;
    document.title = `(${unseen}) ${title}`;
  }
}

// Rows that stay are left alone, so that focus, selection and scrolling stay where they are.
function merge(fresh) {
  const known = new Map([...rows.children].map((row) => [row.dataset.number, row]));
  const first = known.size === 0 ? -Infinity : Math.max(...[...known.keys()].map(Number));
  let arrived = 0;
  let before = rows.firstElementChild;
  for (const row of fresh) {
    const old = known.get(row.dataset.number);
    known.delete(row.dataset.number);
    if (old !== undefined) {
      before = old.nextElementSibling;
      continue;
    }
    if (Number(row.dataset.number) > first) {
      row.classList.add("is-new");
      arrived += 1;
    }
    rows.insertBefore(row, before);
  }
  for (const gone of known.values()) {
    gone.remove();
  }
  return arrived;
}

function showWhatThereIs() {
  const isEmpty = rows.children.length === 0;
  rows.closest("[data-list]").hidden = isEmpty;
  document.querySelector("[data-empty]")?.toggleAttribute("hidden", !isEmpty);
  if (!isEmpty) {
    document.querySelector("[data-clear]").hidden = false;
  }
}

async function refresh() {
  const url = new URL(rows.dataset.rows, location.href);
  if (rows.dataset.current) {
    url.searchParams.set("current", rows.dataset.current);
  }
  const answer = await fetch(url, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
  if (!answer.ok) {
    return;
  }
  etag = answer.headers.get("ETag") ?? "";
  const page = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
  const arrived = merge([...page.querySelectorAll("li[data-number]")]);
  showWhatThereIs();
  if (arrived > 0) {
    announce(arrived);
  }
}

async function poll() {
  try {
    await refresh();
  } catch (error) {
    // the program was stopped; it may come back
    console.info("mailhub capture does not answer", error);
  }
  setTimeout(poll, PERIOD_MS);
}

// Up and down walk through the list.
function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = step && event.target.closest(".row")?.[step]?.querySelector("a");
  if (link) {
    event.preventDefault();
    link.focus();
  }
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    unseen = 0;
    document.title = title;
  }
});

document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details.clear[open]");
  if (event.key === "Escape" && open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

if (rows) {
  rows.addEventListener("keydown", walk);
  rows.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  poll();
}
