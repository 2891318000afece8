// The form of a segment: one way of saying it at a time, rows that come and go, values to choose from.
(function () {
  "use strict";
  var form = document.getElementById("segment-form");
  var rows = form.querySelector("[data-rows]");

  function show() {
    var way = form.querySelector("[name=way]:checked").value;
    form.querySelectorAll("[data-way]").forEach(function (part) { part.hidden = part.dataset.way !== way; });
  }

  function suggest(row) {
    var input = row.querySelector("[name=value]");
    var list = document.getElementById("values-" + row.querySelector("[name=field]").value);
    var op = row.querySelector("[name=op]");
    if (list) input.setAttribute("list", list.id); else input.removeAttribute("list");
    input.hidden = op.value === "exists" || op.value === "missing";
  }

  form.addEventListener("change", function (event) {
    if (event.target.name === "way") show();
    var row = event.target.closest(".rule-row");
    if (!row) return;
    if (event.target.name === "field" && document.getElementById("values-" + event.target.value)) {
      row.querySelector("[name=op]").value = "=";
    }
    suggest(row);
  });
  form.addEventListener("click", function (event) {
    if (event.target.closest("[data-add-row]")) {
      rows.appendChild(form.querySelector("[data-row-template]").content.cloneNode(true));
      rows.lastElementChild.querySelector("select").focus();
    }
    var remove = event.target.closest("[data-remove-row]");
    if (remove) {
      remove.closest(".rule-row").remove();
      form.querySelector("#together").dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  rows.querySelectorAll(".rule-row").forEach(suggest);
  show();
})();
