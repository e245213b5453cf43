// Where the parts of the room stand: what moves in the main column, who takes part and how beside it.

import { h } from "../dom.js";
import { moved } from "./focus.js";

/** { element, totals, arrange(raid) } */
export function roomLayout(app, parts) {
  const { head, time, bars, ended, start, invite, watcher, chart, feed, contribute, members, manage } = parts;
  const totals = h("section", { class: "card room-totals" }, time.element, bars.element);
  const main = h("div", { class: "stack room-main" },
    ended.element, totals, start.element, chart.element, feed.element);
  const side = h("div", { class: "stack room-side" },
    watcher.element, contribute.element, members.element, invite.element, manage.element);
  const columns = h("div", { class: "room-columns", hidden: true }, main, side); // until the server spoke
  const element = h("article", { class: "room", "aria-busy": "true" }, head.element, columns);

  function arrange(raid) {
    columns.hidden = false;
    element.removeAttribute("aria-busy");
    element.dataset.status = raid.status;
    show(raid, raid.members.has(app.me?.id));
    place(raid);
  }

  /** What is there for whom, and when. */
  function show(raid, isMember) {
    const contributes = raid.status === "active" && isMember;
    element.classList.toggle("has-dock", contributes);
    contribute.element.hidden = !contributes;
    chart.element.hidden = feed.element.hidden = raid.startedAt === null;
  }

  /** The invitation leads while people are wanted; when all is over, who did what comes before what happened when. */
  function place(raid) {
    put(feed.element, raid.over ? members.element : chart.element);
    put(invite.element, raid.status === "recruiting" ? start.element : (raid.over ? feed : members).element);
  }

  return { element, totals, arrange };
}

function put(element, after) {
  if (after.nextElementSibling !== element) moved(element, () => after.after(element));
}
