// A click on a suggested link loads the page again: asks first where something typed would be lost.

function isChanged(field) {
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  if (field.matches("select")) {
    const options = [...field.options];
    if (!field.multiple && !options.some((option) => option.defaultSelected)) {
      return field.selectedIndex > 0;
    }
    return options.some((option) => option.selected !== option.defaultSelected);
  }
  return "defaultValue" in field && field.value !== field.defaultValue;
}

// What came back with faults was typed and is not saved either.
function holdsUnsaved(form) {
  return document.querySelector(".errornote") || [...form.elements].some(isChanged);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[form]");
  const question = button?.form?.dataset.ask;
  if (!question) return;
  const typed = button.closest("form");
  if (typed && holdsUnsaved(typed) && !confirm(question)) event.preventDefault();
});
