/* A comfort: what a record may be the same as is shown while it is typed, not first on saving. */
(() => {
  "use strict";
  const box = document.getElementById("alike");
  if (!box) return;
  const form = box.closest("form");
  const fields = box.dataset.fields.split(" ");
  const WAIT = 400;
  let timer = 0;
  let asked = "";
  let running = null;

  const question = () => {
    const url = new URL(box.dataset.url, window.location.href);
    for (const name of fields) {
      const value = form.elements[name]?.value?.trim();
      if (value) url.searchParams.set(name, value);
    }
    return url.toString();
  };

  const show = (html) => {
    const before = box.querySelector("[name=another_one]");
    if (box.innerHTML.trim() === html.trim()) return;
    box.innerHTML = html;
    const now = box.querySelector("[name=another_one]");
    /* Who has said that it is another one has said so of these. */
    if (before?.checked && now && before.value === now.value) now.checked = true;
  };

  const ask = async () => {
    const url = question();
    if (url === asked) return;
    asked = url;
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(url, { credentials: "same-origin", signal: running.signal });
      /* Where it fails the form asks when it is saved. */
      if (answer.ok && !answer.redirected) show(await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") asked = "";
    }
  };

  const soon = (event) => {
    if (!fields.includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  };

  /* Lists that are searched tell of a choice by jQuery alone. */
  const jQuery = window.django?.jQuery;
  if (jQuery) jQuery(form).on("change focusout", soon);
  else for (const kind of ["change", "focusout"]) form.addEventListener(kind, soon);
})();
