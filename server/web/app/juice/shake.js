// A short shake of the head: something was refused, or a raid failed.

import { animate, mayMove } from "./motion.js";

const WAY = [0, -7, 6, -4, 3, 0].map((x) => ({ transform: `translateX(${x}px)` }));
const shaking = new WeakSet();

/** Shake an element; while it shakes, once more changes nothing. */
export function shake(element) {
  if (!element?.isConnected || !mayMove() || shaking.has(element)) return;
  shaking.add(element);
  animate(element, WAY, { duration: 380, easing: "ease-out" }, () => shaking.delete(element));
}
