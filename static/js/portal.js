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
  const narrowed = (list) => {
    const options = [...list.querySelectorAll("label")];
    if (options.length <= 20) return null;
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
    return box;
  };
  for (const list of all("[data-narrow]")) narrowed(list);

  /* The other values of a facet come from its own page, into their place beside the results. */
  for (const link of all("a[data-unfold]")) {
    link.addEventListener("click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      try {
        const answer = await fetch(link.href);
        if (!answer.ok) throw new Error(answer.status);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const list = document.adoptNode(page.querySelector(".long"));
        const shown = link.closest("fieldset");
        const known = new Set([...shown.querySelectorAll("input")].map((input) => input.value));
        for (const option of list.querySelectorAll("label")) {
          if (known.has(option.querySelector("input").value)) option.remove();
        }
        link.parentNode.replaceWith(list);
        (narrowed(list) ?? list.querySelector("input")).focus();
      } catch {
        location.assign(link.href);
      }
    });
  }

  /* Older browsers cannot show a closed block beside the results; open it for them. */
  const filters = document.querySelector(".filters");
  if (filters && !CSS.supports("selector(::details-content)") && matchMedia("(min-width: 62rem)").matches) {
    filters.open = true;
  }
})();
