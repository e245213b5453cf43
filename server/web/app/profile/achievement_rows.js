// How one achievement looks: on the way, unlocked with its tiers, ahead, secret.

import { h } from "../dom.js";
import { figure, percent, share } from "../figures.js";
import { texts } from "../texts.js";
import { badge } from "./badges.js";
import { dayAt } from "./parts.js";

const said = texts.profile.achievements;
const { written } = texts.profile;
const TIERS_SHOWN = 6;

/** What is under way, with its bar. */
export function nextRow(one) {
  const fill = h("span", { class: "bar-fill" });
  fill.style.transform = `scaleX(${share(one.ratio, 1)})`;
  const { value, threshold, metric } = one;
  const progress = said.progress(figure(Math.min(value, threshold)), figure(threshold), metric, threshold);
  const bar = h("div", {
    class: "bar achievement-track", role: "progressbar", "aria-label": one.name,
    "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent(one.ratio, 1), "aria-valuetext": progress,
  }, fill);
  return row(one, "next", title(one), description(one), bar,
    h("p", { class: "spread small" }, h("span", { class: "figure" }, progress), rewards(one)));
}

/** A group of which something is unlocked: the highest tier gives it its name, each tier its date. */
export function unlockedRow(zone) {
  return ({ tiers }) => {
    const highest = tiers.at(-1);
    const shown = tiers.slice(-TIERS_SHOWN);
    const dates = shown.map((one) =>
      h("li", { class: "tier-date" }, tiers.length > 1 ? tierName(one) : null, time(one.unlockedAt, zone)));
    return row(highest, "unlocked", title(highest, tiers.length === 1), description(highest),
      h("ul", { class: "tier-dates small" }, before(tiers.length - shown.length), dates));
  };
}

function before(count) {
  return count > 0 ? h("li", { class: "soft" }, said.tiersBefore(count)) : null;
}

/** Nothing measures it: somebody gives it. */
export function aheadRow(one) {
  return row(one, "ahead", title(one), description(one), rewards(one));
}

export function secretRow(one) {
  const what = h("p", { class: "soft small" }, said.secretWhat);
  return row({ ...one, icon: "" }, "secret", h("h4", {}, said.secret, tierChip(one)), what, rewards(one));
}

function row(one, state, ...words) {
  const look = { class: "achievement", data: { state, tier: tierKey(one) } };
  return h("li", look, badge(one, state), h("div", { class: "achievement-words" }, words));
}

function title(one, withTier = true) {
  return h("h4", {}, h("bdi", {}, one.name), withTier ? tierChip(one) : null);
}

function description({ description: text }) {
  return text ? h("p", { class: "soft small", dir: "auto" }, text) : null;
}

function tierChip(one) {
  return one.tier ? h("span", { class: "chip tier", data: { tier: tierKey(one) } }, h("bdi", {}, tierName(one))) : null;
}

function tierName({ tier, name }) {
  return said.tiers[tier.toLowerCase()] ?? (tier || name);
}

function tierKey({ tier }) {
  return tier.toLowerCase();
}

function time(unlockedAt, zone) {
  return h("time", { class: "soft", datetime: unlockedAt }, written.dated(dayAt(new Date(unlockedAt), zone)));
}

function rewards({ rewardXp, rewardCredits }) {
  const xp = rewardXp > 0 && said.rewardXp(rewardXp);
  const credits = rewardCredits > 0 && said.rewardCredits(rewardCredits);
  const parts = [xp, credits].filter(Boolean);
  return parts.length > 0 ? h("span", { class: "reward small" }, parts.join(" · ")) : null;
}
