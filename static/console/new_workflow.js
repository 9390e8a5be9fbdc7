// New workflow, enhanced: only accounts of the chosen app are offered, and each choice is explained.
(() => {
  const form = document.querySelector("[data-new-workflow]");
  if (!form) return;
  for (const account of form.querySelectorAll("[data-follows]")) {
    const leader = form.elements[account.dataset.follows];
    const help = form.querySelector(`[data-help-for="${leader.name}"]`);
    const follow = () => {
      const chosen = leader.selectedOptions[0];
      const app = chosen?.dataset.app;
      help.textContent = chosen?.dataset.help ?? "";
      for (const group of account.querySelectorAll("optgroup")) {
        const other = Boolean(app) && group.dataset.app !== app;
        group.hidden = other;
        for (const option of group.children) option.disabled = other;
      }
      if (account.selectedOptions[0]?.disabled) account.value = "";
      const own = [...account.querySelectorAll("optgroup option")].filter((option) => !option.disabled);
      if (app && !account.value && own.length === 1) account.value = own[0].value;
    };
    leader.addEventListener("change", follow);
    follow();
  }
})();
