// The day or week of a leaderboard, and the ones before and after.

import { h, setText } from "../dom.js";
import { texts } from "../texts.js";
import { dayAfter } from "./days.js";
import { mondayOf, periodAfter, periodOf } from "./periods.js";

const said = texts.profile.boards;
const { written } = texts.profile;

/** { element, draw(kind), name(kind), passesTo(today) -> whether it is another day }; of "daily" and "weekly". */
export function periodChoice(changed) {
  const names = { daily: null, weekly: null };
  const earlier = stepper("‹", said.earlier, () => step(-1));
  const later = stepper("›", said.later, () => step(1));
  const period = h("strong", { class: "period", "aria-live": "polite" });
  const element = h("div", { class: "periods" }, earlier, period, later);
  let shown = "daily";
  let today = null;

  function step(count) {
    names[shown] = periodAfter(shown, names[shown], count);
    draw(shown);
    changed();
  }

  /** Whoever looks at the present one goes on to the next with it. */
  function passesTo(day) {
    if (day === today) return false;
    for (const kind of Object.keys(names)) {
      if (today === null || names[kind] === periodOf(kind, today)) names[kind] = periodOf(kind, day);
    }
    today = day;
    return true;
  }

  function draw(kind) {
    element.hidden = !(kind in names);
    if (element.hidden) return;
    shown = kind;
    setText(period, periodInWords(kind, names[kind], today));
    const isLatest = names[kind] >= periodOf(kind, today);
    if (isLatest && document.activeElement === later) earlier.focus(); // what is disabled would lose the focus
    later.disabled = isLatest;
  }

  return { element, draw, name: (kind) => names[kind], passesTo };
}

function periodInWords(kind, name, today) {
  if (name === periodOf(kind, today)) return said.now[kind];
  if (name === periodAfter(kind, periodOf(kind, today), -1)) return said.before[kind];
  if (kind === "daily") return written.short(name);
  const monday = mondayOf(name);
  return said.week(written.short(monday), written.short(dayAfter(monday, 6)));
}

function stepper(sign, label, act) {
  return h("button", { type: "button", class: "stepper", "aria-label": label, on: { click: act } }, sign);
}
