// A raid in the lobby: a link to its room that shows how it stands.

import { h, setText, svg } from "./dom.js";
import { gauge } from "./gauge.js";
import { texts } from "./texts.js";

const words = texts.card;

const ICONS = {
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M12 7.5v5l3 2",
  people: "M9 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 9 5M3 19c0-3.3 2.7-5 6-5s6 1.7 6 5" +
    "M16 5.4a3 3 0 0 1 0 5.6M18 14.4c1.9.7 3 2.2 3 4.6",
  crown: "M4 8l4 4 4-6 4 6 4-4-1.5 10h-13z",
};

/** { element, raid, show(raid), draw() }: `show` only keeps it, `draw` is for the next frame. */
export function raidCard(first, { me, now }) {
  const link = h("a", { class: "raid-link", href: `/raids/${first.id}`, dir: "auto" });
  const status = h("span", { class: "chip raid-status" });
  const xp = gauge("xp", texts.common.xp);
  const tasks = gauge("tasks", texts.common.tasks);
  const [time, members] = [h("span"), h("span")];
  const lead = fact("crown", words.leader, "");
  const element = h(
    "li",
    { class: "raid card" },
    h("div", { class: "raid-head" }, h("h3", {}, link), status),
    h("div", { class: "raid-bars" }, xp.element, tasks.element),
    h("p", { class: "raid-facts small soft" },
      fact("clock", words.time, time), fact("people", words.members, members), lead),
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

/** An icon for the eyes, a word for the ears, and the fact for both. */
function fact(icon, word, content) {
  const drawn = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[icon] }));
  const said = h("span", { class: "visually-hidden" }, word, content !== "" && ": ");
  return h("span", { class: `raid-fact raid-${icon}`, title: word }, drawn, said, content);
}

function timeOf(raid, now) {
  if (raid.over) return words.ended(Math.max(0, (now - Date.parse(raid.endedAt)) / 1_000));
  if (!raid.isActive) return words.notBegun;
  const seconds = Math.floor(raid.secondsLeft(now));
  return seconds > 0 ? texts.common.timeLeft(seconds) : texts.common.timeIsUp;
}
