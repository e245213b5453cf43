// Numbers for the eye, and how much of a target they are.

const plain = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2, roundingMode: "trunc" });
const LONGEST_PLAIN = 999_999;

/** Every digit: "1,234,567". */
export const figure = (number) => plain.format(number);

/** "12,345"; from a million on "1.23M": cut, not rounded, so that nothing looks reached before it is. */
export function short(number) {
  return number > LONGEST_PLAIN ? compact.format(number) : plain.format(number);
}

/** How much of a target is reached, from 0 to 1. A target of 0 has no share. */
export function share(current, target) {
  return target > 0 ? Math.min(1, Math.max(0, current / target)) : 0;
}

/** In whole percent, rounded down: 100 only when all of it is there. */
export const percent = (current, target) => Math.floor(share(current, target) * 100);
