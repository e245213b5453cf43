// A burst of small rounded shapes at a place, and what it brought rising from it.

import { perFrame } from "../frames.js";
import { texts } from "../texts.js";
import { Gathering } from "./gathering.js";
import { mayMove, whenStilled } from "./motion.js";
import { flight, rise, shareOf } from "./paths.js";
import { particle, particlesFree, risingText } from "./stage.js";

const OWN_PARTICLES = 14;
const OTHERS_PARTICLES = 7;
/** Where along a place: apart, so that one's own is told from what the others did in the same moment. */
const OWN_AT = 0.42;
const OTHERS_AT = 0.68;

const gathering = new Gathering();
const draw = perFrame(() => {
  if (!mayMove()) return gathering.clear();
  // All is measured before anything is put in.
  const seen = gathering.due(performance.now()).map(inView).filter(Boolean);
  for (const one of seen) show(one, seen.length);
  if (!gathering.isEmpty) draw();
});

/**
 * A burst at an element. Of `{xp, tasks}` those that come while a place rests are summed up, and the text is made of
 * the sums; of `{text}` the last one stays. Where the element is not in view it goes to `orElse`, or is left out.
 */
export function burst(element, { text = null, xp = 0, tasks = 0, own = false, orElse = null } = {}) {
  if (!element || !mayMove()) return;
  gathering.add(element, { text, xp, tasks, own, orElse });
  draw();
}

/** It with where it bursts, in the window's coordinates; what is out of view is gathered at its other place instead. */
function inView(one) {
  const box = one.place.getBoundingClientRect(); // all zero where it left the page
  const x = box.left + box.width * (one.own ? OWN_AT : OTHERS_AT);
  const y = box.top + box.height / 2;
  if (box.width > 0 && x >= 0 && x <= innerWidth && y >= 0 && y <= innerHeight) return { ...one, x, y };
  if (one.orElse && one.orElse !== one.place) gathering.add(one.orElse, { ...one, orElse: null });
  return null;
}

function show(one, places) {
  const wanted = one.own ? OWN_PARTICLES : OTHERS_PARTICLES;
  const count = shareOf(wanted, particlesFree(), places);
  for (let at = 0; at < count; at += 1) {
    const { look, keyframes, options } = flight(one, at, count);
    particle(look, keyframes, options);
  }
  const { keyframes, options } = rise(one, innerWidth);
  risingText(textOf(one), { own: String(one.own) }, keyframes, options);
}

function textOf({ text, xp, tasks }) {
  if (text !== null) return text;
  return xp > 0 ? texts.juice.xp(xp) : texts.juice.tasks(Math.max(tasks, 1));
}

whenStilled(() => gathering.clear());
