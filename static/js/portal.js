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

  /* Each box of a facet applied at once, for those who choose so; the choice is remembered.
     Ticking goes on for a moment before the page is asked for, and the reader stays where they
     were: the same box has the focus, the lists are scrolled as before. */
  const PAUSE = 700;
  const choice = document.querySelector(".at-once input");
  const atOnce = () => {
    const scroller = filters.querySelector(".scroll");
    const form = filters.closest("form");
    const left = JSON.parse(sessionStorage.getItem("left") ?? "null");
    sessionStorage.removeItem("left");
    let waiting = 0;
    choice.checked = localStorage.getItem("at-once") === "yes";
    choice.closest("label").hidden = false;
    choice.addEventListener("change", () => {
      clearTimeout(waiting);
      localStorage.setItem("at-once", choice.checked ? "yes" : "no");
    });
    const leave = () => {
      const { name, value, type } = document.activeElement;
      const at = type === "checkbox" ? { name, value } : null;
      const lists = [...filters.querySelectorAll("details[open]")].map((list) => list.dataset.facet);
      const place = { path: location.pathname, at, lists, wasOpen: filters.open, y: scrollY, inner: scroller.scrollTop };
      sessionStorage.setItem("left", JSON.stringify(place));
      form.requestSubmit();
    };
    form.addEventListener("change", ({ target }) => {
      if (target.type !== "checkbox" || target === choice || !choice.checked) return;
      clearTimeout(waiting);
      waiting = setTimeout(leave, PAUSE);
    });
    form.addEventListener("submit", () => clearTimeout(waiting));
    if (left?.path !== location.pathname) return;
    filters.open = left.wasOpen;
    for (const list of filters.querySelectorAll("details")) list.open ||= left.lists.includes(list.dataset.facet);
    scroller.scrollTop = left.inner;
    scrollTo({ top: left.y, behavior: "instant" });
    if (left.at) {
      const named = [...form.elements].filter((field) => field.name === left.at.name);
      /* A value that nothing is left of has gone; its list is still there. */
      const box = named.find((field) => field.value === left.at.value);
      (box ?? filters.querySelector(`[data-facet="${left.at.name}"] > summary`))?.focus({ preventScroll: true });
    }
  };
  try {
    if (choice) atOnce();
  } catch {
    /* Where nothing may be stored, the choice is not offered. */
    choice.closest("label").hidden = true;
  }
})();
