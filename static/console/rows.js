// Rows and check lists of the mapping form, enhanced: rows are added in place, long lists are searched.
(() => {
  const form = document.getElementById("mapping");
  if (!form) return;

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-more]");
    const place = button && document.getElementById(button.dataset.more);
    if (!place) return;
    event.preventDefault();
    const rows = place.querySelectorAll(":scope > [data-row]");
    const number = rows.length;
    const row = rows[number - 1].cloneNode(true);
    const [before, after] = [`${place.dataset.rows}${number - 1}-`, `${place.dataset.rows}${number}-`];
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const { name, value } of [...element.attributes]) {
        if (value.startsWith(before)) element.setAttribute(name, after + value.slice(before.length));
        if (name === "aria-label") element.setAttribute(name, value.replace(/\d+$/, String(number + 1)));
      }
      if (element.tagName === "SELECT") element.selectedIndex = 0;
      else if (element.tagName === "INPUT" && element.type !== "hidden") element.value = "";
    }
    place.append(row);
    row.dispatchEvent(new CustomEvent("row-added", { bubbles: true }));
    row.querySelector("input:not([type=hidden]), select")?.focus();
  });

  for (const place of form.querySelectorAll("[data-checks]")) {
    const boxes = [...place.querySelectorAll("input[type=checkbox]")];
    const search = place.querySelector("[data-checks-search]");
    const count = place.querySelector("[data-checks-count]");
    const tell = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      count.textContent = `${chosen} of ${boxes.length} chosen`;
    };
    const look = () => {
      const wanted = search.value.trim().toLowerCase().split(/\s+/);
      for (const box of boxes) {
        const text = box.parentElement.textContent.toLowerCase();
        box.parentElement.hidden = !wanted.every((word) => text.includes(word));
      }
    };
    search.addEventListener("input", (event) => {
      event.stopPropagation(); // It changes nothing of the draft.
      look();
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    place.addEventListener("change", tell);
    tell();
  }
})();
