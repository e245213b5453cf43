import { equal, holds } from "./expect.js";

import { feedItem } from "/web/app/room/feed_item.js";
import { canTakeBack, FeedLines, FIT, LINES, lineOf, lineOfRow } from "/web/app/room/feed_lines.js";

const RAID = { nameOf: (userId) => `user ${userId}`, status: "active" };
const AT = "2026-11-21T10:00:00.000Z";

function contribution(number, userId = 2) {
  return lineOf("contribution", { at: AT, userId, xp: number, contributionId: `c${number}` }, RAID, 1);
}

export const tests = {
  "what is no news has no line": () => equal(lineOf("presence", { at: AT }, RAID, 1), null),

  "the newest is first, and only the last are kept"() {
    const feed = new FeedLines();
    for (let number = 0; number < 500; number += 1) feed.note(contribution(number), number * 1_000);
    equal(feed.lines.length, LINES);
    equal([feed.lines[0].xp, feed.lines.at(-1).xp], [499, 499 - LINES + 1]);
  },

  "more in a second than fit are summed up as one line that counts"() {
    const feed = new FeedLines();
    for (let number = 0; number < 1_000; number += 1) feed.note(contribution(number), number / 2);
    equal(feed.lines.length, FIT + 1);
    equal([feed.lines[0].kind, feed.lines[0].count], ["burst", 1_000 - FIT]);
  },

  "the next second begins anew"() {
    const feed = new FeedLines();
    for (let number = 0; number < 20; number += 1) feed.note(contribution(number), 0);
    feed.note(contribution(99), 1_500);
    equal([feed.lines[0].xp, feed.lines[1].kind], [99, "burst"]);
  },

  "one's own show in the midst of a crowd"() {
    const feed = new FeedLines();
    for (let number = 0; number < 100; number += 1) feed.note(contribution(number), 0);
    feed.note(contribution(7, 1), 1);
    equal([feed.lines[0].own, feed.lines[0].xp], [true, 7]);
  },

  "a hundred thousand events leave fifty lines"() {
    const feed = new FeedLines();
    for (let number = 0; number < 100_000; number += 1) feed.note(contribution(number), number);
    equal(feed.lines.length, LINES);
  },

  "a moment that is none and an amount that is none make a line all the same"() {
    const line = lineOf("contribution", { at: "soon", userId: 1, xp: "abc", contributionId: "c1" }, RAID, 1);
    equal([line.at, line.xp], [null, 0]);
    holds(!canTakeBack(line, RAID, 0), "nobody knows when it was");
    const app = { raidline: { now: () => Date.parse(AT) } };
    const item = feedItem(app, 42, line, () => RAID);
    item.update();
    equal(item.element.querySelector("time").textContent, "");
  },

  "what is taken back is marked where it stands"() {
    const feed = new FeedLines();
    feed.note(contribution(1), 0);
    feed.note(lineOf("contribution_voided", { at: AT, userId: 2, xp: 1, contributionId: "c1" }, RAID, 1), 1);
    equal(feed.lines.map(({ kind, voided }) => [kind, voided]), [["contribution_voided", false], ["contribution", true]]);
  },

  "what the ledger told already is no news when its event comes"() {
    const feed = new FeedLines();
    feed.fill([lineOfRow({ contributionId: "c1", userId: 2, xp: 1, createdAt: AT, voided: false }, RAID, 1)]);
    feed.note(contribution(1), 0);
    feed.note(contribution(2), 0);
    equal(feed.lines.map(({ contributionId }) => contributionId), ["c2", "c1"]);
  },

  "the ledger fills in beneath, each contribution once"() {
    const feed = new FeedLines();
    feed.note(contribution(2), 0);
    const rows = [2, 1].map((number) => ({ contributionId: `c${number}`, userId: 2, xp: number, createdAt: AT, voided: number === 1 }));
    feed.fill(rows.map((row) => lineOfRow(row, RAID, 1)));
    equal(feed.lines.map(({ xp, voided }) => [xp, voided]), [[2, false], [1, true]]);
  },

  "only one's own can be taken back, for 15 minutes, while the raid runs"() {
    const [own, theirs, now] = [contribution(1, 1), contribution(2), Date.parse(AT)];
    holds(canTakeBack(own, RAID, now + 60_000), "own");
    holds(!canTakeBack(theirs, RAID, now), "theirs");
    holds(!canTakeBack(own, RAID, now + 15 * 60_000), "too late");
    holds(!canTakeBack(own, { ...RAID, status: "completed" }, now), "over");
    holds(!canTakeBack({ ...own, voided: true }, RAID, now), "already");
  },
};
