// The mapping form, enhanced: values are shown while typing, and a click puts a path into the last field.
(() => {
  const form = document.getElementById("mapping");
  if (!form) return;
  for (const element of document.querySelectorAll("[data-scripted]")) element.hidden = false;

  let timer = 0;
  let newest = 0;

  const show = (slot, value) => {
    const text = document.createElement("span");
    text.className = value.error ? "td-error" : value.empty ? "td-faint" : "td-resolved";
    text.textContent = value.error || (value.empty ? "No value in this event" : value.text);
    slot.replaceChildren(text);
    if (!value.note || value.error) return;
    const note = document.createElement("span");
    note.className = "td-note-of";
    note.textContent = value.note;
    slot.append(" ", note);
  };

  const tell = (place, messages) => {
    const lines = messages.map((message) => {
      const line = document.createElement("span");
      line.className = "td-error";
      line.textContent = `${message} `;
      return line;
    });
    place.replaceChildren(...lines);
  };

  const refresh = async () => {
    const turn = ++newest;
    let answer;
    try {
      const response = await fetch(form.dataset.previewUrl, { method: "POST", body: new FormData(form) });
      if (!response.ok) return;
      answer = await response.json();
    } catch {
      return; // The Preview button still works.
    }
    if (turn !== newest) return;
    for (const slot of form.querySelectorAll("[data-value-of]")) {
      const value = answer.values[slot.dataset.valueOf];
      if (value) show(slot, value);
      else slot.replaceChildren();
    }
    for (const place of form.querySelectorAll("[data-problems-of]")) {
      tell(place, answer.problems[place.dataset.problemsOf] ?? []);
    }
    const times = form.querySelector("[data-next-times]");
    if (times) times.innerHTML = answer.times; // Rendered and escaped by the server.
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 120);
  });

  let last = null;
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-takes-template]")) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-template]");
    if (!offer || !last) return;
    const start = last.selectionStart ?? last.value.length;
    last.setRangeText(offer.dataset.template, start, last.selectionEnd ?? start, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });

  const search = document.getElementById("offer-search");
  search?.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const offer of document.querySelectorAll("[data-template]")) {
      offer.parentElement.hidden = Boolean(wanted) && !offer.textContent.toLowerCase().includes(wanted);
    }
  });

  for (const id of ["event", "trigger"]) {
    document.getElementById(id)?.addEventListener("change", () => {
      // The data on offer is another event's, and each trigger has its options: let the server draw them.
      form.requestSubmit(form.querySelector('button[value="preview"]'));
    });
  }

  let changed = "unsaved" in form.dataset;
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
})();
