/* Tenure's cancel flow in the product: a dialog over the page, opened by Tenure.cancel() or by any
 * element with data-tenure-cancel. Without this script the element's own link is followed.
 *
 * Under the host's Content-Security-Policy it needs no more than Tenure's own host in script-src and
 * connect-src: styles are constructed, texts are set as texts, nothing is evaluated.
 */
(() => {
  "use strict";
  const script = document.currentScript;
  const base = new URL(".", script.src).href;
  const given = script.dataset;

  const STYLE = `
:host { all: initial; color-scheme: light dark; font: 400 1rem/1.5 system-ui, sans-serif;
  --bg: var(--tenure-background, #fff); --ink: var(--tenure-text, #1b1f24); --soft: var(--tenure-text, #57606a); --line: #8c959f;
  --accent: var(--tenure-accent, #0b5cad); --on-accent: var(--tenure-on-accent, #fff); }
@media (prefers-color-scheme: dark) { :host { --bg: var(--tenure-background, #1d2126); --ink: var(--tenure-text, #eceff3);
  --soft: var(--tenure-text, #a9b3bf); --line: #6e7883; --accent: var(--tenure-accent, #8cc4ff); --on-accent: var(--tenure-on-accent, #0d1b2a); } }
* { box-sizing: border-box; }
dialog { inline-size: min(34rem, calc(100vw - 1.5rem)); max-block-size: calc(100vh - 1.5rem); overflow-y: auto; color: var(--ink); background: var(--bg); border: 1px solid var(--line); border-radius: .5rem; padding: 1.25rem; box-shadow: 0 .5rem 2rem #0006; text-align: start; }
dialog::backdrop { background: #0008; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 2.5rem .5rem 0; }
h2:focus { outline: none; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: 0 0 .5rem; overflow-wrap: anywhere; }
fieldset { border: 0; margin: .75rem 0 0; padding: 0; min-inline-size: 0; }
legend { font-weight: 600; padding: 0; margin-block-end: .25rem; }
label.pick { display: flex; gap: .6rem; align-items: center; min-block-size: 2.75rem; cursor: pointer; }
label.pick input { inline-size: 1.125rem; block-size: 1.125rem; flex: none; margin: 0; accent-color: var(--accent); }
.ask { margin-block-end: .5rem; }
textarea { inline-size: 100%; min-block-size: 4rem; font: inherit; color: var(--ink); background: transparent; border: 1px solid var(--line); border-radius: .375rem; padding: .5rem; }
.acts { display: flex; flex-wrap: wrap; gap: .5rem; margin-block-start: 1rem; }
button { font: inherit; min-block-size: 2.75rem; padding: .25rem .9rem; border: 1px solid var(--line); border-radius: .375rem; background: transparent; color: var(--ink); cursor: pointer; }
button.go { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.quiet { border-color: transparent; color: var(--soft); }
button.close { position: absolute; inset-block-start: .5rem; inset-inline-end: .5rem; min-inline-size: 2.75rem; border-color: transparent; }
section { margin-block-start: 1.25rem; padding-block-start: 1rem; border-block-start: 1px solid var(--line); }
ul { margin: 0; padding-inline-start: 1.25rem; }
a { color: var(--accent); }
[role=alert] { font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[hidden] { display: none !important; }`;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);

  let ask = null, box = null, root = null, visit = "", busy = false, settings = {}, wrong = "Error", shut = "Close";

  const make = (tag, text, className) => {
    const one = document.createElement(tag);
    if (text) { one.textContent = text; one.dir = "auto"; }
    if (className) one.className = className;
    return one;
  };
  const token = async () => {
    if (ask) return ask();
    if (!given.tokenUrl) return given.token || "";
    const answer = await fetch(given.tokenUrl, { credentials: "same-origin", cache: "no-store" });
    return answer.ok ? (await answer.json()).token || "" : "";
  };
  const call = async (path, data) => {
    const answer = await fetch(base + "cancel/" + path, {
      method: "POST", body: JSON.stringify(data), credentials: "omit", cache: "no-store",
      headers: { authorization: "Bearer " + (await token()), "content-type": "application/json" },
    });
    const found = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(found.error.message), { code: found.error.code });
    return found;
  };

  const button = (text, className, does) => {
    const one = make("button", text, className);
    one.type = "button";
    one.addEventListener("click", does);
    return one;
  };
  const acts = (...some) => { const row = make("div", "", "acts"); row.append(...some.filter(Boolean)); return row; };
  const picks = (title, name, choices, first) => {
    const set = make("fieldset");
    set.append(make("legend", title));
    choices.forEach((choice, index) => {
      const label = make("label", "", "pick"), input = make("input");
      input.type = "radio"; input.name = name; input.value = choice.value; input.checked = first && !index;
      label.append(input, make("span", choice.text));
      set.append(label);
    });
    return set;
  };
  const picked = (name) => { const one = box.querySelector(`input[name="${name}"]:checked`); return one ? one.value : ""; };
  const field = (text, name) => {
    const wrap = make("div", "", "ask"), label = make("label", text), area = make("textarea");
    area.id = name; area.maxLength = 4000; label.htmlFor = name;
    wrap.append(label, area);
    return wrap;
  };

  const send = async (act, more) => {
    if (busy) return;
    busy = true;
    try { draw(await call("answer", { visit, act, ...more })); } catch { tell(wrong); } finally { busy = false; }
  };
  const tell = (text) => {
    const old = box.querySelector("[role=alert]");
    if (old) old.remove();
    const said = make("p", text);
    said.setAttribute("role", "alert");
    box.querySelector("h2").after(said);
  };

  const offer = (one, words, heading) => {
    const part = [];
    if (heading) part.push(make("h3", one.title));
    part.push(make("p", one.text));
    if (one.prices.length) part.push(make("p", one.prices.join(" → ")));
    [["kept", one.kept], ["lost", one.lost]].forEach(([name, list]) => {
      if (!list.length) return;
      const all = make("ul");
      list.forEach((text) => all.append(make("li", text)));
      part.push(make("h3", words[name]), all);
    });
    if (/^https?:/.test(one.link)) {
      const link = make("a", words.read);
      link.href = one.link; link.target = "_blank"; link.rel = "noopener noreferrer";
      part.push(link);
    }
    if (one.months.length) part.push(picks(words.months, "months", one.months, true));
    part.push(acts(button(one.yes, "go", () => send("yes", { offer: one.name, months: picked("months") }))));
    return part;
  };

  const draws = {
    survey: (shown, words) => {
      const reasons = picks(words.why, "reason", shown.reasons.map((r) => ({ value: r.name, text: r.text })));
      const more = field(shown.reasons[0].ask, "more");
      more.hidden = true;
      reasons.addEventListener("change", () => {
        const reason = shown.reasons.find((r) => r.name === picked("reason"));
        more.querySelector("label").textContent = reason.ask;
        more.hidden = false;
      });
      const on = () => picked("reason") ? send("told", { reason: picked("reason"), more: box.querySelector("#more").value }) : tell(words.required);
      return [reasons, more, acts(button(words.go_on, "go", on), button(words.skip, "", () => send("skip")), button(words.keep, "quiet", () => send("keep")))];
    },
    offer: (shown, words) => [...(shown.offer ? offer(shown.offer, words) : []),
      acts(button(words.no, "", () => send("no")), button(words.keep, "quiet", () => send("keep")))],
    confirm: (shown, words) => {
      const parts = [acts(button(words.cancel, "go", () => send("cancel")), button(words.keep, "", () => send("keep")))];
      if (shown.offer) {
        const beside = make("section");
        beside.append(make("strong", words.or_else), ...offer(shown.offer, words, true));
        parts.push(beside);
      }
      return parts;
    },
    cancelled: (shown, words) => {
      const parts = [], beside = make("section");
      if (/^https?:/.test(shown.export_url)) { const link = make("a", words.export); link.href = shown.export_url; parts.push(link); }
      beside.append(make("strong", words.feedback_title));
      if (shown.thanked) { const said = make("p", words.thanks); said.setAttribute("role", "status"); beside.append(said); }
      else beside.append(field(words.improve, "improve"), picks(words.would_return, "would_return", shown.returns),
        acts(button(words.send, "", () => send("feedback", { improve: box.querySelector("#improve").value, would_return: picked("would_return") }))));
      return [...parts, beside];
    },
  };

  const draw = (shown) => {
    visit = shown.visit;
    wrong = shown.words.busy;
    shut = shown.words.close;
    const title = make("h2", shown.title);
    title.id = "title"; title.tabIndex = -1;
    const rest = draws[shown.screen] ? draws[shown.screen](shown, shown.words)
      : [acts(button(shown.words.after_all, "quiet", () => send("again")))];
    box.lang = shown.language;
    box.replaceChildren(closer(), title, ...shown.lines.map((line) => make("p", line)), ...rest);
    title.focus();
    document.dispatchEvent(new CustomEvent("tenure:cancel", { detail: { screen: shown.screen } }));
  };
  const closer = () => {
    const close = button("×", "close", () => box.close());
    close.setAttribute("aria-label", shut);
    return close;
  };

  const open = async (options) => {
    settings = options || {};
    if (settings.token) ask = settings.token;
    if (root && root.isConnected) return;
    const began = await call("start", { subscription: settings.subscription || "", language: settings.language || document.documentElement.lang || "" });
    root = make("div");
    const shade = root.attachShadow({ mode: "open" });
    shade.adoptedStyleSheets = [sheet];
    box = make("dialog");
    box.setAttribute("aria-labelledby", "title");
    box.addEventListener("close", () => root.remove());
    shade.append(box);
    document.body.append(root);
    box.showModal();
    draw(began);
  };

  document.addEventListener("click", (event) => {
    const one = event.target instanceof Element && event.target.closest("[data-tenure-cancel]");
    if (!one) return;
    event.preventDefault();
    open({ subscription: one.dataset.subscription }).catch((fault) => {
      if (one.href) location.assign(one.href); else throw fault;
    });
  });
  window.Tenure = Object.assign(window.Tenure || {}, { cancel: open });
})();
