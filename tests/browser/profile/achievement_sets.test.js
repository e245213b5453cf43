// Which achievements are shown where.

import assert from "node:assert/strict";
import { test } from "node:test";

import { setsOf, sorted } from "../../../server/web/app/profile/achievement_sets.js";

const one = (id, more = {}) => ({
  id, name: `A${id}`, group: null, tier: "", threshold: null, position: id, secret: false, unlockedAt: null, ...more,
});
const ids = (list) => list.map(({ id }) => id);

test("nothing defined is nothing anywhere", () => {
  assert.deepEqual(sorted([], []), { next: [], sets: [], ahead: [], secrets: [], unlocked: 0, count: 0 });
});

test("next keeps the server's order; what nothing measures lies ahead", () => {
  const all = [one(1), one(2), one(3)];
  const shown = sorted(all, [one(3, { ratio: 0.9 }), one(1, { ratio: 0.1 })]);
  assert.deepEqual(ids(shown.next), [3, 1]);
  assert.deepEqual(ids(shown.ahead), [2]);
});

test("a secret stands among the secrets alone, until it is unlocked", () => {
  const hidden = one(1, { name: null, secret: true });
  const shown = sorted([hidden, one(2, { secret: true, unlockedAt: "2026-11-21T00:00:00.000Z" })], [hidden]);
  assert.deepEqual([ids(shown.secrets), ids(shown.next), ids(shown.ahead)], [[1], [], []]);
  assert.deepEqual(ids(shown.sets[0].tiers), [2]);
});

test("who may see secrets sees them by name", () => {
  const shown = sorted([one(1, { secret: true })], []);
  assert.deepEqual([ids(shown.secrets), ids(shown.ahead)], [[], [1]]);
});

test("tiers of a group stand together, the lowest first, the newest set on top", () => {
  const sets = setsOf([
    one(1, { group: "streak", threshold: 30, unlockedAt: "2026-03-01T00:00:00.000Z" }),
    one(2, { group: "streak", threshold: 7, unlockedAt: "2026-01-01T00:00:00.000Z" }),
    one(3, { unlockedAt: "2026-02-01T00:00:00.000Z" }),
    one(4, { unlockedAt: "2026-04-01T00:00:00.000Z" }),
  ]);
  assert.deepEqual(sets.map(({ tiers }) => ids(tiers)), [[4], [2, 1], [3]]);
});
