/* Tenure in the product: shows banner, message, modal and checklist; tells what was seen and clicked.
 *
 * Under the host's Content-Security-Policy it needs no more than Tenure's own host in script-src and
 * connect-src: styles are constructed, texts are set as texts, nothing is evaluated.
 */
(() => {
  "use strict";
  const script = document.currentScript;
  const base = new URL(".", script.src).href;
  const given = script.dataset;
  const shown = new Map(); // message id → how to take it off the page
  let askToken = null, timer = 0, busy = null, words = {}, turn = 0;

  const STYLE = `
:host { all: initial; color-scheme: light dark; font: 400 1rem/1.5 system-ui, sans-serif;
  --bg: var(--tenure-background, #fff); --ink: var(--tenure-text, #1b1f24); --soft: var(--tenure-text, #57606a); --line: #8c959f;
  --accent: var(--tenure-accent, #0b5cad); --on-accent: var(--tenure-on-accent, #fff); }
@media (prefers-color-scheme: dark) { :host { --bg: var(--tenure-background, #1d2126); --ink: var(--tenure-text, #eceff3);
  --soft: var(--tenure-text, #a9b3bf); --line: #6e7883; --accent: var(--tenure-accent, #8cc4ff); --on-accent: var(--tenure-on-accent, #0d1b2a); } }
* { box-sizing: border-box; }
.card { color: var(--ink); background: var(--bg); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; text-align: start; }
.banner { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; border-radius: 0; border-inline: 0; }
.banner .words { flex: 1 1 16rem; }
.corner { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 2147483000; inline-size: min(24rem, calc(100vw - 2rem)); box-shadow: 0 .5rem 2rem #0004; animation: in .2s ease-out; }
dialog { inline-size: min(30rem, calc(100vw - 2rem)); box-shadow: 0 .5rem 2rem #0006; animation: in .2s ease-out; }
dialog::backdrop { background: #0008; }
h2 { font-size: 1.0625rem; line-height: 1.3; font-weight: 600; margin: 0 0 .25rem; }
p { margin: 0; white-space: pre-line; overflow-wrap: anywhere; }
.acts { display: flex; flex-wrap: wrap; gap: .5rem; margin-block-start: .75rem; }
.banner .acts { margin-block-start: 0; }
button, .go { font: inherit; min-block-size: 2.25rem; padding: .25rem .75rem; border: 1px solid var(--line); border-radius: .375rem; background: transparent; color: var(--ink); cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; }
.go { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.quiet { border-color: transparent; color: var(--soft); }
ul { list-style: none; margin: .75rem 0 0; padding: 0; }
li { display: flex; gap: .5rem; align-items: baseline; padding-block: .25rem; }
li input { inline-size: 1.125rem; block-size: 1.125rem; flex: none; accent-color: var(--accent); transform: translateY(.2rem); }
li a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@keyframes in { from { opacity: 0; transform: translateY(.5rem); } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
@media (forced-colors: active) { .go { border: 2px solid; } }`;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);

  const make = (tag, text, className) => {
    const one = document.createElement(tag);
    if (text) { one.textContent = text; one.dir = "auto"; }
    if (className) one.className = className;
    return one;
  };

  const safe = (link) => {
    try {
      const url = new URL(link, location.href);
      return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
    } catch { return ""; }
  };

  /* The token: given to start(), asked of the host's own address, or written into the page. */
  const token = async (again) => {
    if (askToken) return askToken(again);
    if (!given.tokenUrl) return given.token || "";
    const answer = await fetch(given.tokenUrl, { credentials: "same-origin", cache: "no-store" });
    return answer.ok ? (await answer.json()).token || "" : "";
  };
  let known = "";
  const call = async (path, data, again) => {
    known = (!again && known) || (await token(again));
    if (!known) return null;
    const answer = await fetch(base + path, {
      method: data ? "POST" : "GET", body: data ? JSON.stringify(data) : undefined,
      headers: { authorization: "Bearer " + known, ...(data && { "content-type": "application/json" }) },
      credentials: "omit", cache: "no-store", keepalive: Boolean(data),
    });
    if (answer.status === 401 && !again) return call(path, data, true);
    return answer.ok ? answer.json() : null;
  };
  const tell = (id, what, data) => call(`messages/${id}/${what}`, data || {}).catch(() => null);

  /* Where a slot stands: the host's element with data-tenure-slot, or a place of our own. */
  const place = (slot) => {
    const own = document.querySelector(`[data-tenure-slot="${slot}"]`);
    if (own) return own;
    if (slot === "checklist") return null; // a checklist stands where the host wants it, or nowhere
    const made = make("div");
    made.dataset.tenureSlot = slot;
    if (slot === "banner") document.body.prepend(made); else document.body.append(made);
    return made;
  };

  const link = (message, one, className) => {
    const href = safe(one.link);
    if (!one.link || !href) return null;
    const go = make("a", one.link_text || one.text, className);
    go.href = href;
    go.addEventListener("click", () => { tell(message.id, "clicked"); if (!message.items.length) off(message.id); });
    return go;
  };

  const button = (text, className, does) => {
    const one = make("button", text, className);
    one.type = "button";
    one.addEventListener("click", does);
    return one;
  };

  const close = (message, what) => { tell(message.id, what || "dismissed"); off(message.id); };
  const off = (id) => { const take = shown.get(id); shown.delete(id); if (take) take(); };

  const checklist = (message) => {
    const list = make("ul");
    message.items.forEach((item, index) => {
      const row = make("li"), tick = make("input"), words = link(message, item) || make("span", item.text);
      tick.type = "checkbox";
      tick.checked = item.done;
      words.id = `item-${index}`;
      tick.setAttribute("aria-labelledby", words.id);
      tick.addEventListener("change", () => tell(message.id, "ticked", { item: index, done: tick.checked }));
      row.append(tick, words);
      list.append(row);
    });
    return list;
  };

  const card = (message, tag) => {
    const box = make(tag, "", "card"), said = make("div", "", "words"), acts = make("div", "", "acts");
    const title = make("h2", message.title), text = make("p", message.text);
    title.id = "title"; text.id = "text";
    said.append(title, text);
    if (message.items.length) said.append(checklist(message));
    const go = link(message, message, "go");
    if (go) acts.append(go);
    acts.append(button(words.close, "", () => close(message)));
    if (message.can_refuse) acts.append(button(words.stop, "quiet", () => close(message, "refused")));
    box.append(said, acts);
    return box;
  };

  const draw = {
    banner: (message, root) => { const box = card(message, "div"); box.classList.add("banner"); announce(root, box); },
    message: (message, root) => { const box = card(message, "div"); box.classList.add("corner"); announce(root, box); },
    checklist: (message, root) => {
      const box = card(message, "section");
      box.setAttribute("aria-labelledby", "title");
      root.append(box);
    },
    modal: (message, root) => {
      const box = card(message, "dialog");
      box.setAttribute("aria-labelledby", "title");
      box.setAttribute("aria-describedby", "text");
      box.addEventListener("cancel", (event) => { event.preventDefault(); close(message); });
      box.addEventListener("keydown", (event) => trap(event, box));
      root.append(box);
      box.showModal();
      return () => box.close(); // gives the focus back to where it was
    },
  };

  /* A live region is there before its words are, or nobody hears them. */
  const announce = (root, box) => {
    const region = make("div");
    region.setAttribute("role", "status");
    root.append(region);
    requestAnimationFrame(() => region.append(box));
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") box.querySelector("button").click(); });
  };

  const trap = (event, box) => {
    if (event.key !== "Tab") return;
    const all = [...box.querySelectorAll("a[href], button, input")];
    const here = box.getRootNode().activeElement, edge = event.shiftKey ? all[0] : all[all.length - 1];
    if (here !== edge) return;
    event.preventDefault();
    all[event.shiftKey ? all.length - 1 : 0].focus();
  };

  const show = (message) => {
    if (shown.has(message.id) || !draw[message.slot]) return;
    if ([...shown.values()].some((take) => take.slot === message.slot)) return;
    const where = place(message.slot);
    if (!where) return;
    const host = make("div"), root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    where.append(host);
    const undo = draw[message.slot](message, root);
    const take = () => { if (undo) undo(); host.remove(); };
    take.slot = message.slot;
    shown.set(message.id, take);
    tell(message.id, "seen");
  };

  const refresh = () => {
    busy = busy || look().catch(() => null).finally(() => { busy = null; });
    return busy;
  };
  const look = async () => {
    clearTimeout(timer);
    const mine = turn, found = await call("messages");
    if (!found || mine !== turn) return; // somebody else is signed in by now
    words = found.words;
    const still = new Set(found.messages.map((message) => message.id));
    shown.forEach((take, id) => { if (take.slot !== "modal" && !still.has(id)) off(id); }); // withdrawn
    found.messages.forEach(show);
    timer = setTimeout(() => { if (!document.hidden) refresh(); }, found.refresh_seconds * 1000);
  };

  /* Push: call subscribe(url of your own service worker) from a click; it asks for permission. */
  const subscribe = async (worker) => {
    if (!("PushManager" in window) || (await Notification.requestPermission()) !== "granted") return false;
    const found = await call("push");
    if (!found) return false;
    const registration = await navigator.serviceWorker.register(worker);
    await navigator.serviceWorker.ready;
    const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: found.public_key });
    return Boolean(await call("push/subscribe", subscription.toJSON()));
  };
  const unsubscribe = async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const subscription = registration && (await registration.pushManager.getSubscription());
    if (!subscription) return true;
    const gone = await call("push/unsubscribe", { endpoint: subscription.endpoint });
    return Boolean(gone) && subscription.unsubscribe();
  };

  const stop = () => { turn += 1; known = ""; busy = null; clearTimeout(timer); [...shown.keys()].forEach(off); };

  window.Tenure = Object.assign(window.Tenure || {}, {
    /* Begin for whoever is signed in; token is a function that gives (a promise of) a token. */
    start: (options) => { stop(); askToken = options && options.token; return refresh(); },
    /* They signed out: everything goes from the page. */
    stop: () => { stop(); askToken = () => ""; },
    refresh,
    subscribe,
    unsubscribe,
  });
  if (given.token || given.tokenUrl) {
    if (document.body) refresh(); else document.addEventListener("DOMContentLoaded", refresh);
  }
})();
