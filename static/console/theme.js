/* The admin's light or dark look, on a page that loads none of its scripts. Runs before the page is drawn. */
(function () {
  "use strict";
  var KEY = "adminTheme";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      var kept = JSON.parse(window.localStorage.getItem(KEY) || '"auto"');
      return kept === "dark" || kept === "light" ? kept : "auto";
    } catch (error) {
      return "auto";
    }
  }

  function show() {
    var theme = chosen();
    root.classList.toggle("dark", theme === "dark" || (theme === "auto" && dark.matches));
    document.querySelectorAll("[data-theme]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
    });
  }

  show();
  dark.addEventListener("change", show);
  window.addEventListener("storage", show);
  document.addEventListener("DOMContentLoaded", function () {
    show();
    document.querySelectorAll("[data-theme]").forEach(function (button) {
      button.addEventListener("click", function () {
        try {
          window.localStorage.setItem(KEY, JSON.stringify(button.dataset.theme));
        } catch (error) {
          return;
        }
        show();
      });
    });
    document.querySelectorAll("[data-dismiss]").forEach(function (button) {
      button.addEventListener("click", function () {
        button.parentElement.remove();
      });
    });
    document.querySelectorAll("details.frame-menu").forEach(function (menu) {
      document.addEventListener("click", function (event) {
        if (!menu.contains(event.target)) menu.open = false;
      });
      menu.addEventListener("keydown", function (event) {
        if (event.key !== "Escape" || !menu.open) return;
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    });
  });
})();
