// Where particles and rising texts live: one layer over the page that nobody can touch and no reader reads.

import { h } from "../dom.js";
import { animate, whenStilled } from "./motion.js";
import { Pool } from "./pool.js";

/** So many alive at once; whoever wants more gets fewer. */
export const PARTICLES = 120;
export const RISING = 16;

const layer = h("div", { class: "juice-stage", "aria-hidden": "true" });
const particles = new Pool(PARTICLES, () => h("i", { class: "juice-particle" }));
const rising = new Pool(RISING, () => h("b", { class: "juice-rising" }));
const running = new Set();

/** How many particles may still be taken. */
export const particlesFree = () => particles.free;

/** A particle of this colour ("ember", "tide", ...) and form on its way; none when all are. */
export function particle(look, keyframes, options) {
  play(particles, (element) => Object.assign(element.dataset, look), keyframes, options);
}

/** A text that rises where it is told to and is gone. */
export function risingText(text, look, keyframes, options) {
  play(rising, (element) => dress(element, text, look), keyframes, options);
}

/** A light over the whole page that comes and goes. */
export function glow(keyframes, options) {
  const element = h("div", { class: "juice-glow" });
  start(element, keyframes, options, () => element.remove());
}

function dress(element, text, look) {
  element.textContent = text;
  Object.assign(element.dataset, look);
}

function play(pool, prepare, keyframes, options) {
  const element = pool.take();
  if (!element) return;
  prepare(element);
  start(element, keyframes, options, () => {
    element.remove();
    pool.give(element);
  });
}

function start(element, keyframes, options, after) {
  if (!layer.isConnected) document.body.append(layer);
  layer.append(element);
  const animation = animate(element, keyframes, options, () => {
    running.delete(animation);
    after();
  });
  running.add(animation);
}

whenStilled(() => {
  for (const animation of [...running]) animation.cancel();
});
