// A raid was completed: confetti from both sides and a warm light, once, for three seconds.

import { mayMove } from "./motion.js";
import { confetti, CONFETTI_MS } from "./paths.js";
import { glow, particle, particlesFree } from "./stage.js";

const PIECES = 96;
const AGAIN_AFTER_MS = CONFETTI_MS + 400;

let last = -Infinity;

/** Celebrate over the whole page; one celebration at a time. */
export function celebrate() {
  if (!mayMove() || performance.now() < last + AGAIN_AFTER_MS) return;
  last = performance.now();
  const page = { width: innerWidth, height: innerHeight };
  const pieces = Math.min(PIECES, particlesFree());
  for (let at = 0; at < pieces; at += 1) {
    const { look, keyframes, options } = confetti(at, page);
    particle(look, keyframes, options);
  }
  glow([{ opacity: 0 }, { opacity: 1, offset: 0.2 }, { opacity: 0 }], { duration: 1_800, easing: "ease-out" });
}
