// Short notices in a corner. They are text, so they come under reduced motion as well, only without moving.

import { h } from "../dom.js";
import { texts } from "../texts.js";
import { Dwelling, dwellMs } from "./dwelling.js";
import { Line, SHOWN } from "./line.js";
import { animate, mayMove } from "./motion.js";
import { toastCard } from "./toast_card.js";

/** Toasts wait so long for others of their kind, to come as one; nobody is kept waiting by it. */
const GATHER_MS = 250;
const EASE = "cubic-bezier(0.2, 0.8, 0.2, 1)";

/** As in juice.css: above the corner there is no room for more than one on a phone. */
const isWide = matchMedia("(min-width: 900px)");

const line = new Line();
const cards = new Map(); // toast -> { element, dwelling }
const list = h("ul", { class: "toasts-list" });
const status = h("p", { class: "visually-hidden", role: "status" });
const region = h("section", { class: "toasts", "aria-label": texts.juice.notices }, list, status);
let gathering = 0;
let focusBefore = null;

/**
 * Show `{title, text, kind: "achievement"|"streak"|"reward"|"info"|"bad", icon?}`, spoken once to screen readers.
 * Three are shown at once, one on a phone; the others wait. `key` and `sum`: see line.js.
 */
export function toast(toast) {
  line.add({ kind: "info", text: "", icon: null, ...toast });
  gathering ||= setTimeout(showNext, GATHER_MS);
}

/** Tell what an unlock brought with the toast of that key; false where none waits. */
export function addReward(key, reward) {
  return line.reward(key, reward);
}

function showNext() {
  gathering = 0;
  if (!region.isConnected) settle();
  const coming = line.next(isWide.matches ? SHOWN : 1);
  if (coming.length === 0) return;
  for (const one of coming) show(one);
  say(coming.map(spoken).join(" "));
}

function show(one) {
  const element = toastCard(one, () => dismiss(one));
  const dwelling = new Dwelling(dwellMs(spoken(one)), () => dismiss(one));
  for (const [event, reason, on] of HOLDS) element.addEventListener(event, () => dwelling.hold(reason, on));
  dwelling.hold("hidden", document.hidden);
  cards.set(one, { element, dwelling });
  list.append(element);
  if (!mayMove()) return;
  const from = { transform: "translateY(16px) scale(0.96)", opacity: 0 };
  animate(element, [from, { transform: "none", opacity: 1 }], { duration: 320, easing: EASE });
}

const HOLDS = [
  ["pointerenter", "pointer", true],
  ["pointerleave", "pointer", false],
  ["focusin", "focus", true],
  ["focusout", "focus", false],
];

function dismiss(one) {
  const card = cards.get(one);
  if (!card) return;
  cards.delete(one);
  card.dwelling.end();
  line.done(one);
  leave(card.element);
  gathering ||= setTimeout(showNext, GATHER_MS);
}

/** The card goes at once; what moves away is a copy that nobody can reach, and the others close up behind it. */
function leave(element) {
  const hadFocus = element.contains(document.activeElement);
  const before = new Map([...list.children].map((child) => [child, child.getBoundingClientRect().top]));
  element.remove();
  if (hadFocus) (list.querySelector("button") ?? focusBefore)?.focus?.();
  if (!mayMove()) return;
  for (const child of list.children) {
    const moved = before.get(child) - child.getBoundingClientRect().top;
    const from = { transform: `translateY(${moved}px)` };
    if (moved) animate(child, [from, { transform: "none" }], { duration: 220, easing: EASE });
  }
}

/** In one go: a reader says what came together as one, and says it again only when it is said again. */
function say(text) {
  status.textContent = text;
}

function spoken({ title, text, xp, credits }) {
  const parts = [title, text, texts.juice.reward(xp, credits)].filter(Boolean);
  return parts.map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`)).join(" ");
}

function settle() {
  document.body.append(region);
  region.addEventListener("focusin", ({ relatedTarget }) => {
    if (relatedTarget && !region.contains(relatedTarget)) focusBefore = relatedTarget;
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => {
    for (const { dwelling } of cards.values()) dwelling.hold("hidden", document.hidden);
  });
}

/** Escape sends the one with the focus away, else the newest; a dialog that is open has it first. */
function onKey(event) {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const focused = [...cards].find(([, { element }]) => element.contains(document.activeElement));
  const [one] = focused ?? [...cards].at(-1) ?? [];
  if (one) dismiss(one);
}
