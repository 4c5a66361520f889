// Rows that the admin's inlines.js copies and numbers keep the old numbers where they say which
// texts name and describe their fields: those are numbered after it.

const NAMED = ["aria-describedby", "aria-labelledby"];

function mend(rows, prefix) {
  const number = new RegExp(`(?<![\\w-])((?:id_)?${prefix}-)(?:\\d+|__prefix__)(?=-)`, "g");
  rows.forEach((row, place) => {
    for (const attribute of NAMED) {
      for (const element of row.querySelectorAll(`[${attribute}]`)) {
        const value = element.getAttribute(attribute);
        element.setAttribute(attribute, value.replace(number, `$1${place}`));
      }
    }
  });
}

function mendAll(prefix) {
  const group = document.getElementById(`${prefix}-group`);
  if (group) mend([...group.querySelectorAll(`.dynamic-${prefix}`)], prefix);
}

document.addEventListener("formset:added", (event) => mendAll(event.detail.formsetName));
// Told before the rows that stay are numbered anew: what follows in the same click is awaited.
document.addEventListener("formset:removed", (event) => {
  queueMicrotask(() => mendAll(event.detail.formsetName));
});
