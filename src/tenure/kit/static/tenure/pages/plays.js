// The editor of a play: the trigger chosen shows its fields, conditions come and go, values to choose from.
(function () {
  "use strict";
  var form = document.getElementById("play-form");
  var kind = form.querySelector("[data-trigger-kind]");

  function show() {
    form.querySelectorAll("[data-trigger]").forEach(function (part) {
      part.hidden = part.disabled = part.dataset.trigger !== kind.value;
    });
  }

  function suggest(row) {
    var selects = row.querySelectorAll("select");
    var input = row.querySelector("input");
    var list = document.getElementById("values-" + selects[0].value);
    if (list) input.setAttribute("list", list.id); else input.removeAttribute("list");
    input.hidden = selects[1].value === "exists" || selects[1].value === "missing";
  }

  form.addEventListener("change", function (event) {
    if (event.target === kind) show();
    var row = event.target.closest(".rule-row");
    if (!row) return;
    var selects = row.querySelectorAll("select");
    if (event.target === selects[0] && document.getElementById("values-" + selects[0].value)) selects[1].value = "=";
    suggest(row);
  });
  form.addEventListener("click", function (event) {
    var add = event.target.closest("[data-add-row]");
    if (add) {
      var rule = add.closest("[data-rule]");
      var rows = rule.querySelector("[data-rows]");
      rows.appendChild(rule.querySelector("[data-row-template]").content.cloneNode(true));
      rows.lastElementChild.querySelector("select").focus();
    }
    var remove = event.target.closest("[data-remove-row]");
    if (remove) {
      remove.closest(".rule-row").remove();
      kind.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  form.querySelectorAll(".rule-row").forEach(suggest);
  show();
})();
