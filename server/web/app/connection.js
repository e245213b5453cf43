// Whether what is on the page is live: always visible, spoken seldom.

import { h, setText } from "./dom.js";
import { texts } from "./texts.js";

const SAID_AFTER_MS = 2_000; // what is over sooner than that is not worth a word
const words = texts.connection;

/**
 * The indicator: { element, show(state, retryNow?), waiting(count) }. Pages hand the state of their watch to `show`;
 * `retryNow` is what its button does. `onSignedOut` is called when a watch ended with its session.
 */
export function connectionIndicator({ onSignedOut }) {
  const parts = indicatorParts();
  const speak = speaker(parts.said);
  const tick = ticker(draw);
  let state = { kind: "connecting" };
  let retryNow = null;

  parts.button.addEventListener("click", () => retryNow?.());
  for (const event of ["online", "offline"]) window.addEventListener(event, draw);

  function draw() {
    const kind = shownKind(state);
    parts.element.dataset.kind = kind;
    setText(parts.label, labelOf(kind, state));
    parts.button.hidden = retryNow === null || !["reconnecting", "offline"].includes(kind);
    tick(kind === "reconnecting");
    speak(kind);
  }

  function show(next, retry = null) {
    if (next.kind === "ended" && next.reason === "closed") return; // the page closed it itself
    state = next;
    retryNow = retry;
    draw();
    if (next.kind === "ended" && next.reason === "signed_out") onSignedOut();
  }

  draw();
  return { element: parts.element, show, waiting: (number) => count(parts.count, number) };
}

function indicatorParts() {
  const label = h("span", { class: "connection-label" });
  const button = h("button", { class: "connection-now", type: "button", "aria-label": words.retryNow }, words.now);
  const count = h("span", { class: "connection-waiting", hidden: true });
  // The countdown is for the eyes: only the region beside it, which changes seldom, is read out.
  const said = h("span", { class: "visually-hidden", role: "status" });
  const dot = h("i", { class: "connection-dot" });
  const sight = h("span", { class: "connection-sight", "aria-hidden": "true" }, dot, label);
  return { element: h("div", { class: "connection" }, sight, button, count, said), label, button, count, said };
}

function count(element, number) {
  element.hidden = number === 0;
  setText(element, number === 0 ? "" : words.waiting(number));
  element.title = words.waitingTitle(number);
}

/** Has `draw` run each second while it is on. */
function ticker(draw) {
  let ticking = 0;
  return (on) => {
    if (on) return void (ticking ||= setInterval(draw, 1_000));
    clearInterval(ticking);
    ticking = 0;
  };
}

/** A page that follows nothing is as reachable as the browser says it is. */
function shownKind({ kind }) {
  return kind === "idle" && !navigator.onLine ? "offline" : kind;
}

function labelOf(kind, state) {
  if (kind !== "reconnecting") return words[kind];
  const seconds = Math.ceil((state.retryAt - Date.now()) / 1_000);
  return seconds > 0 ? words.reconnectingIn(seconds) : words.reconnecting;
}

/** Tells what lasts, and that it is live only after it was not. */
function speaker(region) {
  let told = "live";
  let latest = "live";
  let timer = 0;
  return (kind) => {
    if (kind === latest || words.said[kind] === undefined) return;
    latest = kind;
    clearTimeout(timer);
    if (kind === told) return;
    timer = setTimeout(() => {
      told = kind;
      region.textContent = words.said[kind];
    }, SAID_AFTER_MS);
  };
}
