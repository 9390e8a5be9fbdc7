// Keeps the page of a run that has not ended up to date. Without it the page's Refresh link does.
(() => {
  const page = document.getElementById("run");
  if (!page) return;
  const told = document.getElementById("run-told");
  const FIRST = 500;
  const LAST = 5000;
  let delay = FIRST;
  let timer = 0;

  const head = () => page.querySelector("[data-finished]");
  const ended = () => head()?.dataset.finished === "yes";

  // What a person is typing or marking is not taken away under their hands.
  const busy = () => {
    const active = document.activeElement;
    if (page.contains(active) && active.matches("input, textarea, select")) return true;
    const marked = getSelection();
    return Boolean(marked && !marked.isCollapsed && page.contains(marked.anchorNode));
  };

  // How the element that has the focus is found again on the page that takes its place.
  const place = () => {
    const active = document.activeElement;
    if (!page.contains(active) || active === page) return null;
    if (active.matches("summary") && active.parentElement.id) {
      const id = active.parentElement.id;
      return () => document.getElementById(id)?.querySelector("summary");
    }
    const all = () => [...page.querySelectorAll(active.tagName)];
    const index = all().indexOf(active);
    const text = active.textContent;
    return () => {
      const now = all();
      return now[index]?.textContent === text ? now[index] : now.find((each) => each.textContent === text);
    };
  };

  const replace = (text) => {
    const choice = new Map([...page.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
    const before = head()?.dataset.status;
    const again = place();
    page.innerHTML = text;
    for (const each of page.querySelectorAll("details[id]")) {
      if (choice.has(each.id)) each.open = choice.get(each.id);
    }
    again?.()?.focus({ preventScroll: true });
    const now = head()?.dataset.status;
    if (told && now && now !== before) told.textContent = `The run is now: ${now}`;
  };

  const look = async () => {
    if (!busy()) {
      try {
        const answer = await fetch(page.dataset.live, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) return;
        replace(await answer.text());
      } catch {
        delay = LAST;
      }
    }
    delay = Math.min(delay * 1.3, LAST);
    plan();
  };

  // A page that nobody sees asks nothing.
  const plan = () => {
    clearTimeout(timer);
    if (!ended() && !document.hidden) timer = setTimeout(look, delay);
  };
  document.addEventListener("visibilitychange", () => {
    delay = FIRST;
    plan();
  });
  plan();
})();
