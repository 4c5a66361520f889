/* Comforts only: every page does the same without this file. */
(() => {
  "use strict";
  const all = (selector) => document.querySelectorAll(selector);

  /* Copy a permanent address. */
  if (navigator.clipboard) {
    for (const button of all("button[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        const status = button.nextElementSibling;
        status.textContent = button.dataset.done;
        setTimeout(() => { status.textContent = ""; }, 3000);
      });
    }
  }

  /* A box that narrows a long list of checkboxes; letters match without their accents. */
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
  for (const list of all("[data-narrow]")) {
    const options = [...list.querySelectorAll("label")];
    if (options.length <= 20) continue;
    const box = document.createElement("input");
    box.type = "search";
    box.placeholder = list.dataset.narrow;
    box.setAttribute("aria-label", list.dataset.narrow);
    box.addEventListener("input", () => {
      const wanted = plain(box.value);
      for (const option of options) option.hidden = !plain(option.textContent).includes(wanted);
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    list.before(box);
  }

  /* Older browsers cannot show a closed block beside the results; open it for them. */
  const filters = document.querySelector(".filters");
  if (filters && !CSS.supports("selector(::details-content)") && matchMedia("(min-width: 62rem)").matches) {
    filters.open = true;
  }
})();
