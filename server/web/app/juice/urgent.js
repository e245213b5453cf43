// Little time is left: a pulse. A few beats when it begins and one now and then after that, for what pulses for hours
// is noise to people and work for their battery. The class stays, so the look says it without motion as well.

import { animate, mayMove, whenStilled } from "./motion.js";

const BEAT_MS = 900;
const BEATS_AT_FIRST = 4;
const PAUSE_MS = 10_000;
const BEAT = [
  { transform: "scale(1)", opacity: 1 },
  { transform: "scale(1.05)", opacity: 0.7, offset: 0.35 },
  { transform: "scale(1)", opacity: 1 },
];

const pulses = new Map();

/** Have an element pulse, or no more. It ends by itself when the element leaves the page. */
export function urgent(element, on) {
  element.classList.toggle("urgent", on);
  if (!on) return end(element);
  if (pulses.has(element)) return;
  pulses.set(element, { timer: setInterval(() => again(element), PAUSE_MS), animation: null });
  requestAnimationFrame(() => beat(element, BEATS_AT_FIRST)); // by then it is on the page
}

function again(element) {
  if (element.isConnected) beat(element, 1);
  else end(element);
}

function beat(element, iterations) {
  const pulse = pulses.get(element);
  if (!pulse || !mayMove()) return;
  pulse.animation = animate(element, BEAT, { duration: BEAT_MS, iterations, easing: "ease-in-out" });
}

function end(element) {
  const pulse = pulses.get(element);
  pulses.delete(element);
  clearInterval(pulse?.timer);
  pulse?.animation?.cancel();
}

whenStilled(() => {
  for (const { animation } of pulses.values()) animation?.cancel();
});
