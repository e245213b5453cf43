// What it came to: how the raid ended, and one's own part.

import { h, replace, setText } from "../dom.js";
import { figure, percent } from "../figures.js";
import { texts } from "../texts.js";
import { took } from "./times.js";

const words = texts.room.ended;

export function endedView(app) {
  const title = h("h2", { class: "room-ended-title" });
  const lead = h("p", {});
  const own = h("div", { class: "room-own", hidden: true });
  const element = h("section", { class: "card room-ended", hidden: true }, title, lead, own,
    h("a", { class: "button", href: "/" }, words.next));
  return {
    element,
    update(raid) {
      element.hidden = !raid.over;
      if (!raid.over) return;
      element.dataset.status = raid.status;
      setText(title, words[raid.status]);
      setText(lead, leadOf(raid));
      tellOwn(own, raid, raid.members.get(app.me?.id));
    },
  };
}

function leadOf(raid) {
  if (raid.status === "cancelled") return words.cancelledLead;
  if (raid.status === "failed") return words.failedLead(reached(raid));
  const time = took((Date.parse(raid.endedAt) - Date.parse(raid.startedAt)) / 1000);
  return raid.targetXp > 0 && raid.targetTasks > 0 ? words.completedLead(time) : words.completedLeadOne(time);
}

/** How far it came with what was furthest behind: that is what was missing. */
function reached(raid) {
  const parts = [[raid.currentXp, raid.targetXp], [raid.currentTasks, raid.targetTasks]];
  return Math.min(...parts.filter(([, target]) => target > 0).map(([current, target]) => percent(current, target)));
}

function tellOwn(own, raid, member) {
  own.hidden = member === undefined;
  if (member === undefined) return;
  const part = words.ownPart(figure(member.xpContributed), member.tasksContributed);
  const ofAll = raid.currentXp > 0 && words.ownShare(percent(member.xpContributed, raid.currentXp));
  const told = [h("span", { class: "soft" }, words.own), h("b", { class: "figure" }, part)];
  replace(own, told, ofAll && h("span", { class: "soft" }, ofAll));
}
