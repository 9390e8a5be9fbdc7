// A form that was sent is not sent again by a second click.
// Its page goes away, or comes back out of the browser's memory as new.
(() => {
  const AGAIN_AFTER = 15_000; // An answer that is a file leaves the page as it is.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (performance.now() - (sent.get(form) ?? -AGAIN_AFTER) < AGAIN_AFTER) return event.preventDefault();
    sent.set(form, performance.now());
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.forms) {
      sent.delete(form);
      form.removeAttribute("aria-busy");
    }
  });
})();
