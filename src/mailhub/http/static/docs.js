// Asks for a token, reads the document with it, and gives both to Swagger UI. The token stays in this page's memory.
"use strict";

const form = document.getElementById("sign-in");
const field = document.getElementById("token");
const failure = document.getElementById("failure");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  failure.textContent = "";
  const token = field.value.trim();
  try {
    show(await readDocument(token), token);
  } catch (error) {
    failure.textContent = error.message;
    field.focus();
  }
});

async function readDocument(token) {
  let answer;
  try {
    answer = await fetch(form.dataset.document, { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
  } catch {
    // a token that no header can hold, or a hub that is gone
    throw new Error(failure.dataset.unreachable);
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail || failure.dataset.unreachable);
}

function show(spec, token) {
  const ui = SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    docExpansion: "none",
    deepLinking: true,
    validatorUrl: null,
    queryConfigEnabled: false,
    persistAuthorization: false,
    onComplete: () => ui.preauthorizeApiKey("token", token),
  });
  field.value = "";
  form.hidden = true;
}
