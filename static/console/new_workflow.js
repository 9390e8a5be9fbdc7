// New workflow, enhanced: long lists are searched, only accounts of the chosen app are offered, each choice is explained.
(() => {
  const form = document.querySelector("[data-new-workflow]");
  if (!form) return;
  const MOST_LINES = 8;

  for (const account of form.querySelectorAll("[data-follows]")) {
    const leader = form.elements[account.dataset.follows];
    const help = form.querySelector(`[data-help-for="${leader.name}"]`);
    const connect = form.querySelector(`[data-connects="${leader.name}"]`);
    const place = form.querySelector(`[data-account-of="${leader.name}"]`);
    const none = form.querySelector(`[data-no-account-of="${leader.name}"]`);
    const follow = () => {
      const chosen = leader.selectedOptions[0];
      const app = chosen?.dataset.app;
      const needsNone = Boolean(chosen && "noAccount" in chosen.dataset);
      help.textContent = app ? `${chosen.dataset.appName}: ${chosen.dataset.help}` : "";
      place.hidden = needsNone;
      none.hidden = !needsNone;
      if (connect) {
        connect.hidden = !app;
        connect.textContent = `Connect a ${chosen?.dataset.appName ?? ""} account…`;
      }
      for (const group of account.querySelectorAll("optgroup")) {
        const other = Boolean(app) && group.dataset.app !== app;
        group.hidden = other;
        for (const option of group.children) option.disabled = other;
      }
      if (account.selectedOptions[0]?.disabled) account.value = "";
      const own = [...account.querySelectorAll("optgroup option")].filter((option) => !option.disabled);
      const sandbox = account.querySelector(":scope > option:not([value=''])");
      if (!app || needsNone || account.value) return;
      if (own.length === 1) account.value = own[0].value;
      else if (!own.length && sandbox) account.value = sandbox.value;
    };
    leader.addEventListener("change", follow);
    follow();
  }

  for (const search of form.querySelectorAll("[data-filters]")) {
    const select = form.elements[search.dataset.filters];
    search.hidden = false;
    const options = [...select.querySelectorAll("optgroup option")];
    const matching = () => options.filter((option) => !option.hidden);
    const fold = () => select.removeAttribute("size");
    const look = () => {
      const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      for (const option of options) {
        const text = `${option.parentElement.label} ${option.textContent} ${option.dataset.help}`.toLowerCase();
        option.hidden = !words.every((word) => text.includes(word));
      }
      for (const group of select.querySelectorAll("optgroup")) {
        group.hidden = [...group.children].every((option) => option.hidden);
      }
      select.options[0].hidden = words.length > 0;
      const lines = matching().length + select.querySelectorAll("optgroup:not([hidden])").length;
      if (words.length) select.size = Math.max(2, Math.min(MOST_LINES, lines));
      else fold();
    };
    const clear = () => {
      search.value = "";
      look();
    };
    const take = (option) => {
      select.value = option.value;
      clear();
      select.dispatchEvent(new Event("change", { bubbles: true }));
      select.focus();
    };
    search.addEventListener("input", look);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        const [first] = matching();
        if (first && search.value.trim()) take(first);
      } else if (event.key === "ArrowDown" && select.size > 1) {
        event.preventDefault();
        const [first] = matching();
        if (first) select.value = first.value;
        select.focus();
      } else if (event.key === "Escape" && search.value) {
        event.preventDefault();
        clear();
      }
    });
    select.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && select.size > 1) {
        event.preventDefault();
        take(select.selectedOptions[0]);
      }
    });
    select.addEventListener("click", () => {
      if (select.size > 1 && select.value) take(select.selectedOptions[0]);
    });
  }
})();
