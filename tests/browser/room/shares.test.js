import { equal, holds } from "./expect.js";

import { amounts } from "/web/app/room/amounts.js";
import { percent, share } from "/web/app/figures.js";
import { pathOf } from "/web/app/room/qr.js";
import { compare, membersToShow, SHOWN, top } from "/web/app/room/ranking.js";
import { KEPT, SentItems } from "/web/app/room/sent_items.js";

const member = (userId, xpContributed, tasksContributed = 0) => ({ userId, xpContributed, tasksContributed });
const item = (number) => ({ key: `k${number}`, xp: number });

export const tests = {
  "a share is within 0 and 1, and a target of 0 has none"() {
    equal([[5, 10], [20, 10], [-1, 10], [5, 0]].map(([current, target]) => share(current, target)), [0.5, 1, 0, 0]);
    equal([percent(999_999, 1_000_000), percent(10 ** 12, 10 ** 12)], [99, 100]);
  },

  "amounts grow with the target and keep within the cap"() {
    equal(amounts(2_000, 10_000), [10, 20, 50]);
    equal(amounts(0, 10_000), [10, 20, 50]);
    equal(amounts(10 ** 12, 10_000), [2_000, 4_000, 10_000]);
    equal(amounts(1, 10_000), [1, 2, 5]);
    equal(amounts(2_000, 1), [1]);
    for (const cap of [1, 3, 7, 99, 10_000]) holds(amounts(10 ** 9, cap).every((xp) => xp >= 1 && xp <= cap), String(cap));
  },

  "the first by contribution, as a sort has them"() {
    const members = Array.from({ length: 2_000 }, (_, at) => member(at, (at * 7919) % 101, at % 3));
    equal(top(members, 50), [...members].sort(compare).slice(0, 50));
    equal(top(members.slice(0, 3), 50).length, 3);
  },

  "oneself is shown at the end when one is not among the first"() {
    const members = new Map(Array.from({ length: 100 }, (_, at) => [at, member(at, 1_000 - at)]));
    equal(membersToShow({ members }, 99).map(({ userId }) => userId).slice(-2), [SHOWN - 1, 99]);
    equal(membersToShow({ members }, 3).length, SHOWN);
    equal(membersToShow({ members }, undefined).length, SHOWN);
  },

  "of what was sent the last few are kept, and what was refused longer"() {
    const items = new SentItems();
    items.waiting([item(0)]);
    items.refused(item(0), "why");
    for (let number = 1; number < 20; number += 1) items.sent(item(number));
    equal(items.shown.length, KEPT);
    holds(items.shown.some(({ state, why }) => state === "refused" && why === "why"), "still told");
    equal(items.shown[0].xp, 19);
  },

  "an item is told once, however often it is heard of"() {
    const items = new SentItems();
    items.waiting([item(1)]);
    items.waiting([item(1)]);
    items.sent(item(1));
    equal(items.shown.map(({ key, state }) => [key, state]), [["k1", "sent"]]);
  },

  "what another tab sent is no longer told to wait"() {
    const items = new SentItems();
    items.waiting([item(1), item(2)]);
    items.sent(item(1));
    items.stillWaiting([]);
    equal(items.shown.map(({ key, state }) => [key, state]), [["k1", "sent"]]);
    items.waiting([item(3)]);
    items.stillWaiting([item(3)]);
    equal(items.shown.map(({ key }) => key), ["k3", "k1"]);
  },

  "dark modules in a row are one rectangle": () =>
    equal(pathOf([[true, true, false, true], [false, false, false, false], [false, true, true, true]]),
      "M0 0h2v1h-2zM3 0h1v1h-1zM1 2h3v1h-3z"),
};
