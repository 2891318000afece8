// Keyboard in the list: j and k move between accounts (or tasks), Enter opens (it is a link).
(function () {
  "use strict";
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key !== "j" && event.key !== "k") return;
    var links = Array.from(document.querySelectorAll(".accounts .cell-main, .tasks .task-title"));
    var now = links.indexOf(document.activeElement);
    var next = links[Math.min(Math.max(now + (event.key === "j" ? 1 : -1), 0), links.length - 1)];
    if (next) next.focus();
  });
})();
