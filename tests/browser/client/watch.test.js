// The watch over EventSource: opening, resuming, and what it makes of all that can end a stream.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Unreachable } from "../../../server/web/client/errors.js";
import { problem, quiet } from "./fakes.js";
import { FakeEventSource } from "./fake_streams.js";
import { contribution, snapshot } from "./samples.js";
import { after, AT, begin, end, greets, live, openings, stream, watching } from "./watching.js";

beforeEach(begin);
afterEach(end);

const refusing = (status, retryAfterMs = null) => async () => { throw problem(status, retryAfterMs); };

test("exactly one raid has a stream of its own, all else goes over one connection", async () => {
  for (const [interest, path, raids] of [
    [{ raids: [42] }, "/api/v1/raids/42/stream", null],
    [{ raids: [42], own: true }, "/api/v1/stream", "42"],
    [{ raids: [42, 43] }, "/api/v1/stream", "42,43"],
    [{ own: true }, "/api/v1/me/stream", null],
  ]) {
    watching(interest);
    await quiet();
    const { url } = stream();
    assert.deepEqual([url.origin, url.pathname, url.searchParams.get("raids")], ["https://raids.example", path, raids]);
    assert.equal(url.searchParams.has("lastEventId"), false);
  }
});

test("who follows nothing opens nothing, until there is something", async () => {
  const { watch } = watching({});
  await quiet();
  assert.equal(openings(), 0);
  watch.follow([42]);
  await quiet();
  assert.equal(openings(), 1);
});

test("more than fifty raids are too many for one connection", () => {
  const { watch } = watching({});
  assert.throws(() => watch.follow(Array.from({ length: 51 }, (_, id) => id + 1)), RangeError);
  assert.throws(() => watching({ raids: Array.from({ length: 51 }, (_, id) => id + 1) }), RangeError);
});

test("the handlers hear of each event once, and of nothing that is no event", async () => {
  const { watch, heard } = await live();
  stream().says("sync", { raidId: 42, at: AT, head: "3-10" });
  stream().says("contribution", contribution(11), "3-11");
  stream().says("contribution", contribution(11), "3-11");
  stream().says("presence", { raidId: 42, online: [2], offline: [] });
  stream().says("achievement_unlocked", { raidId: 42, userId: 2, achievement: { id: 1, name: null } });
  stream().says("status", { raidId: 42, live: true, reason: "back" });
  stream().says("contribution", contribution(12), "3-12");
  assert.deepEqual(heard.raid, [
    [42, "snapshot", 10], [42, "contribution", 11], [42, "presence", null], [42, "achievement_unlocked", null], [42, "contribution", 12],
  ]);
  assert.equal(watch.raids.get(42).currentXp, 92);
  assert.deepEqual(heard.states, ["connecting", "live"]);
});

test("a stream that fails is closed and opened again from the raid's own position", async () => {
  const { watch, heard } = await live();
  stream().says("contribution", contribution(11), "3-11");
  const first = stream();
  first.fails();
  assert.equal(first.isClosed, true);
  assert.equal(watch.state.kind, "reconnecting");
  const pause = watch.state.retryAt - Date.now();
  assert.ok(pause >= 250 && pause <= 500, `${pause}`);
  await after(249);
  assert.equal(openings(), 1);
  await after(251);
  assert.equal(stream().url.searchParams.get("lastEventId"), "3-11");
  first.says("contribution", contribution(12), "3-12");
  stream().says("hello", { raidId: 42, at: AT, recovered: "full", head: "3-13", from: "3-11" });
  stream().says("contribution", contribution(12), "3-12");
  stream().says("contribution", contribution(13), "3-13");
  assert.deepEqual(heard.raid.map(([, , seq]) => seq), [10, 11, 12, 13]);
  assert.deepEqual(heard.states, ["connecting", "live", "reconnecting", "connecting", "live"]);
});

test("pauses grow to their bound, and are short again after a connection that lasted", async () => {
  const { watch } = watching({ raids: [42] }, { rest: { raid: refusing(500) } });
  await quiet();
  for (let attempt = 0; attempt < 10; attempt += 1) {
    stream().fails();
    const pause = watch.state.retryAt - Date.now();
    const most = Math.min(500 * 2 ** attempt, 15_000);
    assert.ok(pause >= most / 2 && pause <= most, `${attempt}: ${pause}`);
    assert.equal(watch.state.attempt, attempt + 1);
    await after(15_000);
  }
  greets(stream());
  stream().fails(); // it did not last
  assert.ok(watch.state.retryAt - Date.now() >= 7_500);
  await after(15_000);
  stream().says("hello", { raidId: 42, at: AT, recovered: "full", head: "3-10", from: "3-10" });
  await after(5_000);
  stream().fails();
  assert.ok(watch.state.retryAt - Date.now() <= 500);
});

test("a goodbye says when to come back, within bounds", async () => {
  for (const [retryMs, pause] of [[3_000, 3_000], [10 ** 9, 60_000], [-5, 0], [undefined, 0]]) {
    const { watch } = await live();
    stream().says("goaway", { raidId: 42, at: AT, retryMs, reason: "restart" });
    assert.equal(watch.state.retryAt - Date.now(), pause);
    watch.close();
  }
});

test("goodbyes without a pause, one after the other, do not make it hammer", async () => {
  const { watch } = await live();
  for (const least of [0, 500, 1_000, 2_000]) {
    stream().says("goaway", { raidId: 42, at: AT, retryMs: 0, reason: "restart" });
    const pause = watch.state.retryAt - Date.now();
    assert.ok(pause >= least, `${pause} after ${least}`);
    await after(pause);
  }
  watch.close();
});

test("a gap begins again from where we are; if that does not help, from the beginning", async () => {
  const { watch, heard } = await live();
  stream().says("contribution", contribution(12), "3-12");
  assert.equal(watch.state.kind, "reconnecting");
  await after(500);
  assert.equal(stream().url.searchParams.get("lastEventId"), "3-10");
  stream().says("hello", { raidId: 42, at: AT, recovered: "full", head: "3-12", from: "3-10" });
  stream().says("contribution", contribution(12), "3-12");
  await after(1_000);
  assert.equal(stream().url.searchParams.has("lastEventId"), false);
  greets(stream(), { seq: 12 });
  assert.deepEqual(heard.raid.map(([, event, seq]) => [event, seq]), [["snapshot", 10], ["snapshot", 12]]);
  assert.equal(openings(), 3);
});

test("a second gap after a step in between is a first one again", async () => {
  await live();
  stream().says("contribution", contribution(12), "3-12");
  await after(500);
  stream().says("contribution", contribution(11), "3-11");
  stream().says("contribution", contribution(13), "3-13");
  await after(1_000);
  assert.equal(stream().url.searchParams.get("lastEventId"), "3-11");
});

test("an event of another epoch without a reset is a gap", async () => {
  await live();
  stream().says("contribution", contribution(11), "4-11");
  await after(500);
  assert.deepEqual([openings(), stream().url.searchParams.get("lastEventId")], [2, "3-10"]);
});

test("a reset in the midst replaces the raid in place", async () => {
  const { watch } = await live();
  const raid = watch.raids.get(42);
  stream().says("hello", { raidId: 42, at: AT, recovered: "reset", head: "4-2", from: null });
  stream().says("snapshot", { raidId: 42, at: AT, ...snapshot({ epoch: 4, seq: 2, currentXp: 7 }) }, "4-2");
  assert.equal(watch.raids.get(42), raid);
  assert.deepEqual([raid.cursor, raid.currentXp], ["4-2", 7]);
  stream().says("contribution", contribution(3, { currentXp: 8 }), "4-3");
  assert.equal(raid.currentXp, 8);
  assert.equal(openings(), 1);
});

test("a head that is announced and not reached is fetched", async () => {
  await live();
  stream().says("sync", { raidId: 42, at: AT, head: "3-12" });
  await after(5_000);
  await after(500);
  assert.deepEqual([openings(), stream().url.searchParams.get("lastEventId")], [2, "3-10"]);
});

test("a head that is reached in time is none to worry about", async () => {
  await live();
  stream().says("sync", { raidId: 42, at: AT, head: "3-11" });
  await after(1_000);
  stream().says("contribution", contribution(11), "3-11");
  await after(20_000);
  assert.equal(openings(), 1);
});

test("three heartbeats that do not come are a lost connection", async () => {
  const { watch } = await live();
  for (let beat = 0; beat < 10; beat += 1) {
    await after(15_000);
    stream().says("sync", { raidId: 42, at: AT, head: "3-10" });
  }
  assert.deepEqual([openings(), watch.state.kind], [1, "live"]);
  await after(50_000);
  await after(500);
  assert.equal(openings(), 2);
});

test("a stream that never says hello is given up", async () => {
  watching({ raids: [42] });
  await quiet();
  await after(25_000);
  await after(500);
  assert.equal(openings(), 2);
});

test("a server without news says so, and its silence is taken for what it is", async () => {
  const { watch, heard } = await live();
  stream().says("status", { raidId: 42, at: AT, live: false, reason: "redis" });
  assert.deepEqual(watch.state, { kind: "stale", reason: "redis" });
  await after(100_000);
  assert.equal(openings(), 1);
  stream().says("status", { raidId: 42, at: AT, live: true, reason: "back" });
  assert.equal(watch.state.kind, "live");
  stream().says("status", { raidId: 42, at: AT, live: false, reason: "redis" });
  await after(190_000);
  await after(500);
  assert.equal(openings(), 2);
  assert.deepEqual(heard.states.slice(0, 4), ["connecting", "live", "stale", "live"]);
});

test("what the last connection had no news of says nothing about the next", async () => {
  const { watch } = await live();
  stream().says("status", { raidId: 42, at: AT, live: false, reason: "redis" });
  stream().fails();
  await after(500);
  stream().says("hello", { raidId: 42, at: AT, recovered: "full", head: "3-10", from: "3-10" });
  assert.equal(watch.state.kind, "live");
});

test("a head that the last connection announced is not held against the next", async () => {
  await live();
  stream().says("sync", { raidId: 42, at: AT, head: "3-12" });
  stream().fails();
  await after(500);
  await after(10_000);
  assert.equal(openings(), 2);
});

test("of several raids one without news is enough to say so", async () => {
  const { watch } = await live({ raids: [42, 43] });
  for (const raidId of [42, 43]) stream().says("status", { raidId, live: false, reason: "redis" });
  stream().says("status", { raidId: 42, live: true });
  assert.equal(watch.state.kind, "stale");
  stream().says("status", { raidId: 43, live: true });
  assert.equal(watch.state.kind, "live");
});

test("a page that wakes up begins again at once, one that was only out of sight does not", async () => {
  await live();
  await after(10_000);
  document.dispatchEvent(new Event("visibilitychange"));
  assert.equal(openings(), 1);
  await after(14_000);
  document.dispatchEvent(new Event("visibilitychange"));
  await quiet();
  assert.equal(openings(), 2);
});

const turnsTo = (visibilityState) => {
  document.visibilityState = visibilityState;
  document.dispatchEvent(new Event("visibilitychange"));
};

const staysAlive = async (ms) => {
  await after(ms / 2);
  for (const source of FakeEventSource.all) source.says("sync", { at: AT });
  await after(ms / 2);
};

test("a page that nobody looks at for a minute lets its connection go, and takes it up when it is looked at", async () => {
  const { watch } = await live();
  turnsTo("hidden");
  await staysAlive(58_000);
  assert.equal(watch.state.kind, "live");
  await after(2_000);
  assert.deepEqual([watch.state.kind, stream().isClosed], ["connecting", true]);
  for (const name of ["online", "offline", "pagehide"]) window.dispatchEvent(new Event(name));
  await after(600_000);
  assert.equal(openings(), 1);
  turnsTo("visible");
  await quiet();
  assert.equal(openings(), 2);
  assert.equal(stream().url.searchParams.get("lastEventId"), "3-10");
});

test("a glance elsewhere lets nothing go", async () => {
  const { watch } = await live();
  turnsTo("hidden");
  await staysAlive(40_000);
  turnsTo("visible");
  turnsTo("hidden");
  await staysAlive(40_000);
  assert.deepEqual([watch.state.kind, openings()], ["live", 1]);
});

test("a watch that is to go on while hidden does", async () => {
  const { watch } = await live({ raids: [42], whileHidden: true });
  turnsTo("hidden");
  await staysAlive(40_000);
  await staysAlive(40_000);
  assert.deepEqual([watch.state.kind, openings()], ["live", 1]);
});

test("a page that becomes visible does not wait any longer, nor one whose network is back", async () => {
  for (const wake of [() => document.dispatchEvent(new Event("visibilitychange")), () => window.dispatchEvent(new Event("online")), () => window.dispatchEvent(new Event("pageshow"))]) {
    const { watch } = await live();
    const before = openings();
    stream().fails();
    wake();
    await quiet();
    assert.equal(openings(), before + 1);
    watch.close();
  }
});

test("out of the browser's sight nothing is held open, and it is opened when the page is back", async () => {
  await live();
  window.dispatchEvent(new Event("pagehide"));
  assert.equal(stream().isClosed, true);
  await after(600_000);
  assert.equal(openings(), 1);
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  await quiet();
  assert.equal(openings(), 2);
});

test("offline is said, tried all the same, and over when the network is back", async () => {
  const { watch, heard } = await live();
  navigator.onLine = false;
  window.dispatchEvent(new Event("offline"));
  assert.deepEqual([watch.state, stream().isClosed], [{ kind: "offline" }, true]);
  await after(500);
  assert.equal(openings(), 2); // browsers err: a server on this machine is there without a network
  stream().fails();
  assert.deepEqual(watch.state, { kind: "offline" });
  navigator.onLine = true;
  window.dispatchEvent(new Event("online"));
  await quiet();
  stream().says("hello", { raidId: 42, at: AT, recovered: "full", head: "3-10", from: "3-10" });
  assert.deepEqual(heard.states, ["connecting", "live", "offline", "connecting", "live"]);
});

test("why a stream did not open is asked by REST: nobody is signed in", async () => {
  const { watch, heard } = watching({ raids: [42] }, { rest: { raid: refusing(401) } });
  await quiet();
  stream().fails();
  await quiet();
  assert.deepEqual(watch.state, { kind: "ended", reason: "signed_out" });
  assert.deepEqual(heard.asked, [["raid", 42]]);
  await after(600_000);
  assert.equal(openings(), 1);
  watch.retryNow();
  await quiet();
  assert.equal(openings(), 2);
});

test("why a stream did not open is asked by REST: the raid is not ours to see", async () => {
  const { watch, heard } = watching({ raids: [42] }, { rest: { raid: refusing(404) } });
  await quiet();
  stream().fails();
  await quiet();
  assert.deepEqual([watch.state, heard.gone], [{ kind: "ended", reason: "not_visible" }, [42]]);
});

test("why a stream did not open is asked by REST: the server wants to be left alone for a while", async () => {
  const { watch } = watching({ raids: [42] }, { rest: { raid: refusing(503, 20_000) } });
  await quiet();
  stream().fails();
  await quiet();
  assert.equal(watch.state.retryAt - Date.now(), 20_000);
  await after(19_999);
  assert.equal(openings(), 1);
  await after(1);
  assert.equal(openings(), 2);
});

for (const error of [new Unreachable("cut"), problem(500), null]) {
  test(`why a stream did not open is asked by REST: ${error ?? "no reason"} changes nothing`, async () => {
    const { watch } = watching({ raids: [42] }, { rest: { raid: async () => { if (error) throw error; } } });
    await quiet();
    stream().fails();
    await quiet();
    assert.equal(watch.state.kind, "reconnecting");
  });
}

test("an answer that comes too late is of no interest any more", async () => {
  let refuse;
  const { watch } = watching({ raids: [42] }, { rest: { raid: () => new Promise((_, reject) => { refuse = reject; }) } });
  await quiet();
  stream().fails();
  await quiet();
  await after(500);
  greets(stream());
  refuse(problem(401));
  await quiet();
  assert.equal(watch.state.kind, "live");
});

test("of several, those that are not there are gone and the others are followed on", async () => {
  const { watch, heard } = watching({ raids: [42, 43], own: true }, { rest: { hydrate: () => ({ raids: { 42: {}, 43: null } }) } });
  await quiet();
  stream().fails();
  await quiet();
  await after(500);
  assert.deepEqual([heard.gone, heard.asked], [[43], [["hydrate", [42, 43]]]]);
  assert.equal(stream().url.searchParams.get("raids"), "42");
  greets(stream());
  stream().says("gone", { raidId: 42, code: "no_permission" });
  assert.deepEqual([heard.gone, watch.raids.size], [[43, 42], 0]);
});

test("a raid that is gone is not told of any more", async () => {
  const { heard } = await live({ raids: [42, 43] });
  stream().says("gone", { raidId: 42 });
  stream().says("gone", { raidId: 42 });
  stream().says("contribution", contribution(11));
  assert.deepEqual([heard.gone, heard.raid.length], [[42], 1]);
});

test("with a token each opening has a ticket of its own", async () => {
  const { heard } = watching({ raids: [42] }, { token: "secret" });
  await quiet();
  assert.equal(stream().url.searchParams.get("ticket"), "t1");
  greets(stream());
  stream().fails();
  await after(500);
  assert.equal(stream().url.searchParams.get("ticket"), "t2");
  assert.deepEqual(heard.asked, [["streamTicket", 42], ["streamTicket", 42]]);
});

test("no ticket is no stream: signed out, or later", async () => {
  const signedOut = watching({ raids: [42, 43] }, { token: "secret", rest: { streamTicket: refusing(401) } });
  await quiet();
  assert.deepEqual(signedOut.watch.state, { kind: "ended", reason: "signed_out" });
  const later = watching({ raids: [42, 43] }, { token: "secret", rest: { streamTicket: async () => { throw new Unreachable("cut"); } } });
  await quiet();
  assert.deepEqual([later.watch.state.kind, later.heard.asked.length, openings()], ["reconnecting", 1, 0]);
});

test("a ticket that comes after the end opens nothing", async () => {
  let give;
  const { watch } = watching({ raids: [42] }, { token: "secret", rest: { streamTicket: () => new Promise((resolve) => { give = resolve; }) } });
  await quiet();
  watch.close();
  give({ ticket: "late" });
  await quiet();
  assert.equal(openings(), 0);
});

test("several go on from the server's cursor, which shows with the event after it", async () => {
  const { watch, heard } = await live({ raids: [42, 43] });
  stream().says("contribution", contribution(11), "pABC");
  stream().says("sync", { raidId: 42, at: AT, head: "3-11" }, "pABD");
  stream().fails();
  await after(500);
  assert.equal(stream().url.searchParams.get("lastEventId"), "pABD");
  stream().says("contribution", contribution(11));
  stream().says("contribution", contribution(12));
  assert.deepEqual(heard.raid.map(([, , seq]) => seq), [10, 11, 12]);
  watch.follow([42, 44]);
  watch.follow([42, 44, 45]);
  await quiet();
  assert.deepEqual([stream().url.searchParams.get("raids"), stream().url.searchParams.get("lastEventId")], ["42,44,45", "pABD"]);
  assert.equal(openings(), 3);
  watch.follow([45, 44, 42]);
  await quiet();
  assert.equal(openings(), 3);
});

test("of several, a position that does not help is given up for all", async () => {
  await live({ raids: [42, 43] });
  stream().says("contribution", contribution(12), "pABC");
  await after(500);
  assert.equal(stream().url.searchParams.get("lastEventId"), "pABC");
  stream().says("contribution", contribution(12), "pABC");
  await after(1_000);
  assert.equal(stream().url.searchParams.has("lastEventId"), false);
});

test("an event of a raid that was never shown begins anew", async () => {
  watching({ raids: [42, 43] });
  await quiet();
  stream().says("hello", { raidId: 42, at: AT, recovered: "full", head: "3-11" }, "pABC");
  stream().says("contribution", contribution(11), "pABC");
  await after(500);
  assert.equal(stream().url.searchParams.has("lastEventId"), false);
});

const STREAK = { at: AT, current: 3, longest: 3, day: "2026-11-21", state: "active" };
const UNLOCK = { raidId: 42, at: AT, userId: 1, achievement: { id: 9, name: "Night owl" }, unlockedAt: AT };

test("own events come once, whatever is repeated and by whichever stream", async () => {
  const { watch, heard } = await live({ raids: [42], own: true });
  stream().says("snapshot", { userId: 1, at: AT, name: "Ann" });
  stream().says("streak", STREAK);
  stream().says("streak", STREAK);
  stream().says("streak", { ...STREAK, raidId: 42 });
  stream().says("reward_granted", { at: AT, xp: 5, raidId: 42 });
  assert.deepEqual(heard.own.map(([event]) => event), ["snapshot", "streak", "streak", "reward_granted"]);
  watch.follow([]);
  await quiet();
  assert.equal(stream().url.pathname, "/api/v1/me/stream");
  stream().says("hello", { at: AT, recovered: "full", head: "7-3" });
  stream().says("streak", STREAK, "7-2");
  stream().says("streak", { ...STREAK, current: 4 }, "7-3");
  assert.equal(heard.own.length, 5);
  stream().fails();
  await after(500);
  assert.equal(stream().url.searchParams.get("lastEventId"), "7-3");
});

test("an unlock is told as ours and as the raid's, each once, also where both look the same", async () => {
  const { heard } = await live({ raids: [42], own: true });
  stream().says("snapshot", { userId: 1, at: AT, name: "Ann" });
  const asides = () => heard.raid.filter(([, event]) => event === "achievement_unlocked").length;
  stream().says("achievement_unlocked", UNLOCK);
  assert.deepEqual([heard.own.length, asides()], [2, 0]);
  stream().says("achievement_unlocked", UNLOCK);
  assert.deepEqual([heard.own.length, asides()], [2, 1]);
  stream().says("achievement_unlocked", { ...UNLOCK, achievement: { id: 8, name: null } });
  assert.deepEqual([heard.own.length, asides()], [2, 2]);
  stream().says("achievement_unlocked", { ...UNLOCK, achievement: { id: 8, name: "Secret" } });
  stream().says("achievement_unlocked", { ...UNLOCK, userId: 2 });
  assert.deepEqual([heard.own.length, asides()], [3, 3]);
});

test("own events that nobody asked for are not told", async () => {
  const { heard } = await live({ raids: [42, 43] });
  stream().says("snapshot", { userId: 1, at: AT, name: "Ann" });
  stream().says("streak", STREAK);
  assert.deepEqual(heard.own, []);
});

test("the server's clock is known from the first hello on", async () => {
  const { clock } = watching({ raids: [42] });
  await quiet();
  stream().says("hello", { raidId: 42, at: "2026-11-21T12:30:00.000Z", recovered: "none", head: "3-10" });
  assert.equal(clock.now() - Date.now(), 1_800_000);
});

test("what a handler throws is reported and stops nothing", async () => {
  const errors = mock.method(console, "error", () => {});
  const { watch } = await live({ raids: [42] }, { raid: () => { throw new Error("mine"); }, connection: () => { throw new Error("mine"); } });
  stream().says("contribution", contribution(11), "3-11");
  assert.equal(watch.raids.get(42).seq, 11);
  assert.equal(watch.state.kind, "live");
  assert.equal(errors.mock.callCount(), 4);
});

test("with nothing to follow it is idle, runs no timer, and goes on when there is something again", async () => {
  const [set, cleared] = [mock.method(globalThis, "setInterval"), mock.method(globalThis, "clearInterval")];
  const { watch, heard } = await live();
  watch.follow([]);
  await quiet();
  assert.deepEqual([watch.state, heard.states.at(-1), stream().isClosed], [{ kind: "idle" }, "idle", true]);
  const intervals = set.mock.calls.map(({ result }) => result);
  const ended = new Set(cleared.mock.calls.map(({ arguments: [interval] }) => interval));
  assert.ok(intervals.length > 0 && intervals.every((interval) => ended.has(interval)));
  window.dispatchEvent(new Event("offline"));
  window.dispatchEvent(new Event("online"));
  await after(600_000);
  assert.deepEqual([openings(), watch.state.kind], [1, "idle"]);
  watch.follow([42]);
  await quiet();
  greets(stream());
  assert.deepEqual([openings(), watch.state.kind], [2, "live"]);
});

test("closed, it is over for good", async () => {
  const { watch, heard } = await live();
  watch.close();
  stream().says("contribution", contribution(11), "3-11");
  stream().fails();
  watch.retryNow();
  watch.follow([43]);
  window.dispatchEvent(new Event("online"));
  await after(600_000);
  assert.deepEqual([watch.state, openings(), heard.raid.length], [{ kind: "ended", reason: "closed" }, 1, 1]);
});

test("a reset's snapshot may take its time: nothing is missing while it comes", async () => {
  const { watch, heard } = await live();
  stream().says("hello", { raidId: 42, at: AT, recovered: "reset", head: "4-2000", from: "3-10" });
  await after(15_000);
  assert.deepEqual([openings(), watch.state.kind], [1, "live"]);
  stream().says("snapshot", { raidId: 42, at: AT, ...snapshot({ epoch: 4, seq: 2000 }) }, "4-2000");
  assert.deepEqual([heard.raid.at(-1), watch.raids.get(42).cursor], [[42, "snapshot", 2000], "4-2000"]);
});

test("a raid that was left and is followed again before the cursor moved is shown again", async () => {
  const { watch, heard } = await live({ raids: [42, 43] });
  stream().says("contribution", contribution(11), "pABC");
  watch.follow([43]);
  await quiet();
  watch.follow([42, 43]);
  await quiet();
  stream().says("hello", { raidId: 42, at: AT, recovered: "full", head: "3-11" });
  await after(500);
  assert.equal(stream().url.searchParams.has("lastEventId"), false);
  greets(stream(), { seq: 11 });
  assert.deepEqual(heard.raid.at(-1), [42, "snapshot", 11]);
});

test("a raid without news that is gone says nothing about the others", async () => {
  const { watch } = await live({ raids: [42, 43] });
  stream().says("status", { raidId: 43, live: false, reason: "unavailable" });
  assert.equal(watch.state.kind, "stale");
  stream().says("gone", { raidId: 43, at: AT });
  assert.equal(watch.state.kind, "live");
});

for (const kind of ["connecting", "live", "reconnecting"]) {
  test(`closed by whoever is told that it is ${kind}, it stays closed`, async () => {
    const { watch, heard } = watching({ raids: [42] }, {
      connection: (state) => {
        heard.states.push(state.kind);
        if (state.kind === kind) watch.close();
      },
    });
    await quiet();
    if (kind !== "connecting") greets(stream());
    if (kind === "reconnecting") stream().fails();
    await after(120_000);
    assert.deepEqual([watch.state, heard.states.at(-1)], [{ kind: "ended", reason: "closed" }, "ended"]);
    assert.equal(heard.states.filter((one) => one === "ended").length, 1);
    assert.ok(FakeEventSource.all.every((one) => one.isClosed));
  });
}

test("closed by whoever is told that the last raid is gone, it ended by that and nothing else", async () => {
  const { watch, heard } = await live({ raids: [42] }, { gone: () => watch.close() });
  stream().says("gone", { raidId: 42, at: AT });
  assert.deepEqual([watch.state, heard.states.at(-1)], [{ kind: "ended", reason: "closed" }, "ended"]);
});

test("retried by whoever is told that it connects, there is one connection", async () => {
  const { watch } = watching({ raids: [42] }, { connection: ({ kind }) => kind === "connecting" && watch.retryNow() });
  await quiet();
  assert.equal(FakeEventSource.all.filter((one) => !one.isClosed).length, 1);
});

test("closed while it asks why it did not open, nobody is told of the answer", async () => {
  let answer;
  const { watch, heard } = watching({ raids: [42, 43] }, { rest: { hydrate: () => new Promise((resolve) => { answer = resolve; }) } });
  await quiet();
  stream().fails();
  await quiet();
  watch.close();
  answer({ raids: { 42: null, 43: null } });
  await quiet();
  assert.deepEqual([heard.gone, watch.state], [[], { kind: "ended", reason: "closed" }]);
});

test("a clock that is set back does not hide that a stream is silent", async () => {
  await live();
  const { now } = Date;
  mock.method(Date, "now", () => now() - 3_600_000);
  for (let seconds = 0; seconds < 60; seconds += 5) await after(5_000);
  assert.equal(openings(), 2);
});

test("closed before its first turn, it never opens", async () => {
  watching({ raids: [42] }).watch.close();
  await quiet();
  assert.equal(openings(), 0);
});

test("retrying now does not disturb what is open", async () => {
  const { watch } = await live();
  watch.retryNow();
  await quiet();
  assert.equal(openings(), 1);
  stream().fails();
  watch.retryNow();
  await quiet();
  assert.equal(openings(), 2);
});

test("twenty thousand events set no timers and open nothing", async () => {
  const { watch } = await live();
  const [timeouts, intervals] = [mock.method(globalThis, "setTimeout"), mock.method(globalThis, "setInterval")];
  for (let seq = 11; seq <= 20_010; seq += 1) stream().says("contribution", contribution(seq), `3-${seq}`);
  assert.equal(watch.raids.get(42).seq, 20_010);
  assert.deepEqual([timeouts.mock.callCount(), intervals.mock.callCount()], [0, 0]);
  assert.equal(FakeEventSource.all.length, 1);
});
