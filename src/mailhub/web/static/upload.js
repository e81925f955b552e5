// Files on their way to the hub: by tus, in pieces, with progress; they go on by themselves over a lost connection.
// The page needs tus/tus.min.js before this module, the template upload-row and the words beside it.

const PIECE_BYTES = 4 * 1024 * 1024;
const AGAIN_MS = [0, 500, 1000, 2000, 4000];
const LATER_MS = 5000;
const fill = (text, ...values) => values.reduce((said, value, at) => said.replace(`{${at}}`, value), text);

/** 23 MB, in units of 1024 as the pages have them. */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(3, bytes < 1024 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  const form = { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: step && value < 9.95 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, form).format(value);
}

class Row {
  constructor(uploads, file) {
    Object.assign(this, { uploads, file, id: null, state: "going" });
    this.words = document.getElementById("upload-words").dataset;
    this.element = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    this.part("name").textContent = file.name;
    for (const act of ["pause", "resume", "cancel"]) {
      const button = this.part(act);
      button.setAttribute("aria-label", fill(this.words[`text${act[0].toUpperCase()}${act.slice(1)}`], file.name));
      button.addEventListener("click", () => this[act]());
    }
    this.element.querySelector("progress").setAttribute("aria-label", file.name);
  }

  part(name) {
    return this.element.querySelector(`[data-${name}]`);
  }

  start() {
    if (this.file.size > this.uploads.most) {
      this.fail(fill(this.words.textTooLarge, size(this.uploads.most)));
      return;
    }
    this.tus = new window.tus.Upload(this.file, {
      endpoint: this.uploads.endpoint,
      headers: { "X-CSRF-Token": this.uploads.token },
      metadata: { filename: this.file.name, filetype: this.file.type },
      chunkSize: PIECE_BYTES,
      retryDelays: AGAIN_MS,
      removeFingerprintOnSuccess: true,
      storeFingerprintForResuming: false,
      onProgress: (sent) => this.progress(sent),
      onSuccess: () => this.arrived(),
      onError: (error) => this.stopped(error),
      onShouldRetry: (error) => {
        this.cut();
        return isPassing(error);
      },
    });
    this.tus.start();
    this.progress(0);
  }

  progress(sent) {
    this.sent = sent;
    if (this.state !== "going") return;
    this.part("trouble").hidden = true;
    this.element.querySelector("progress").value = this.file.size ? (100 * sent) / this.file.size : 100;
    this.part("progress").textContent = fill(this.words.textOf, size(sent), size(this.file.size));
  }

  say(text) {
    const line = this.part("trouble");
    line.textContent = text;
    line.hidden = false;
  }

  cut() {
    this.say(this.words.textCut);
  }

  stopped(error) {
    if (this.state === "gone") return;
    if (isPassing(error)) {
      this.cut();
      this.timer = setTimeout(() => this.again(), LATER_MS);
      return;
    }
    this.fail(fill(this.words.textFailed, sentence(error)));
  }

  again() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.state === "going") this.tus.start();
  }

  fail(text) {
    this.state = "failed";
    this.element.classList.add("is-wrong");
    this.part("pause").hidden = true;
    this.element.querySelector(".progress-line").hidden = true;
    this.say(text);
    this.uploads.changed(this);
  }

  async pause() {
    this.state = "paused";
    clearTimeout(this.timer);
    this.timer = null;
    await this.tus.abort();
    this.part("progress").textContent = fill(this.words.textPaused, size(this.sent ?? 0), size(this.file.size));
    this.swap("resume");
  }

  resume() {
    this.state = "going";
    this.tus.start();
    this.swap("pause");
  }

  swap(to) {
    for (const act of ["pause", "resume"]) this.part(act).hidden = act !== to;
    this.part(to).focus();
  }

  cancel() {
    const tus = this.tus;
    const isOnServer = tus?.url && this.state !== "failed";
    this.state = "gone";
    clearTimeout(this.timer);
    // what does not get there expires by itself
    if (tus) Promise.resolve(tus.abort(Boolean(isOnServer))).catch(() => {});
    this.uploads.remove(this);
  }

  arrived() {
    this.state = "here";
    this.id = this.tus.url.split("/").pop();
    this.part("pause").hidden = true;
    this.part("trouble").hidden = true;
    this.part("progress").textContent = this.words.textHere;
    const control = document.createElement("input");
    Object.assign(control, { type: "hidden", name: "upload", value: this.id });
    this.element.append(control);
    this.uploads.changed(this);
  }
}

/** A lost connection and a hub that is busy pass; an answer that says no does not. */
function isPassing(error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  return status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;
}

function sentence(error) {
  try {
    const { detail, title } = JSON.parse(error.originalResponse.getBody());
    return detail ?? title;
  } catch {
    return error.message;
  }
}

export class Uploads {
  /** ``onChange(row)``: a file has arrived, failed or was taken out. */
  constructor(list, { endpoint, token, most, onChange }) {
    Object.assign(this, { list, endpoint, token, most, onChange, rows: [] });
    addEventListener("online", () => {
      for (const row of this.rows) if (row.timer) row.again();
    });
  }

  add(files) {
    for (const file of files) {
      const row = new Row(this, file);
      this.rows.push(row);
      this.list.append(row.element);
      row.start();
    }
    this.list.hidden = !this.rows.length;
  }

  remove(row) {
    const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
    const hadFocus = row.element.contains(document.activeElement);
    row.element.remove();
    this.rows = this.rows.filter((each) => each !== row);
    this.list.hidden = !this.rows.length;
    if (hadFocus) (next?.querySelector("[data-cancel]") ?? document.getElementById("files"))?.focus();
    this.changed(row);
  }

  /** The draft has these files now. */
  handed(ids) {
    for (const row of this.rows.filter((each) => ids.includes(each.id))) row.element.remove();
    this.rows = this.rows.filter((each) => !ids.includes(each.id));
    this.list.hidden = !this.rows.length;
  }

  changed(row) {
    this.onChange(row);
  }

  get areOnTheirWay() {
    return this.rows.some((each) => each.state === "going" || each.state === "paused");
  }
}
