// Runs before the first paint, so that a page never flashes in the wrong theme.
(function () {
  "use strict";
  var KEY = "tenure-theme";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system";
    }
  }

  function apply() {
    var wanted = choice();
    var theme = wanted === "system" ? (dark.matches ? "dark" : "light") : wanted;
    root.setAttribute("data-bs-theme", theme);
    document.querySelectorAll("[data-theme-choice]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === wanted));
    });
    document.dispatchEvent(new CustomEvent("tenure:theme", { detail: theme }));
  }

  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem(KEY, button.dataset.themeChoice);
    } catch {
      // Private windows may refuse storage; the choice then lasts for this page.
    }
    apply();
  });
  apply();
})();
