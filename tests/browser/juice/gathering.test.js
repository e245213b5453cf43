// Contributions summed up by place, and how many particles a burst gets.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Gathering, PLACES, REST_MS } from "../../../server/web/app/juice/gathering.js";
import { confetti, flight, rise, shareOf } from "../../../server/web/app/juice/paths.js";
import { Pool } from "../../../server/web/app/juice/pool.js";

test("a thousand at one place in one frame are one burst with what they said in sum", () => {
  const gathering = new Gathering();
  for (let at = 0; at < 1_000; at += 1) gathering.add("totals", { xp: 3, tasks: 1 });
  assert.deepEqual(gathering.due(0), [{ place: "totals", xp: 3_000, tasks: 1_000, text: null, own: false, orElse: null }]);
  assert.equal(gathering.isEmpty, true);
});

test("a place rests, and nothing that came meanwhile is lost", () => {
  const gathering = new Gathering();
  let bursts = 0;
  let xp = 0;
  for (let now = 0; now <= 10_000; now += 16) {
    gathering.add("totals", { xp: 16 });
    for (const due of gathering.due(now)) {
      bursts += 1;
      xp += due.xp;
    }
  }
  for (const due of gathering.due(20_000)) xp += due.xp;
  assert.equal(xp, 16 * 626);
  assert.ok(bursts <= 10_000 / REST_MS + 1, `${bursts} bursts`);
});

test("one's own is summed up apart from what the others did", () => {
  const gathering = new Gathering();
  for (const own of [true, false, true, false]) gathering.add("totals", { xp: own ? 1 : 10, tasks: 1, own });
  assert.deepEqual(gathering.due(0).map(({ own, xp }) => [own, xp]), [[true, 2], [false, 20]]);
});

test("places do not wait for each other", () => {
  const gathering = new Gathering();
  gathering.add("one", { xp: 1 });
  gathering.due(0);
  gathering.add("one", { xp: 1 });
  gathering.add("two", { xp: 1 });
  assert.deepEqual(gathering.due(1).map(({ place }) => place), ["two"]);
});

test("more places than can be shown are left out", () => {
  const gathering = new Gathering();
  for (let at = 0; at < 10_000; at += 1) gathering.add(at, { xp: 1 });
  assert.equal(gathering.due(0).length, PLACES);
});

test("particles are shared between the places that burst at once", () => {
  assert.equal(shareOf(14, 120, 1), 14);
  assert.equal(shareOf(14, 120, 20), 6);
  assert.equal(shareOf(14, 3, 4), 0);
  assert.equal(shareOf(14, 0, 1), 0);
  assert.equal(shareOf(14, 120, 0), 14);
});

test("a pool gives what it has and no more, and takes back once", () => {
  let made = 0;
  const pool = new Pool(2, () => ({ number: (made += 1) }));
  const [one, two] = [pool.take(), pool.take()];
  assert.equal(pool.take(), null);
  pool.give(one);
  pool.give(one);
  assert.equal(pool.free, 1);
  assert.equal(pool.take(), one);
  pool.give(two);
  pool.give({});
  assert.equal(pool.free, 1);
  assert.equal(made, 2);
});

test("every way is one of transform and opacity, and ends unseen", () => {
  const ways = [flight({ x: 10, y: 10, own: true }, 3, 14), rise({ x: 10, y: 10, own: false }, 360), confetti(5, { width: 360, height: 740 })];
  for (const { keyframes, options } of ways) {
    for (const frame of keyframes) {
      assert.deepEqual(Object.keys(frame).filter((name) => !["transform", "opacity", "offset", "easing"].includes(name)), []);
    }
    assert.equal(keyframes.at(-1).opacity, 0);
    assert.ok(options.duration + (options.delay ?? 0) <= 3_000);
  }
});

test("a text is kept off the window's edges", () => {
  for (const [x, left] of [[0, 56], [355, 304], [180, 180]]) {
    assert.match(rise({ x, y: 300, own: false }, 360).keyframes[1].transform, new RegExp(`^translate\\(${left}px`));
  }
});
