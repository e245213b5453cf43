// What is made of each piece of news.

import assert from "node:assert/strict";
import { test } from "node:test";

import { reactionTo } from "../../../server/web/app/juice/deciding.js";
import { Known } from "../../../server/web/app/juice/known.js";

const ME = { id: 1 };
const AT = "2026-11-21T10:00:00.000Z";

const decide = (event, data = {}, known = new Known()) =>
  reactionTo({ event, data }, { me: ME, raid: { nameOf: (id) => `user ${id}` }, known });

/** Decide on one after the other, each noted before the next. */
function decideAll(...news) {
  const known = new Known();
  return news.map(([event, data]) => {
    const reaction = decide(event, data, known);
    known.note({ event, data });
    return reaction;
  });
}

const unlock = (fields = {}, achievement = {}) => ({
  userId: 1,
  unlockedAt: AT,
  achievement: { id: 7, name: "Spark", description: "1,000 XP gathered", icon: "⚡", ...achievement },
  ...fields,
});
const streak = (current, fields = {}) => ["streak", { current, longest: current, day: "2026-11-21", state: "active", ...fields }];
const titles = (reactions) => reactions.map((one) => one?.toast.title ?? null);

test("a contribution bursts, one's own as one's own", () => {
  assert.deepEqual(decide("contribution", { userId: 1, xp: 20 }), { effect: "burst", userId: 1, xp: 20, own: true });
  assert.deepEqual(decide("contribution", { userId: 2, xp: 5 }), { effect: "burst", userId: 2, xp: 5, own: false });
});

test("nobody's contribution is one's own where nobody is signed in", () => {
  const news = { event: "contribution", data: { userId: 2, xp: 5 } };
  assert.equal(reactionTo(news, { me: null, raid: null, known: new Known() }).own, false);
});

test("an end celebrates, fails, or passes in silence", () => {
  assert.equal(decide("raid_complete").effect, "celebrate");
  assert.deepEqual(decide("raid_failed"), { effect: "shake", place: "whole" });
  assert.deepEqual(decide("refused"), { effect: "shake", place: "act" });
  for (const event of ["raid_cancelled", "snapshot", "presence", "member_join", "contribution_voided", "never heard of"]) {
    assert.equal(decide(event), null, event);
  }
});

test("an unlock is told once, by whichever way it comes first", () => {
  const news = ["achievement_unlocked", unlock()];
  assert.deepEqual(titles(decideAll(news, news, ["achievement_unlocked", unlock({ own: "1-2" })])), ["Unlocked: Spark", null, null]);
});

test("taken away and unlocked again it is another one", () => {
  const again = unlock({ unlockedAt: "2026-11-22T10:00:00.000Z" });
  assert.deepEqual(titles(decideAll(["achievement_unlocked", unlock()], ["achievement_unlocked", again])), ["Unlocked: Spark", "Unlocked: Spark"]);
});

test("what is secret waits for its name where it is one's own, and stays secret where it is not", () => {
  const nameless = { name: null, description: null };
  const own = decideAll(["achievement_unlocked", unlock({}, nameless)], ["achievement_unlocked", unlock()]);
  assert.deepEqual(titles(own), [null, "Unlocked: Spark"]);
  assert.deepEqual(titles([decide("achievement_unlocked", unlock({ userId: 2 }, nameless))]), ["user 2 unlocked a secret"]);
});

test("of a thousand unlocks the latest are remembered", () => {
  const known = new Known();
  for (let id = 0; id < 1_000; id += 1) known.note({ event: "achievement_unlocked", data: unlock({}, { id }) });
  assert.equal(known.has(unlock({}, { id: 999 })), true);
  assert.equal(known.has(unlock({}, { id: 0 })), false);
});

test("a reward is told with its unlock, and by itself only if it is worth anything", () => {
  const { key, reward, otherwise } = decide("reward_granted", { achievementId: 7, xp: 50, credits: 10 });
  assert.deepEqual([key, reward, otherwise.text], [7, { xp: 50, credits: 10 }, "+50 XP, +10 credits"]);
  assert.equal(decide("reward_granted", { achievementId: 7, xp: 0, credits: 0 }), null);
});

test("a streak's steps are told, a repetition and a step back are not", () => {
  const told = decideAll(streak(1), streak(2), streak(2), streak(1), streak(3, { longest: 9 }));
  assert.deepEqual(titles(told), ["A streak begins", "2 days in a row", null, null, "3 days in a row"]);
  assert.equal(told[1].toast.text, "Your longest streak so far.");
  assert.equal(told[4].toast.text, "Your longest is 9 days.");
});

test("what the own snapshot says already is no step", () => {
  const snapshot = ["snapshot", { streak: { current: 4, longest: 4, state: "active" } }];
  assert.deepEqual(decideAll(snapshot, streak(4), streak(5)).map((one) => one?.toast.title ?? null), [null, null, "5 days in a row"]);
});

test("a freeze that was spent and a streak at risk are told", () => {
  const atRisk = streak(5, { state: "atRisk", endsAt: "2026-11-21T23:00:00.000Z" });
  assert.deepEqual(titles(decideAll(streak(5, { state: "frozen" }), streak(5, { state: "frozen" }), atRisk)), [
    "A freeze kept your streak", null, "Your 5-day streak ends soon",
  ]);
  assert.deepEqual(titles(decideAll(streak(5, { state: "paused" }), streak(0, { state: "none" }))), [null, null]);
});
