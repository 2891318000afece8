// What the shell does beyond HTML: drawer, menus, search key, confirmation, copying, toasts.
(function () {
  "use strict";
  var body = document.body;

  function drawer(open) {
    body.classList.toggle("drawer-open", open);
    document.querySelectorAll("[data-drawer='open']").forEach(function (button) {
      button.setAttribute("aria-expanded", String(open));
    });
    var target = open ? document.querySelector(".sidebar a") : document.querySelector("[data-drawer='open']");
    if (target) target.focus();
  }

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }

  function typing(element) {
    return element.closest("input, textarea, select, [contenteditable]");
  }

  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details.menu"));
    var toggle = event.target.closest("[data-drawer]");
    if (toggle) drawer(toggle.dataset.drawer === "open");
    var dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(dismiss.dataset.dismiss).remove();
    var copy = event.target.closest("[data-copy]");
    if (copy) copyText(copy);
    var opener = event.target.closest("[data-dialog]");
    var opened = opener && document.getElementById(opener.dataset.dialog);
    if (opened) opened.showModal();
    var closer = event.target.closest("[data-close-dialog]");
    if (closer) closer.closest("dialog").close();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      var open = document.querySelector("details.menu[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      } else if (body.classList.contains("drawer-open")) {
        drawer(false);
      }
    }
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !typing(event.target)) {
      var search = document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });

  function copyText(button) {
    var source = document.getElementById(button.dataset.copy);
    var label = button.querySelector("[data-label]") || button;
    navigator.clipboard.writeText(source.value || source.textContent).then(function () {
      var before = label.textContent;
      label.textContent = "Copied";
      setTimeout(function () { label.textContent = before; }, 1600);
    });
  }

  // A form or button with data-confirm asks first, in our own dialog.
  var pending = null;
  function ask(question, go) {
    var dialog = document.getElementById("confirm");
    dialog.querySelector("[data-question]").textContent = question;
    pending = go;
    dialog.showModal();
  }
  document.addEventListener("submit", function (event) {
    var question = (event.submitter && event.submitter.dataset.confirm) || event.target.dataset.confirm;
    if (!question || event.target.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question, function () {
      event.target.dataset.confirmed = "1";
      event.target.requestSubmit(event.submitter);
      delete event.target.dataset.confirmed;
    });
  }, true);
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-confirm-yes]")) return;
    document.getElementById("confirm").close();
    if (pending) pending();
    pending = null;
  });

  // Submit a form as soon as a field marked so is changed (menus of choices, sort on a phone).
  document.addEventListener("change", function (event) {
    var select = event.target.closest("[data-submit-on-change]");
    if (select) select.form.requestSubmit();
    var goto = event.target.closest("[data-goto-on-change]");
    if (goto && goto.value) window.location.assign(goto.value);
    var all = event.target.closest("[data-check-all]");
    if (all) {
      document.querySelectorAll(all.dataset.checkAll).forEach(function (box) { box.checked = all.checked; });
    }
    markSelection();
  });

  // A bar that only makes sense while rows are ticked.
  function markSelection() {
    document.querySelectorAll("[data-needs-selection]").forEach(function (bar) {
      var count = document.querySelectorAll(bar.dataset.needsSelection + ":checked").length;
      bar.hidden = count === 0;
      var label = bar.querySelector("[data-selected-count]");
      if (label) label.textContent = count === 1 ? "1 selected" : count + " selected";
    });
  }
  document.addEventListener("htmx:afterSettle", markSelection);

  // A failed background load says so and offers to try again, instead of a box that stays empty.
  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status === 401) return;
    failed(event.detail, "The server answered " + event.detail.xhr.status + ".");
  });
  document.addEventListener("htmx:sendError", function (event) {
    failed(event.detail, "The server did not answer.");
  });
  function failed(detail, text) {
    var template = document.getElementById("load-failed");
    var place = detail.elt.closest("[data-panel]");
    if (!template || !place) return;
    var note = template.content.cloneNode(true);
    note.querySelector("[data-text]").textContent = text;
    place.replaceChildren(note);
  }

  // What scrolls sideways can be reached and scrolled with the keyboard, and says what it is.
  function reachable() {
    document.querySelectorAll(".table-wrap, pre.code-block, .snippet pre").forEach(function (box) {
      if (box.tabIndex >= 0 || box.scrollWidth <= box.clientWidth) return;
      var card = box.closest("section, .card");
      var heading = card && card.querySelector("h1, h2, h3");
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      if (!box.hasAttribute("aria-label")) box.setAttribute("aria-label", heading ? heading.textContent.trim() : "Table");
    });
  }
  window.addEventListener("resize", reachable);
  document.addEventListener("htmx:afterSettle", reachable);
  document.addEventListener("toggle", reachable, true);
  reachable();

  document.querySelectorAll(".toast-note[data-fades]").forEach(function (toast) {
    setTimeout(function () { toast.remove(); }, 8000);
  });

  // Times are rendered in the person's zone; words such as "3 hours ago" stay fresh here.
  var words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  function refreshTimes() {
    document.querySelectorAll("time[data-relative]").forEach(function (time) {
      var seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      var steps = [["day", 86400], ["hour", 3600], ["minute", 60]];
      for (var i = 0; i < steps.length; i++) {
        if (Math.abs(seconds) >= steps[i][1]) {
          var count = Math.trunc(seconds / steps[i][1]);
          if (steps[i][0] !== "day" || Math.abs(count) < 31) time.textContent = words.format(count, steps[i][0]);
          return;
        }
      }
    });
  }
  setInterval(refreshTimes, 60000);
})();
