// Addresses as tokens over a plain text area, which stays what the form sends: one address a line.

const words = () => document.getElementById("recipient-words").dataset;
const fill = (text, ...values) => values.reduce((said, value, at) => said.replace(`{${at}}`, value), text);
const PIECES = /"(?:[^"\\\n]|\\.)*"|<[^<>\n]*>|[,;\n]|[^,;\n"<]+|["<]/g;

/** As the hub does it: separated by line breaks, "," and ";" outside quotes and angle brackets. */
function split(text) {
  const found = [""];
  for (const piece of text.match(PIECES) ?? []) {
    if (piece === "," || piece === ";" || piece === "\n") found.push("");
    else found[found.length - 1] += piece;
  }
  return found.map((each) => each.trim()).filter(Boolean);
}

/** What is shown of an address: its name where it has one. */
function shown(text) {
  const [, name] = /^(.*\S)\s*<[^<>]*>$/.exec(text) ?? [];
  return name ? name.replace(/^"(.*)"$/, "$1").replace(/\\(.)/g, "$1") : text;
}

// only what certainly is none; what is one, the hub says
const isUnclear = (text) => !/[^\s@]@[^\s@]/.test(text);

export class Recipients {
  constructor(area, onWrong) {
    this.area = area;
    this.label = area.labels[0];
    this.wrong = new Map(); // what the hub says of an address
    this.onWrong = onWrong;
    this.build();
    this.items = split(area.value);
    this.show();
  }

  build() {
    this.box = document.createElement("div");
    this.box.className = "recipients";
    this.list = document.createElement("ul");
    this.list.setAttribute("aria-label", fill(words().textList, this.label.textContent.trim()));
    this.input = document.createElement("input");
    this.input.type = "text";
    for (const name of ["autocomplete", "autocapitalize", "spellcheck"]) this.input.setAttribute(name, this.area.getAttribute(name));
    this.input.inputMode = "email";
    const hint = document.createElement("span");
    hint.hidden = true;
    hint.id = `${this.area.id}-keys`;
    hint.textContent = words().textHint;
    this.input.setAttribute("aria-describedby", [this.area.getAttribute("aria-describedby"), hint.id].filter(Boolean).join(" "));
    if (this.area.hasAttribute("aria-invalid")) this.input.setAttribute("aria-invalid", "true");
    this.input.id = this.area.id;
    this.area.id += "-all";
    this.area.hidden = true;
    this.box.append(this.list, this.input, hint);
    this.area.after(this.box);
    this.label.htmlFor = this.input.id;
    this.listen();
  }

  listen() {
    this.box.addEventListener("click", (event) => {
      const token = event.target.closest(".recipient");
      if (event.target.closest(".recipient-out")) this.remove(this.place(token));
      else if (event.target.closest(".recipient-text")) this.change(this.place(token));
      else if (event.target === this.box) this.input.focus();
    });
    this.list.addEventListener("keydown", (event) => this.onListKey(event));
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("input", () => this.tell());
    this.input.addEventListener("blur", () => this.take());
    this.input.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!/[,;\n]/.test(text.trim())) return;
      event.preventDefault();
      // a text field of one line drops line breaks, so they are taken from the clipboard
      const typed = this.input.value;
      this.input.value = "";
      this.add(split(`${typed}${text.replace(/\r/g, "")}`));
    });
  }

  place(token) {
    return [...this.list.children].indexOf(token);
  }

  onKey(event) {
    if (event.isComposing) return;
    const isQuoted = (this.input.value.match(/"/g) ?? []).length % 2 === 1;
    if (["Enter", ",", ";"].includes(event.key) && !event.ctrlKey && !(isQuoted && event.key !== "Enter")) {
      event.preventDefault();
      this.take();
    } else if (event.key === "Backspace" && !this.input.value && this.items.length) {
      event.preventDefault();
      this.change(this.items.length - 1);
    } else if (event.key === "ArrowLeft" && this.input.selectionEnd === 0 && this.items.length) {
      event.preventDefault();
      this.focus(this.items.length - 1);
    }
  }

  onListKey(event) {
    const at = this.place(event.target.closest(".recipient"));
    if (event.key === "ArrowLeft") this.focus(Math.max(0, at - 1));
    else if (event.key === "ArrowRight") this.focus(at + 1);
    else if (event.key === "Home") this.focus(0);
    else if (event.key === "End" || event.key === "Escape") this.input.focus();
    else if (event.key === "Delete" || event.key === "Backspace") this.remove(at);
    else return;
    event.preventDefault();
  }

  focus(at) {
    (this.list.children[at]?.querySelector(".recipient-text") ?? this.input).focus();
  }

  /** What is typed becomes an address. */
  take() {
    const typed = split(this.input.value);
    if (!typed.length && !this.input.value) return;
    this.input.value = "";
    this.add(typed);
  }

  add(addresses) {
    for (const each of addresses) if (!this.items.includes(each)) this.items.push(each);
    this.show();
    this.tell();
  }

  change(at) {
    this.take();
    const [text] = this.items.splice(at, 1);
    this.show();
    this.input.value = text;
    this.input.focus();
    this.tell();
  }

  remove(at) {
    this.items.splice(at, 1);
    this.show();
    this.focus(Math.min(at, this.items.length));
    this.tell();
  }

  /** What the hub says of addresses by their number: {0: "..."}; it is about what was sent, ``sent`` in their order. */
  judge(sentences, sent) {
    this.wrong = new Map(Object.entries(sentences).map(([at, text]) => [split(sent)[at], text]));
    this.show({ keeps: true });
  }

  show() {
    const focused = this.list.contains(document.activeElement) ? this.place(document.activeElement.closest(".recipient")) : -1;
    this.list.replaceChildren(...this.items.map((text) => this.token(text)));
    if (focused >= 0) this.focus(focused);
    this.onWrong?.(this.items.some((each) => this.wrong.has(each)));
  }

  token(text) {
    const token = document.createElement("li");
    token.className = "recipient";
    const body = document.createElement("button");
    body.type = "button";
    body.className = "recipient-text";
    body.tabIndex = -1;
    body.textContent = shown(text);
    body.dir = "auto";
    const trouble = this.wrong.get(text) ?? (isUnclear(text) ? words().textUnclear : "");
    body.title = trouble ? `${text}: ${trouble}` : text;
    body.setAttribute("aria-label", body.title);
    token.classList.toggle("is-wrong", Boolean(trouble));
    const out = document.createElement("button");
    out.type = "button";
    out.className = "recipient-out";
    out.tabIndex = -1;
    out.setAttribute("aria-label", fill(words().textRemove, text));
    out.textContent = "✕";
    token.append(body, out);
    return token;
  }

  tell() {
    const all = [...this.items, ...split(this.input.value)].join("\n");
    if (this.area.value === all) return;
    this.area.value = all;
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
