// All parts of the room, and which of them is drawn how often.

import { atMostEvery, perFrame } from "../frames.js";
import { manageView, startView } from "./actions.js";
import { barsView } from "./bars.js";
import { chartView } from "./chart.js";
import { contributeView } from "./contribute.js";
import { endedView } from "./ended.js";
import { feedView } from "./feed.js";
import { focusKeeper } from "./focus.js";
import { headView } from "./head.js";
import { inviteView } from "./invite.js";
import { roomLayout } from "./layout.js";
import { membersView } from "./members.js";
import { timeLeftView } from "./time_left.js";
import { watcherView } from "./watcher.js";

const MEMBERS_MS = 500;

export function roomView(app, raidId) {
  const parts = roomParts(app, raidId);
  const { head, time, chart, feed, contribute, members } = parts;
  const layout = roomLayout(app, parts);
  const focus = focusKeeper(layout.element, head.title);
  let raid = null;

  const draw = perFrame(() => {
    layout.arrange(raid);
    for (const part of everyFrame(parts)) part.update(raid);
    for (const part of [contribute, chart]) if (!part.element.hidden) part.update(raid);
    focus.keep();
  });
  const drawMembers = atMostEvery(MEMBERS_MS, () => members.update(raid));

  function tick() {
    if (raid === null) return;
    time.update(raid);
    feed.tick();
    if (raid.isActive) chart.update(raid);
    focus.keep();
  }

  function close() {
    for (const drawing of [draw, drawMembers]) drawing.cancel();
    for (const part of [chart, feed, contribute, parts.invite]) part.close();
  }

  return {
    element: layout.element, head, chart, feed, tick, close,
    places: { totals: layout.totals, act: contribute.element, whole: layout.element, member: members.placeOf },
    update(ofRaid) {
      raid = ofRaid;
      draw();
      drawMembers();
    },
  };
}

function roomParts(app, raidId) {
  return {
    head: headView(),
    time: timeLeftView(app),
    bars: barsView(),
    ended: endedView(app),
    start: startView(app, raidId),
    invite: inviteView(app, raidId),
    watcher: watcherView(app),
    chart: chartView(app, raidId),
    feed: feedView(app, raidId),
    contribute: contributeView(app, raidId),
    members: membersView(app, raidId),
    manage: manageView(app, raidId),
  };
}

function everyFrame({ head, time, bars, ended, start, invite, watcher, manage }) {
  return [head, time, bars, ended, start, invite, watcher, manage];
}
