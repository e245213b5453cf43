// Figures as people read them, and how much of a target they are.

export { figure as short } from "../figures.js";

const FULL = new Intl.NumberFormat("en");

/** Every digit: 1,234,567. */
export const figure = (number) => FULL.format(number);

/** How much of a target is reached, from 0 to 1. A target of 0 has no share. */
export function share(current, target) {
  return target > 0 ? Math.min(1, Math.max(0, current / target)) : 0;
}

/** In whole percent, rounded down: 100 only when all of it is there. */
export const percent = (current, target) => Math.floor(share(current, target) * 100);
