// All parts of the room, where they stand, and which of them is drawn how often.

import { h } from "../dom.js";
import { atMostEvery, perFrame } from "../frames.js";
import { manageView, startView } from "./actions.js";
import { barsView } from "./bars.js";
import { chartView } from "./chart.js";
import { contributeView } from "./contribute.js";
import { endedView } from "./ended.js";
import { feedView } from "./feed.js";
import { focusKeeper, moved } from "./focus.js";
import { headView } from "./head.js";
import { inviteView } from "./invite.js";
import { membersView } from "./members.js";
import { timeLeftView } from "./time_left.js";
import { watcherView } from "./watcher.js";

const MEMBERS_MS = 500;

export function roomView(app, raidId) {
  const [head, time, bars] = [headView(), timeLeftView(app), barsView()];
  const [ended, start, invite, watcher] = [endedView(app), startView(app, raidId), inviteView(app, raidId), watcherView(app)];
  const [chart, feed] = [chartView(app, raidId), feedView(app, raidId)];
  const [contribute, members, manage] = [contributeView(app, raidId), membersView(app, raidId), manageView(app, raidId)];
  const totals = h("section", { class: "card room-totals" }, time.element, bars.element);
  const main = h("div", { class: "stack" }, ended.element, totals, start.element, chart.element, feed.element);
  const side = h("div", { class: "stack" }, watcher.element, contribute.element, members.element, manage.element);
  const columns = h("div", { class: "room-columns", hidden: true }, main, side); // nothing is shown before the server spoke
  const element = h("article", { class: "room", "aria-busy": "true" }, head.element, columns);
  const focus = focusKeeper(element, head.title);
  const perFrameParts = [head, time, bars, ended, start, invite, watcher, manage];
  let raid = null;

  const draw = perFrame(() => {
    arrange();
    for (const part of perFrameParts) part.update(raid);
    if (!contribute.element.hidden) contribute.update(raid);
    if (!chart.element.hidden) chart.update(raid);
    focus.keep();
  });
  const drawMembers = atMostEvery(MEMBERS_MS, () => members.update(raid));

  /** What is there for whom, and when. The invitation leads while people are wanted, and steps aside later. */
  function arrange() {
    const isMember = raid.members.has(app.me?.id);
    const runs = raid.status === "active";
    columns.hidden = false;
    element.removeAttribute("aria-busy");
    element.dataset.status = raid.status;
    element.classList.toggle("has-dock", runs && isMember);
    contribute.element.hidden = !runs || !isMember;
    chart.element.hidden = feed.element.hidden = raid.startedAt === null;
    if (raid.status === "recruiting") put(invite.element, start.element);
    else put(invite.element, members.element);
  }

  return {
    element, head, chart, feed,
    places: { totals, act: contribute.element, whole: element, member: members.placeOf },
    update(ofRaid) {
      raid = ofRaid;
      draw();
      drawMembers();
    },
    tick() {
      if (raid === null) return;
      time.update(raid);
      feed.tick();
      if (raid.isActive) chart.update(raid);
      focus.keep();
    },
    close() {
      draw.cancel();
      drawMembers.cancel();
      for (const part of [chart, feed, contribute, invite]) part.close();
    },
  };
}

function put(element, after) {
  if (after.nextElementSibling !== element) moved(element, () => after.after(element));
}
