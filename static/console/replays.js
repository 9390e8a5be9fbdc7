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
