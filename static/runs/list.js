// Tells the open list of runs what is new, and updates the runs that it shows. Rows never move:
// new ones wait behind a link. Without it the list is as it was when it was read.
const watch = () => {
  const bar = document.getElementById("runs-live");
  if (!bar) return;
  const FIRST = 2000;
  const LAST = 15000;
  const link = bar.querySelector(".run-new");
  const quiet = bar.querySelector(".run-quiet");
  const title = document.title;
  let delay = FIRST;
  let mark = "";
  let timer = 0;

  const cells = () => [...document.querySelectorAll("[data-run]")];

  const show = (told) => {
    const some = told.new > 0;
    const count = `${told.new}${told.more ? "+" : ""}`;
    const words = `${count} new ${told.new === 1 ? "run" : "runs"}`;
    if (link.textContent !== words) link.textContent = words;
    link.hidden = !some;
    quiet.hidden = some;
    document.title = some ? `(${count}) ${title}` : title;
    for (const cell of cells()) {
      const now = told.runs[cell.dataset.run];
      if (!now) continue;
      if (cell.dataset.shown !== now.status) {
        cell.innerHTML = now.status;
        cell.dataset.shown = now.status;
      }
      const took = document.querySelector(`[data-took="${cell.dataset.run}"]`);
      if (took && took.textContent !== now.took) took.textContent = now.took;
    }
  };

  const look = async () => {
    const address = new URL(bar.dataset.live, location.href);
    address.searchParams.set("since", bar.dataset.since);
    address.searchParams.set("ids", cells().map((each) => each.dataset.run).join(","));
    try {
      const headers = mark ? { "If-None-Match": mark } : {};
      const answer = await fetch(address, { headers, credentials: "same-origin", redirect: "error", cache: "no-store" });
      if (answer.status === 304) {
        delay = Math.min(delay * 1.3, LAST);
      } else if (answer.ok) {
        mark = answer.headers.get("ETag") || "";
        show(await answer.json());
        delay = FIRST;
      } else {
        return;
      }
    } catch {
      delay = LAST;
    }
    plan();
  };

  // A list that nobody sees asks nothing.
  const plan = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(look, delay);
  };
  document.addEventListener("visibilitychange", () => {
    delay = FIRST;
    plan();
  });
  plan();
};

// The admin's own pages name scripts in their head, without “defer”.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
else watch();
