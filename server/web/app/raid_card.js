// A raid in the lobby: a link to its room that shows how it stands.

import { h, setText } from "./dom.js";
import { gauge } from "./gauge.js";
import { icon } from "./icons.js";
import { texts } from "./texts.js";

const words = texts.card;

/** { element, raid, show(raid), draw() }: `show` only keeps it, `draw` is for the next frame. */
export function raidCard(first, { me, now }) {
  const parts = cardParts(first.id);
  const card = {
    element: parts.element,
    raid: first,
    show: (raid) => (card.raid = raid),
    draw() {
      tellRaid(parts, card.raid, now());
      parts.lead.hidden = card.raid.leaderId !== me.id;
    },
  };
  card.draw();
  return card;
}

function cardParts(raidId) {
  const link = h("a", { class: "raid-link", href: `/raids/${raidId}`, dir: "auto" });
  const status = h("span", { class: "chip raid-status" });
  const xp = gauge("xp", texts.common.xp);
  const tasks = gauge("tasks", texts.common.tasks);
  const [time, members] = [h("span"), h("span")];
  const lead = fact("crown", words.leader, "");
  const facts = [fact("clock", words.time, time), fact("people", words.members, members), lead];
  const element = h("li", { class: "raid card" },
    h("div", { class: "raid-head" }, h("h3", {}, link), status),
    h("div", { class: "raid-bars" }, xp.element, tasks.element),
    h("p", { class: "raid-facts small soft" }, facts));
  return { element, link, status, xp, tasks, time, members, lead };
}

function tellRaid({ element, link, status, xp, tasks, time, members }, raid, now) {
  setText(link, raid.title);
  link.title = raid.title;
  element.dataset.status = raid.status;
  setText(status, texts.common.status[raid.status]);
  xp.show(raid.currentXp, raid.targetXp);
  tasks.show(raid.currentTasks, raid.targetTasks);
  setText(time, timeOf(raid, now));
  setText(members, texts.common.members(raid.members.size, raid.maxMembers));
}

/** An icon for the eyes, a word for the ears, and the fact for both. */
function fact(name, word, content) {
  const said = h("span", { class: "visually-hidden" }, word, content !== "" && ": ");
  return h("span", { class: `raid-fact raid-${name}`, title: word }, icon(name), said, content);
}

function timeOf(raid, now) {
  if (raid.over) return words.ended(Math.max(0, (now - Date.parse(raid.endedAt)) / 1_000));
  if (!raid.isActive) return words.notBegun;
  const seconds = Math.floor(raid.secondsLeft(now));
  return seconds > 0 ? texts.common.timeLeft(seconds) : texts.common.timeIsUp;
}
