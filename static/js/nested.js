// Adds and removes rows of the parts of a part (charges of a defendant) on a record's form.
// The admin's own inlines.js does so for the parts of the record and numbers what it copies;
// without JavaScript a button sends the form for one more row.

const ROW = ".inner-row";
const NAMES = ["name", "id", "for", "aria-describedby"];

function total(group) {
  return group.querySelector(":scope > input[name$='-TOTAL_FORMS']");
}

// The last number, or its place-holder, in the names of a row is the row's own.
function renumber(row, prefix, number) {
  for (const element of row.querySelectorAll("[name], [id], [for]")) {
    for (const attribute of NAMES) {
      const value = element.getAttribute(attribute);
      const at = value ? value.indexOf(`${prefix}-`) : -1;
      if (at < 0) continue;
      const end = at + prefix.length + 1;
      const rest = value.slice(end).replace(/^(\d+|__prefix__)/, String(number));
      element.setAttribute(attribute, value.slice(0, end) + rest);
    }
  }
}

function rowsOf(group) {
  return [...group.querySelectorAll(`:scope > ${ROW}:not(.empty-form)`)];
}

function add(group) {
  const template = group.querySelector(`:scope > ${ROW}.empty-form`);
  const counter = total(group);
  const prefix = counter.name.replace(/-TOTAL_FORMS$/, "");
  const row = template.cloneNode(true);
  row.classList.remove("empty-form");
  renumber(row, prefix, Number(counter.value));
  counter.value = Number(counter.value) + 1;
  template.before(row);
  row.dispatchEvent(
    new CustomEvent("formset:added", { bubbles: true, detail: { formsetName: prefix } }),
  );
  row.querySelector(".inner-field:not(.field-position) :is(input, select, textarea)")?.focus();
}

function remove(row) {
  const group = row.closest(".inner-group");
  const counter = total(group);
  const prefix = counter.name.replace(/-TOTAL_FORMS$/, "");
  row.remove();
  const rows = rowsOf(group);
  rows.forEach((other, number) => renumber(other, prefix, number));
  counter.value = rows.length;
  group.querySelector(".inner-add").focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".inner-add, .inner-remove");
  if (!button) return;
  if (button.matches(".inner-add")) add(button.closest(".inner-group"));
  else remove(button.closest(ROW));
});

for (const button of document.querySelectorAll(".inner-add, .inner-remove")) button.hidden = false;
