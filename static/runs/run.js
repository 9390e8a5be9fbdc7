// Keeps the page of a run that has not ended up to date. Without it the page's Refresh link does.
(() => {
  const page = document.getElementById("run");
  if (!page) return;
  const FIRST = 500;
  const LAST = 5000;
  let delay = FIRST;

  const ended = () => page.querySelector("[data-finished]")?.dataset.finished === "yes";
  // What a person has opened or is about to press is not taken away under their hands.
  const busy = () => page.contains(document.activeElement) && document.activeElement !== page;

  const replace = (text) => {
    const choice = new Map([...page.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
    page.innerHTML = text;
    for (const each of page.querySelectorAll("details[id]")) {
      if (choice.has(each.id)) each.open = choice.get(each.id);
    }
  };

  const look = async () => {
    if (ended()) return;
    if (!document.hidden && !busy()) {
      try {
        const answer = await fetch(page.dataset.live, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) return;
        replace(await answer.text());
      } catch {
        delay = LAST;
      }
    }
    delay = Math.min(delay * 1.3, LAST);
    setTimeout(look, delay);
  };
  setTimeout(look, delay);
})();
