// Line numbers beside a text, kept in step with it; the line of an error is marked and brought into view.
(function () {
  "use strict";
  document.querySelectorAll("[data-editor]").forEach(function (editor) {
    var area = editor.querySelector("textarea");
    var gutter = document.createElement("div");
    var wrong = Number(area.dataset.line || 0);
    gutter.className = "gutter";
    gutter.setAttribute("aria-hidden", "true");
    editor.insertBefore(gutter, editor.firstChild);
    editor.classList.add("numbered");

    function number() {
      var lines = area.value.split("\n").length;
      if (gutter.childElementCount === lines) return;
      var rows = document.createDocumentFragment();
      for (var i = 1; i <= lines; i++) {
        var row = document.createElement("span");
        row.textContent = String(i);
        if (i === wrong) row.className = "wrong";
        rows.appendChild(row);
      }
      gutter.replaceChildren(rows);
      follow();
    }
    function follow() { gutter.scrollTop = area.scrollTop; }

    area.addEventListener("input", number);
    area.addEventListener("scroll", follow);
    number();
    if (wrong) {
      var height = parseFloat(getComputedStyle(area).lineHeight) || 20;
      area.scrollTop = Math.max(0, (wrong - 5) * height);
      var start = area.value.split("\n").slice(0, wrong - 1).join("\n").length + (wrong > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start, start);
      follow();
    }
  });
})();
