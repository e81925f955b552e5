// Runs before the page is drawn, so that nobody sees the wrong colours first. Everything else is in app.js.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.theme !== "system") return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
})();
