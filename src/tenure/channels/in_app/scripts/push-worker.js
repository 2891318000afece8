/* Tenure's part of your service worker: shows pushes and says what became of them.
 * Your own worker, at the root of your product, needs one line: importScripts("…/push-worker.js");
 */
(() => {
  "use strict";
  const report = (data, what) =>
    fetch(data.report + what, { method: "POST", credentials: "omit", keepalive: true }).catch(() => null);

  self.addEventListener("push", (event) => {
    let said;
    try { said = event.data.json(); } catch { return; } // not one of ours
    if (!said || !said.report) return;
    const options = { body: said.text, tag: said.id, dir: "auto", data: { link: said.link, report: said.report } };
    event.waitUntil(Promise.all([self.registration.showNotification(said.title, options), report(said, "seen")]));
  });

  const target = (link) => {
    try {
      const url = new URL(link || "/", self.location.origin);
      return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
    } catch { return ""; }
  };

  self.addEventListener("notificationclick", (event) => {
    const data = event.notification.data;
    if (!data || !data.report) return;
    event.notification.close();
    const url = target(data.link);
    event.waitUntil(Promise.all([report(data, "clicked"), url && self.clients.openWindow(url).catch(() => null)]));
  });

  self.addEventListener("notificationclose", (event) => {
    const data = event.notification.data;
    if (data && data.report) event.waitUntil(report(data, "dismissed"));
  });
})();
