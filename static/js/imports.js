/* An import goes on by itself; without this file its button does the same. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-going]");
  if (!form) return;
  const bar = document.getElementById("import-progress");
  const done = document.querySelector("[data-done]");
  const total = document.querySelector("[data-total]");
  const trouble = document.querySelector("[data-error]");
  const button = form.querySelector("[type=submit]");

  /* What went wrong stays on the page, with the button to try again. */
  const stop = (message) => {
    trouble.textContent = message;
    trouble.hidden = false;
    button.disabled = false;
  };

  const step = async () => {
    button.disabled = true;
    trouble.hidden = true;
    let said;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        redirect: "error",
      });
      if (!answer.ok) {
        stop(`${answer.status} ${answer.statusText}`);
        return;
      }
      said = await answer.json();
    } catch (error) {
      stop(error.message);
      return;
    }
    if (said.error) {
      stop(said.error);
      return;
    }
    if (said.total) {
      bar.max = said.total;
      bar.value = said.done;
      done.textContent = said.done;
      total.textContent = said.total;
    }
    if (said.going) await step();
    else window.location.assign(window.location.pathname);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    step();
  });
  step();
})();
