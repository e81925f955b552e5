// Files that are sent ahead, one after the other, by tus: with progress, over lost connections. When all are there the
// form follows with their ids. Without a script the form brings the files itself.

const CHUNK_BYTES = 8 * 1024 * 1024;
const form = document.querySelector("form[data-files]");
const list = form?.querySelector("[data-files-list]");
const input = form?.querySelector("input[type=file]");
const words = form?.dataset;
const sendings = [];
let running = null;

let loaded = null;
function library() {
  loaded ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = words.tus;
    script.onload = () => done(window.tus);
    script.onerror = () => {
      loaded = null;
      failed(new Error(words.textFailed));
    };
    document.head.append(script);
  });
  return loaded;
}

const element = (name, css, text = "") => Object.assign(document.createElement(name), { className: css, textContent: text });

function shown(file) {
  const row = element("li", "");
  const name = element("bdi", "file-name", file.name);
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", file.name);
  const state = element("span", "file-state", words.textWaiting);
  const button = Object.assign(element("button", "btn btn-ghost btn-sm", words.textCancel), { type: "button" });
  button.append(element("span", "visually-hidden", ` ${file.name}`));
  row.append(name, bar, state, button);
  list.append(row);
  return { file, row, bar, state, button, id: null, upload: null, hasFailed: false };
}

function remove(sending) {
  sendings.splice(sendings.indexOf(sending), 1);
  const next = sending.row.nextElementSibling ?? sending.row.previousElementSibling;
  sending.row.remove();
  (next?.querySelector("button") ?? input).focus();
  sending.upload?.abort(true).catch(() => {}); // what stays behind goes by itself after a day
  if (running === sending) running = null;
  goOn();
}

function reason(error) {
  try {
    return JSON.parse(error.originalResponse.getBody()).detail || error.message;
  } catch {
    return words.textFailed;
  }
}

function fail(sending, error) {
  sending.hasFailed = true;
  sending.state.textContent = reason(error);
  sending.state.classList.add("is-failed");
  const retry = Object.assign(element("button", "btn btn-secondary btn-sm", words.textRetry), { type: "button" });
  retry.addEventListener("click", () => {
    retry.remove();
    sending.hasFailed = false;
    sending.state.classList.remove("is-failed");
    sending.button.focus();
    goOn();
  });
  sending.button.before(retry);
  form.querySelector("[data-files-said]").textContent = `${sending.file.name}: ${sending.state.textContent}`;
  running = null;
  goOn();
}

async function send(sending) {
  running = sending;
  sending.state.textContent = "0 %";
  try {
    const tus = await library();
    sending.upload ??= new tus.Upload(sending.file, {
      endpoint: words.endpoint,
      chunkSize: CHUNK_BYTES,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      storeFingerprintForResuming: false,
      headers: { "X-CSRF-Token": form.elements.csrf_token.value },
      metadata: { filename: sending.file.name, filetype: sending.file.type },
      onProgress(sent, total) {
        sending.bar.value = total ? sent / total : 1;
        sending.state.textContent = `${Math.floor(100 * sending.bar.value)} %`;
      },
      onSuccess() {
        sending.id = sending.upload.url.split("/").pop();
        sending.bar.value = 1;
        sending.state.textContent = words.textDone;
        running = null;
        goOn();
      },
      onError: (error) => fail(sending, error),
    });
    if (running === sending) sending.upload.start();
  } catch (error) {
    fail(sending, error);
  }
}

function goOn() {
  if (running) return;
  const next = sendings.find((each) => !each.id && !each.hasFailed);
  if (next) return void send(next);
  if (!sendings.length || sendings.some((each) => !each.id)) return;
  for (const each of sendings.splice(0)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "upload", value: each.id }));
  form.requestSubmit();
}

function take(files) {
  for (const file of files) {
    const sending = shown(file);
    sendings.push(sending);
    sending.button.addEventListener("click", () => remove(sending));
  }
  input.value = "";
  if (files.length) form.querySelector("[data-files-said]").textContent = `${words.textAdded}: ${files.length}`;
  goOn();
}

if (form) {
  const zone = form.querySelector(".files-drop");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  input.addEventListener("change", () => take([...input.files]));
  form.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) zone.classList.remove("is-over");
  });
  form.addEventListener("drop", (event) => {
    zone.classList.remove("is-over");
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  addEventListener("beforeunload", (event) => {
    if (sendings.length) event.preventDefault();
  });
}
