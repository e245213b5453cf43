// The ways that things take, as keyframes of transform and opacity. Pure but for chance, which callers may bring.

export const BURST_MS = 720;
export const RISE_MS = 900;
export const CONFETTI_MS = 2_600;

const OUT = "cubic-bezier(0.12, 0.8, 0.3, 1)";
const COLOURS = ["ember", "ember", "warm", "ember", "tide"];
const PARTY = ["ember", "tide", "lilac", "warm", "ember"];
const FORMS = ["dot", "pill", "square", "dot"];
const HALF_TEXT = 56;

/** How many of the wanted particles a burst gets, when so many places burst at once and so many are free. */
export function shareOf(wanted, free, places) {
  return Math.max(0, Math.min(wanted, Math.floor(free / Math.max(places, 1))));
}

/** One particle's way out of (x, y), all around, a little upwards, falling in the end. */
export function flight({ x, y, own }, at, count, chance = Math.random) {
  const angle = (at / count + chance() * 0.12) * 2 * Math.PI;
  const reach = (own ? 46 : 32) * (0.65 + chance() * 0.7);
  const [dx, dy] = [Math.cos(angle) * reach * 1.35, Math.sin(angle) * reach - 8];
  const turn = Math.round((chance() - 0.5) * 260);
  return {
    look: { colour: COLOURS[at % COLOURS.length], form: FORMS[at % FORMS.length] },
    keyframes: [
      { transform: `translate(${px(x)}, ${px(y)}) scale(0.3)`, opacity: 1, easing: OUT },
      { transform: `translate(${px(x + dx)}, ${px(y + dy)}) rotate(${turn}deg) scale(1)`, opacity: 1, offset: 0.55 },
      { transform: `translate(${px(x + dx * 1.08)}, ${px(y + dy + 16)}) rotate(${turn}deg) scale(0.3)`, opacity: 0 },
    ],
    options: { duration: BURST_MS * (0.8 + chance() * 0.2) },
  };
}

/** A text's way up from (x, y), kept off the edges of a window so wide. */
export function rise({ x, y, own }, width) {
  const left = Math.round(Math.min(Math.max(x, HALF_TEXT), Math.max(width - HALF_TEXT, HALF_TEXT)));
  const top = Math.round(Math.max(y, 64));
  const place = (up, scale) => `translate(${px(left)}, ${px(top - up)}) translate(-50%, -50%) scale(${scale})`;
  const height = own ? 52 : 40;
  return {
    keyframes: [
      { transform: place(0, 0.7), opacity: 0, easing: OUT },
      { transform: place(height * 0.7, 1), opacity: 1, offset: 0.25 },
      { transform: place(height * 0.9, 1), opacity: 1, offset: 0.7 },
      { transform: place(height, 1), opacity: 0 },
    ],
    options: { duration: RISE_MS },
  };
}

/** One piece of confetti: shot up from the lower left or right, then falling with a sway. */
export function confetti(at, { width, height }, chance = Math.random) {
  const side = at % 2 === 0 ? 1 : -1;
  const from = { x: side > 0 ? -12 : width + 12, y: height * (0.7 + chance() * 0.2) };
  const top = { x: from.x + side * width * (0.08 + chance() * 0.62), y: height * (0.06 + chance() * 0.36) };
  const sway = side * (20 + chance() * 60);
  const turn = Math.round((chance() - 0.5) * 900);
  return {
    look: { colour: PARTY[(at >> 1) % PARTY.length], form: FORMS[(at + (at >> 3)) % FORMS.length] },
    keyframes: [
      { transform: `translate(${px(from.x)}, ${px(from.y)}) scale(1.2)`, opacity: 1, easing: OUT },
      {
        transform: `translate(${px(top.x)}, ${px(top.y)}) rotate(${turn}deg) scale(1.6)`,
        opacity: 1,
        offset: 0.38,
        easing: "cubic-bezier(0.5, 0, 0.9, 0.6)",
      },
      {
        transform: `translate(${px(top.x + sway)}, ${px(height * 0.8)}) rotate(${turn * 2}deg) scale(1.4)`,
        opacity: 1,
        offset: 0.85,
      },
      {
        transform: `translate(${px(top.x + sway * 1.2)}, ${px(height)}) rotate(${turn * 2.2}deg) scale(1.2)`,
        opacity: 0,
      },
    ],
    options: { duration: CONFETTI_MS * (0.85 + chance() * 0.15), delay: chance() * 350, fill: "backwards" },
  };
}

const px = (number) => `${Math.round(number * 10) / 10}px`;
