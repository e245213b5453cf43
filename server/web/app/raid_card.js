// A raid in the lobby: a link to its room that shows how it stands.

import { h, setText } from "./dom.js";
import { gauge } from "./gauge.js";
import { texts } from "./texts.js";

const words = texts.card;

/** { element, raid, show(raid), draw() }: `show` only keeps it, `draw` is for the next frame. */
export function raidCard(first, { me, now }) {
  const link = h("a", { class: "raid-link", href: `/raids/${first.id}`, dir: "auto" });
  const status = h("span", { class: "chip raid-status" });
  const xp = gauge("xp", texts.common.xp);
  const tasks = gauge("tasks", texts.common.tasks);
  const [time, members, lead] = [h("span", { class: "raid-time" }), h("span"), h("span", { class: "raid-lead" }, words.leader)];
  const element = h(
    "li",
    { class: "raid card" },
    h("div", { class: "raid-head" }, h("h3", {}, link), status),
    h("div", { class: "raid-bars" }, xp.element, tasks.element),
    h("p", { class: "raid-facts small soft" }, time, members, lead),
  );
  const card = { element, raid: first, show, draw };

  function show(raid) {
    card.raid = raid;
  }

  function draw() {
    const { raid } = card;
    setText(link, raid.title);
    link.title = raid.title;
    element.dataset.status = raid.status;
    setText(status, texts.common.status[raid.status]);
    xp.show(raid.currentXp, raid.targetXp);
    tasks.show(raid.currentTasks, raid.targetTasks);
    setText(time, timeOf(raid, now()));
    setText(members, texts.common.members(raid.members.size, raid.maxMembers));
    lead.hidden = raid.leaderId !== me.id;
  }

  draw();
  return card;
}

function timeOf(raid, now) {
  if (raid.over) return words.ended(Math.max(0, (now - Date.parse(raid.endedAt)) / 1_000));
  if (!raid.isActive) return words.notBegun;
  const seconds = Math.floor(raid.secondsLeft(now));
  return seconds > 0 ? texts.common.timeLeft(seconds) : texts.common.timeIsUp;
}
