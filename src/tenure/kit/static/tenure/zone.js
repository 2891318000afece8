// The browser knows its zone; the form need not ask.
document.querySelectorAll("[data-zone]").forEach(function (field) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
});
