// The watch over a WebSocket: subscriptions with their positions, refusals, and what close codes mean.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { quiet } from "./fakes.js";
import { FakeWebSocket } from "./fake_streams.js";
import { contribution } from "./samples.js";
import { after, AT, begin, end, greets, socket, watching } from "./watching.js";

beforeEach(begin);
afterEach(end);

const sent = (type) => socket().sent.filter((frame) => frame.type === type).map(({ ref: _, type: __, ...frame }) => frame);

async function live(interest = { raids: [42], own: true }, options = {}) {
  const one = watching(interest, { transport: "ws", ...options });
  await quiet();
  socket().opens();
  greets(socket());
  return one;
}

test("everything is subscribed to on one socket, each from its own position", async () => {
  await live();
  assert.deepEqual([socket().url.href, socket().protocols], ["wss://raids.example/api/v1/ws", ["raidline.v1"]]);
  assert.deepEqual(sent("subscribe"), [{ own: true }, { raidId: 42 }]);
  socket().says("contribution", contribution(11), "3-11");
  socket().says("snapshot", { userId: 1, at: AT, name: "Ann" }, "7-1");
  socket().says("streak", { at: AT, current: 1 }, "7-2");
  socket().ends(1012);
  await after(500);
  socket().opens();
  assert.deepEqual(sent("subscribe"), [{ own: true, since: "7-2" }, { raidId: 42, since: "3-11" }]);
});

test("events are told as by the other transport", async () => {
  const { watch, heard } = await live();
  socket().says("contribution", contribution(11), "3-11");
  socket().says("contribution", contribution(11), "3-11");
  socket().says("achievement_unlocked", { raidId: 42, userId: 2 });
  socket().frame({ type: "event", event: "achievement_unlocked", id: "7-3", data: { raidId: 42, userId: 1 } });
  assert.deepEqual(heard.raid, [[42, "snapshot", 10], [42, "contribution", 11], [42, "achievement_unlocked", null]]);
  assert.equal(heard.own.length, 1);
  assert.equal(watch.state.kind, "live");
});

test("following others needs no other socket", async () => {
  const { watch } = await live();
  watch.follow([43]);
  await quiet();
  assert.deepEqual([sent("unsubscribe"), sent("subscribe").at(-1)], [[{ raidId: 42 }], { raidId: 43 }]);
  socket().says("contribution", contribution(11), "3-11");
  assert.equal(watch.raids.size, 0);
  watch.follow([43, 42]);
  assert.deepEqual(sent("subscribe").at(-1), { raidId: 42 });
  assert.equal(FakeWebSocket.all.length, 1);
});

test("what is followed before the socket is open is subscribed to when it is", async () => {
  const { watch } = watching({ raids: [42] }, { transport: "ws" });
  await quiet();
  watch.follow([43]);
  socket().opens();
  assert.deepEqual([sent("subscribe"), FakeWebSocket.all.length], [[{ raidId: 43 }], 1]);
});

test("a refused subscription is a raid that is gone; one that is not possible now comes again", async () => {
  const { watch, heard } = await live({ raids: [42, 43, 44] });
  const refOf = (raidId) => socket().sent.find((frame) => frame.raidId === raidId).ref;
  socket().frame({ type: "error", ref: refOf(43), code: "not_found", detail: "No" });
  socket().frame({ type: "error", raidId: 42, code: "no_permission", detail: "No" });
  assert.deepEqual([heard.gone, watch.state.kind], [[43, 42], "live"]);
  socket().frame({ type: "error", code: "bad_frame", detail: "what we never sent" });
  socket().frame({ type: "error", ref: refOf(44), code: "already_subscribed", detail: "No" });
  assert.equal(watch.state.kind, "live");
  watch.follow([44, 45]);
  socket().frame({ type: "error", ref: refOf(45), code: "unavailable", detail: "No" });
  assert.deepEqual([watch.state.kind, socket().isClosed], ["reconnecting", true]);
});

for (const [code, reason] of [[3500, "signed_out"], [3504, "too_many"], [3507, "not_visible"]]) {
  test(`${code} is the end: ${reason}`, async () => {
    const { watch } = await live();
    socket().ends(code);
    await after(600_000);
    assert.deepEqual([watch.state, FakeWebSocket.all.length], [{ kind: "ended", reason }, 1]);
  });
}

for (const code of [1000, 1006, 1012, 3008, 3013]) {
  test(`${code} is to come back`, async () => {
    const { watch } = await live();
    socket().ends(code);
    assert.equal(watch.state.kind, "reconnecting");
    await after(500);
    assert.equal(FakeWebSocket.all.length, 2);
  });
}

test("a goodbye is of the whole socket", async () => {
  const { watch } = await live();
  socket().frame({ type: "event", event: "goaway", data: { at: AT, retryMs: 2_000, reason: "restart" } });
  assert.equal(watch.state.retryAt - Date.now(), 2_000);
  socket().ends(1012);
  assert.equal(watch.state.retryAt - Date.now(), 2_000);
});

test("a silent socket is asked, and an answer is a sign of life", async () => {
  const { watch } = await live();
  await after(25_000);
  assert.ok(sent("ping").length >= 1);
  socket().frame({ type: "reply", ref: 99, ok: true });
  await after(40_000);
  assert.deepEqual([watch.state.kind, FakeWebSocket.all.length], ["live", 1]);
  await after(10_000);
  assert.equal(watch.state.kind, "reconnecting");
});

test("with a token the socket has a ticket that is bound to no raid", async () => {
  const { heard } = watching({ raids: [42] }, { transport: "ws", token: "secret" });
  await quiet();
  assert.deepEqual(heard.asked, [["streamTicket"]]);
  assert.equal(socket().url.searchParams.get("ticket"), "t1");
});

test("a socket that does not open is asked about by REST", async () => {
  const { watch, heard } = watching({ own: true }, { transport: "ws" });
  await quiet();
  socket().ends(1006);
  await quiet();
  assert.deepEqual([heard.asked, watch.state.kind], [[["me"]], "reconnecting"]);
});
