// Where a leaderboard is looked at, up and down.

import assert from "node:assert/strict";
import { test } from "node:test";

import { BoardPages } from "../../../server/web/app/profile/board_pages.js";
import { strengthOf } from "../../../server/web/app/profile/day_states.js";

test("it begins around me", () => {
  assert.deepEqual(new BoardPages().query, { around: "me", limit: 11 });
});

test("down by the server's cursor, and up the way one came", () => {
  const pages = new BoardPages();
  pages.lower("a");
  pages.lower("b");
  assert.equal(pages.query.cursor, "b");
  pages.higher();
  assert.equal(pages.query.cursor, "a");
  pages.higher();
  assert.equal(pages.query.around, "me");
});

test("up from my place it widens, within what one page may hold, then it is the top", () => {
  const pages = new BoardPages();
  const limits = [];
  for (; pages.query.around; pages.higher()) limits.push(pages.query.limit);
  assert.deepEqual(limits, [11, 31, 99]);
  assert.deepEqual(pages.query, { limit: 20 });
});

test("a day's strength goes by the person's other days", () => {
  const earned = [10, 20, 30, 40];
  assert.deepEqual([0, 10, 20, 30, 40, 50].map((xp) => strengthOf(xp, earned)), [1, 1, 2, 3, 4, 4]);
  assert.equal(strengthOf(5, []), 1);
});
