// The editor for texts with fonts, colours, tables and pictures: HugeRTE on each <textarea data-rich-text>.
// The page needs hugerte/hugerte.min.js before this module and editor_texts.jinja2 (the words in the reader's language).

const FONTS = [
  "Arial=arial,helvetica,sans-serif", "Calibri=calibri,carlito,sans-serif", "Courier New=courier new,courier,monospace", "Georgia=georgia,serif",
  "Tahoma=tahoma,sans-serif", "Times New Roman=times new roman,times,serif", "Trebuchet MS=trebuchet ms,sans-serif", "Verdana=verdana,sans-serif",
];
const SIZES = ["8pt", "9pt", "10pt", "11pt", "12pt", "14pt", "18pt", "24pt", "36pt"];
const TOOLS = [
  "undo redo", "blocks fontfamily fontsize", "bold italic underline strikethrough", "forecolor backcolor removeformat", "alignleft aligncenter alignright",
  "bullist numlist outdent indent", "link image table blockquote hr searchreplace",
];

/** What is in the reader's language; English needs nothing. Returns the code to be given to the editor. */
function language() {
  const told = document.getElementById("editor-texts");
  const code = document.documentElement.lang;
  if (!told || code === "en") return "en";
  window.hugerte.addI18n(code, JSON.parse(told.textContent));
  return code;
}

/** A picture from the person's disk, as part of the text; the hub makes a linked part of the mail of it. */
function choosePicture(insert) {
  const choice = document.createElement("input");
  choice.type = "file";
  choice.accept = "image/png,image/jpeg,image/gif,image/webp";
  choice.addEventListener("change", () => {
    const [file] = choice.files;
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => insert(reader.result, { alt: file.name.replace(/\.\w+$/, "") }));
    reader.readAsDataURL(file);
  });
  choice.click();
}

/** Make an editor of a text area; what is written goes into it at once, with an "input" event. Resolves to the editor. */
export async function edit(area) {
  const dark = document.documentElement.dataset.bsTheme === "dark";
  const label = area.labels?.[0]?.textContent.trim() ?? "";
  const [editor] = await window.hugerte.init({
    target: area,
    language: language(),
    skin: dark ? "oxide-dark" : "oxide",
    content_css: new URL("editor.css", import.meta.url).href,
    plugins: "advlist autolink image link lists searchreplace table",
    toolbar: TOOLS.join(" | "),
    toolbar_mode: matchMedia("(max-width: 48rem)").matches ? "sliding" : "wrap",
    menubar: false,
    statusbar: false,
    branding: false,
    contextmenu: false,
    browser_spellcheck: true,
    convert_urls: false,
    iframe_aria_text: label,
    height: Math.max(320, Math.round(innerHeight * 0.5)),
    font_family_formats: FONTS.join(";"),
    font_size_formats: SIZES.join(" "),
    block_formats: "Paragraph=p;Heading 1=h1;Heading 2=h2;Heading 3=h3;Preformatted=pre",
    paste_data_images: true,
    automatic_uploads: false,
    image_description: true,
    image_dimensions: true,
    file_picker_types: "image",
    file_picker_callback: choosePicture,
    link_default_target: "_blank",
    link_target_list: false,
    table_default_attributes: { border: "1" },
    table_default_styles: { "border-collapse": "collapse", width: "100%" },
  });
  editor.on("input change undo redo ExecCommand", () => {
    editor.save();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  for (const each of area.labels ?? []) each.addEventListener("click", () => editor.focus());
  return editor;
}

for (const area of document.querySelectorAll("textarea[data-rich-text]")) edit(area);
