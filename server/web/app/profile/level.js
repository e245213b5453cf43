// How far somebody has come: the level, the XP within it, the credits.

import { h, setText, svg } from "../dom.js";
import { figure, share } from "../figures.js";
import { texts } from "../texts.js";

const said = texts.profile.level;
const RADIUS = 52;
const ROUND = 2 * Math.PI * RADIUS;

/** { element, show(own) } */
export function levelCard() {
  const parts = levelParts();
  return { element: parts.element, show: ({ me }) => tellLevel(parts, me) };
}

function levelParts() {
  const ring = svg("circle", { class: "ring-done", cx: 60, cy: 60, r: RADIUS, "stroke-dasharray": `0 ${ROUND}` });
  const level = h("strong", { class: "figure" });
  const xp = h("strong", { class: "figure" });
  const towards = h("p", {});
  const credits = h("span", { class: "chip" });
  const meter = h("div", { class: "level-ring", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 },
    svg("svg", { viewBox: "0 0 120 120", "aria-hidden": "true" },
      svg("circle", { class: "ring-track", cx: 60, cy: 60, r: RADIUS }), ring),
    h("span", { class: "ring-text" }, h("span", { class: "small soft" }, said.level), level));
  const element = h("section", { class: "card level-card", id: "level", "aria-labelledby": "level-heading" },
    h("h2", { id: "level-heading", class: "visually-hidden" }, said.heading),
    meter,
    h("div", { class: "stack level-words" },
      h("p", { class: "level-xp" }, xp, " ", h("span", {}, texts.common.xp)), towards, credits));
  return { element, ring, meter, level, xp, towards, credits };
}

function tellLevel({ ring, meter, level, xp, towards, credits }, me) {
  const part = shareOfLevel(me);
  const left = said.towards(me.nextLevelAt - me.xp, me.level + 1);
  ring.setAttribute("stroke-dasharray", `${part * ROUND} ${ROUND}`);
  ring.toggleAttribute("hidden", part === 0); // a round end would show as a dot
  meter.setAttribute("aria-valuenow", Math.floor(part * 100));
  meter.setAttribute("aria-label", said.meter(me.level, me.level + 1));
  meter.setAttribute("aria-valuetext", left);
  setText(level, figure(me.level));
  level.classList.toggle("long", String(me.level).length > 3);
  setText(xp, figure(me.xp));
  setText(towards, left);
  setText(credits, said.credits(me.credits));
}

/** 0 to 1. A level never falls, so that after a void there may be less XP than it begins with. */
export function shareOfLevel({ xp, levelAt, nextLevelAt }) {
  return share(xp - levelAt, nextLevelAt - levelAt);
}
