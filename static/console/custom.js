// The forms of apps of one's own, made quicker: rows without a round trip, and only the fields that apply.
// Without this script every button is a form button and every field is shown.
(() => {
  "use strict";

  const form = document.querySelector("[data-custom-app]");
  if (!form) return;

  // "row-type=choice" is about the control “type” of the same row.
  const applies = (part) => {
    const [condition, values] = part.dataset.shownFor.split("=");
    const own = part.querySelector("[name]")?.name ?? "";
    const name = condition.startsWith("row-")
      ? own.replace(/^(.*-\d+-).*$/, `$1${condition.slice(4)}`)
      : condition;
    const control = form.elements.namedItem(name);
    return !control || values.split("|").includes(control.value);
  };

  const showWhatApplies = () => {
    for (const part of form.querySelectorAll("[data-shown-for]")) {
      part.hidden = !applies(part);
    }
  };

  const nextNumber = (rows) => {
    const numbers = [...rows.querySelectorAll(":scope > .ca-row [name]")]
      .map((control) => new RegExp(`^${rows.dataset.rows}-(\\d+)-`).exec(control.name))
      .filter(Boolean)
      .map((found) => Number(found[1]));
    return numbers.length ? Math.max(...numbers) + 1 : 0;
  };

  const addRow = (rows) => {
    const template = rows.querySelector(":scope > template");
    const row = template.content.firstElementChild.cloneNode(true);
    const number = String(nextNumber(rows));
    for (const element of row.querySelectorAll("[name], [for], [id]")) {
      for (const attribute of ["name", "for", "id"]) {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, value.replace("__n__", number));
      }
    }
    rows.querySelector(":scope > [data-none]")?.remove();
    template.before(row);
    showWhatApplies();
    row.querySelector("input, select, textarea")?.focus();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const rows = button.closest(".ca-rows");
    if (button.matches("[data-add-row]")) {
      event.preventDefault();
      addRow(rows);
    } else if (button.matches("[data-remove-row]")) {
      event.preventDefault();
      button.closest(".ca-row").remove();
      rows.querySelector("[data-add-row]").focus();
    }
  });
  form.addEventListener("change", showWhatApplies);
  showWhatApplies();
})();
