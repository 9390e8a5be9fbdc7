// Another first step shows its own fields at once; without this script a button does.
(() => {
  const choice = document.querySelector("select[data-look]");
  const button = document.querySelector("[data-look-button]");
  if (!choice || !button) return;
  const shown = choice.value;
  button.hidden = true;
  // A keyboard goes through the options one by one, so the page waits until the choice is left or confirmed.
  let typed = false;
  const go = () => { if (choice.value !== shown) button.click(); };
  choice.addEventListener("keydown", (event) => {
    typed = event.key !== "Enter";
    if (event.key === "Enter") { event.preventDefault(); go(); }
    else button.hidden = false;
  });
  choice.addEventListener("pointerdown", () => { typed = false; });
  choice.addEventListener("change", () => { if (!typed) go(); });
})();

// The page of a job reads its progress anew while the job goes on.
(() => {
  const EVERY = 2_000;
  const body = document.getElementById("replay-job");
  if (!body) return;
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(body.dataset.live, { headers: { "X-Requested-With": "fetch" } });
        if (answer.ok && !answer.redirected) body.innerHTML = await answer.text();
      } catch {
        // The next look may find the way again.
      }
    }
    if (body.querySelector("[data-going='yes']")) setTimeout(look, EVERY);
  };
  if (body.querySelector("[data-going='yes']")) setTimeout(look, EVERY);
})();
