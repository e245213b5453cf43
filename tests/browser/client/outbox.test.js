// The outbox: nothing is lost, nothing is counted twice, and nobody's is sent as somebody else's.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Clock } from "../../../server/web/client/clock.js";
import { Unreachable } from "../../../server/web/client/errors.js";
import { ITEMS_MAX, Outbox, OutboxFull } from "../../../server/web/client/outbox.js";
import { OutboxStore } from "../../../server/web/client/outbox_store.js";
import { problemOf } from "../../../server/web/client/http.js";
import { Raidline } from "../../../server/web/client/raidline.js";
import { closePage, eventually, FakeLocks, FakeServer, FakeStorage, openPage, problem, quiet } from "./fakes.js";

const ORIGIN = "https://raids.example";
const open = [];

beforeEach(() => {
  openPage();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-21T12:00:00Z") });
});

afterEach(() => {
  for (const outbox of open.splice(0)) outbox.close();
  closePage();
  mock.timers.reset();
});

function outboxOf(server, storage = new FakeStorage(), userId = 1, origin = ORIGIN) {
  const outbox = new Outbox(server, new Clock(), new OutboxStore(storage, origin, userId), userId, `lock ${userId}`);
  const answers = [];
  outbox.onAnswer((item, answer) => answers.push([item.xp, answer.ok ? "ok" : answer.problem.status]));
  open.push(outbox);
  return Object.assign(outbox, { answers });
}

const isEmpty = (outbox) => () => outbox.waiting === 0;

test("one is posted with its key, its time with an offset, and whose it is; then nothing waits", async () => {
  const server = new FakeServer();
  const outbox = outboxOf(server);
  const counts = [];
  outbox.onChange((changed) => counts.push(changed.waiting));
  const item = outbox.add({ raidId: 42, xp: 5, taskId: "t" });
  assert.deepEqual(outbox.of(42), [item]);
  assert.deepEqual(outbox.of(43), []);
  await eventually(isEmpty(outbox));
  assert.deepEqual(server.requests, [[item]]);
  assert.deepEqual([item.userId, item.raidId, item.xp, item.taskId], [1, 42, 5, "t"]);
  assert.match(item.occurredAt, /^2026-11-21T\d\d:\d\d:00\.000[+-]\d\d:\d\d$/);
  assert.deepEqual([outbox.answers, counts], [[[5, "ok"]], [1, 0]]);
});

test("several go as one, in their order", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline")];
  const outbox = outboxOf(server);
  outbox.add({ raidId: 42, xp: 1 });
  await quiet();
  for (const xp of [2, 3, 4]) {
    server.next = [new Unreachable("offline")];
    outbox.add({ raidId: 42, xp });
    await quiet();
  }
  server.requests = [];
  await outbox.flush();
  assert.deepEqual(server.requests.map((items) => items.map(({ xp }) => xp)), [[1, 2, 3, 4]]);
  assert.equal(outbox.waiting, 0);
});

test("at most 500 go at once", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline")];
  const outbox = outboxOf(server);
  for (let xp = 1; xp <= 700; xp += 1) outbox.add({ raidId: 42, xp });
  await quiet();
  server.requests = [];
  await outbox.flush();
  assert.deepEqual(server.requests.map((items) => items.length), [500, 200]);
  assert.deepEqual(server.requests.flat().map(({ xp }) => xp), Array.from({ length: 700 }, (_, at) => at + 1));
});

test("an answer that was lost is asked for again with the same key, and counts once", async () => {
  const server = new FakeServer();
  server.next = ["lost", "lost"];
  const outbox = outboxOf(server);
  outbox.add({ raidId: 42, xp: 5 });
  await quiet();
  assert.deepEqual([outbox.waiting, server.xp], [1, 5]);
  mock.timers.tick(1_000);
  await quiet();
  mock.timers.tick(2_000);
  await eventually(isEmpty(outbox));
  assert.equal(new Set(server.requests.flat().map(({ key }) => key)).size, 1);
  assert.deepEqual([server.requests.length, server.xp, outbox.answers], [3, 5, [[5, "ok"]]]);
});

test("what waits survives a reload, as it was", async () => {
  const storage = new FakeStorage();
  const before = new FakeServer();
  before.next = [new Unreachable("offline")];
  const item = outboxOf(before, storage).add({ raidId: 42, xp: 5 });
  await quiet();
  open.splice(0).forEach((outbox) => outbox.close());
  mock.timers.tick(3_600_000);
  const server = new FakeServer();
  const outbox = outboxOf(server, storage);
  assert.equal(outbox.waiting, 1);
  await eventually(isEmpty(outbox));
  assert.deepEqual(server.requests, [[item]]);
});

for (const status of [401, 403]) {
  test(`who has signed in while ${status} was on its way need not ask twice`, async () => {
    const server = new FakeServer();
    server.next = [problem(status)];
    const outbox = outboxOf(server);
    outbox.add({ raidId: 42, xp: 5 });
    await outbox.flush();
    assert.deepEqual([outbox.waiting, server.requests.length, outbox.answers], [0, 2, [[5, "ok"]]]);
  });
}

test("what is somebody else's, or for another server, stays where it is", async () => {
  const storage = new FakeStorage();
  const away = new FakeServer();
  away.next = [new Unreachable("offline")];
  outboxOf(away, storage, 1).add({ raidId: 42, xp: 5 });
  await quiet();
  const server = new FakeServer();
  const [other, elsewhere, alike] = [outboxOf(server, storage, 2), outboxOf(server, storage, 1, "https://b.example"), outboxOf(server, storage, 11)];
  await Promise.all([other.flush(), elsewhere.flush(), alike.flush()]);
  assert.deepEqual([other.waiting, elsewhere.waiting, alike.waiting], [0, 0, 0]);
  assert.equal(server.requests.length, 0);
});

for (const status of [400, 404, 409, 422]) {
  test(`a refusal with ${status} is an answer`, async () => {
    const server = new FakeServer();
    server.refuses.set(5, status);
    const outbox = outboxOf(server);
    outbox.add({ raidId: 42, xp: 5 });
    await eventually(isEmpty(outbox));
    assert.deepEqual(outbox.answers, [[5, status]]);
  });
}

for (const status of [401, 403]) {
  test(`${status} is about who is signed in: it waits until somebody asks again`, async () => {
    const server = new FakeServer();
    server.next = [problem(status)];
    const outbox = outboxOf(server);
    outbox.add({ raidId: 42, xp: 5 });
    await quiet();
    mock.timers.tick(600_000);
    await quiet();
    assert.deepEqual([outbox.waiting, server.requests.length, outbox.answers], [1, 1, []]);
    await outbox.flush();
    assert.equal(outbox.waiting, 0);
  });
}

for (const status of [408, 500, 502, 503]) {
  test(`${status} is tried again, later each time`, async () => {
    const server = new FakeServer();
    server.next = Array.from({ length: 12 }, () => problem(status));
    const outbox = outboxOf(server);
    outbox.add({ raidId: 42, xp: 5 });
    await quiet();
    for (let tried = 1; tried <= 12; tried += 1) {
      assert.equal(server.requests.length, tried);
      mock.timers.tick(Math.min(500 * 2 ** (tried - 1), 30_000) - 1);
      await quiet();
      assert.equal(server.requests.length, tried, "not before half of its pause");
      mock.timers.tick(30_001);
      await quiet();
    }
    assert.equal(outbox.waiting, 0);
  });
}

for (const status of [400, 404, 405, 410]) {
  test(`${status} from something on the way, which is no Raidline, is no answer`, async () => {
    const server = new FakeServer();
    server.next = [problemOf("<h1>No such app</h1>", status)];
    const outbox = outboxOf(server);
    outbox.add({ raidId: 42, xp: 5 });
    await quiet();
    assert.deepEqual([outbox.waiting, outbox.answers], [1, []]);
    mock.timers.tick(1_000);
    await eventually(isEmpty(outbox));
    assert.deepEqual([outbox.answers, server.xp], [[[5, "ok"]], 5]);
  });
}

test("a batch that is answered is one change, not one for each", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline")];
  const outbox = outboxOf(server);
  for (let xp = 1; xp <= 300; xp += 1) outbox.add({ raidId: 42, xp });
  await quiet();
  const waiting = [];
  outbox.onChange(() => waiting.push(outbox.waiting));
  await outbox.flush();
  assert.deepEqual(waiting, [0]);
});

test("a clock that is set back does not keep anything longer than was asked", async () => {
  const server = new FakeServer();
  server.next = [problem(503, 20_000)];
  const outbox = outboxOf(server);
  outbox.add({ raidId: 42, xp: 5 });
  await quiet();
  const { now } = Date;
  const set = mock.method(Date, "now", () => now() - 3_600_000);
  mock.timers.tick(20_000);
  await quiet();
  set.mock.restore();
  assert.equal(outbox.waiting, 0);
});

test("Retry-After is kept to, whoever is impatient", async () => {
  const server = new FakeServer();
  server.next = [problem(429, 20_000)];
  const outbox = outboxOf(server);
  outbox.add({ raidId: 42, xp: 5 });
  await quiet();
  await outbox.flush();
  outbox.add({ raidId: 42, xp: 6 });
  window.dispatchEvent(new Event("online"));
  mock.timers.tick(19_999);
  await quiet();
  assert.equal(server.requests.length, 1);
  mock.timers.tick(1);
  await eventually(isEmpty(outbox));
  assert.equal(server.xp, 11);
});

test("the network is back: it goes at once", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline"), new Unreachable("offline")];
  const outbox = outboxOf(server);
  outbox.add({ raidId: 42, xp: 5 });
  await quiet();
  mock.timers.tick(1_000);
  await quiet();
  window.dispatchEvent(new Event("offline"));
  await quiet();
  assert.equal(server.requests.length, 2);
  window.dispatchEvent(new Event("online"));
  await eventually(isEmpty(outbox));
});

test("one bad item spoils none of the others", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline")];
  server.refuses.set(2, 422).set(3, 503);
  const outbox = outboxOf(server);
  for (const xp of [1, 2, 3, 4]) outbox.add({ raidId: 42, xp });
  await quiet();
  await outbox.flush();
  assert.deepEqual(outbox.answers, [[1, "ok"], [2, 422], [4, "ok"]]);
  assert.deepEqual(outbox.of(42).map(({ xp }) => xp), [3]);
  server.refuses.clear();
  mock.timers.tick(60_000);
  await eventually(isEmpty(outbox));
  assert.equal(server.xp, 8);
});

test("a batch that is refused as a whole is halved until the culprit stands alone", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline")];
  const outbox = outboxOf(server);
  for (let xp = 1; xp <= 8; xp += 1) outbox.add({ raidId: 42, xp });
  await quiet();
  server.requests = [];
  server.next = [problem(413), problem(413), problem(413), problem(422)];
  await outbox.flush();
  assert.deepEqual(server.requests.map((items) => items.length).slice(0, 4), [8, 4, 2, 1]);
  assert.deepEqual(outbox.answers[0], [1, 422]);
  assert.deepEqual([outbox.waiting, server.xp], [0, 35]);
});

for (const [name, culprit] of [["a 500", problem(500)], ["a page of a proxy", problemOf("<h1>Not acceptable</h1>", 406)]]) {
  test(`an item that is always answered with ${name} holds up nobody, and is never dropped`, async () => {
    const server = new FakeServer();
    const { contribute, contributeAll } = server;
    const failing = (send) => (...given) => {
      const items = Array.isArray(given[0]) ? given[0] : [given[1]];
      if (items.some(({ xp }) => xp === 1)) server.next = [culprit];
      return send.apply(server, given);
    };
    server.contribute = failing(contribute);
    server.contributeAll = failing(contributeAll);
    server.next = [new Unreachable("offline")];
    const outbox = outboxOf(server);
    for (const xp of [1, 2, 3, 4]) outbox.add({ raidId: 42, xp });
    for (let minutes = 0; minutes < 20; minutes += 1) {
      await quiet();
      mock.timers.tick(60_000);
    }
    await quiet();
    assert.deepEqual(outbox.answers, [[2, "ok"], [3, "ok"], [4, "ok"]]);
    assert.deepEqual(outbox.of(42).map(({ xp }) => xp), [1]);
    outbox.add({ raidId: 42, xp: 5 });
    await eventually(() => outbox.answers.length === 4);
    [server.contribute, server.contributeAll] = [contribute, contributeAll];
    mock.timers.tick(60_000);
    await eventually(isEmpty(outbox));
    assert.equal(server.xp, 15);
  });
}

test("a batch that is too many for the rate comes back smaller", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline")];
  const outbox = outboxOf(server);
  for (let xp = 1; xp <= 300; xp += 1) outbox.add({ raidId: 42, xp });
  await quiet();
  server.requests = [];
  server.next = [problem(429, 5_000), problem(429, 5_000)];
  await outbox.flush();
  for (let time = 0; time < 2; time += 1) {
    mock.timers.tick(5_000);
    await quiet();
  }
  assert.deepEqual(server.requests.map((items) => items.length).slice(0, 3), [300, 150, 75]);
  await eventually(isEmpty(outbox));
  assert.equal(server.counted.size, 300);
});

test("two tabs without locks: sent twice perhaps, counted once", async () => {
  const [server, storage] = [new FakeServer(), new FakeStorage()];
  const [one, two] = [outboxOf(server, storage), outboxOf(server, storage)];
  one.add({ raidId: 42, xp: 5 });
  two.add({ raidId: 42, xp: 6 });
  await Promise.all([one.flush(), two.flush()]);
  assert.deepEqual([one.waiting, two.waiting, server.counted.size, server.xp], [0, 0, 2, 11]);
});

test("two tabs with locks: sent once, and answered in the tab that sent", async () => {
  openPage({ locks: new FakeLocks() });
  const [server, storage] = [new FakeServer(), new FakeStorage()];
  const [one, two] = [outboxOf(server, storage), outboxOf(server, storage)];
  for (const xp of [1, 2, 3]) one.add({ raidId: 42, xp });
  two.add({ raidId: 42, xp: 4 });
  await Promise.all([one.flush(), two.flush()]);
  assert.equal(server.requests.flat().length, 4);
  assert.equal(one.answers.length + two.answers.length, 4);
  assert.equal(server.xp, 10);
});

test("another tab's changes are told of", () => {
  const storage = new FakeStorage();
  const outbox = outboxOf(new FakeServer(), storage);
  let changes = 0;
  outbox.onChange(() => { changes += 1; });
  const tell = (key) => window.dispatchEvent(Object.assign(new Event("storage"), { key }));
  tell(`raidline.outbox ${ORIGIN} 1 x`);
  tell(`raidline.outbox ${ORIGIN} 2 x`);
  tell("something else");
  tell(null);
  assert.equal(changes, 2);
});

test("what is added while the last of it goes is not forgotten", async () => {
  openPage({ locks: new FakeLocks() });
  const server = new FakeServer();
  const outbox = outboxOf(server);
  let more = 6;
  const addLater = (turns) => (turns === 0 ? outbox.add({ raidId: 42, xp: 1 }) : queueMicrotask(() => addLater(turns - 1)));
  outbox.onChange(({ waiting }) => {
    if (waiting === 0 && more > 1) addLater((more -= 1));
  });
  outbox.add({ raidId: 42, xp: 1 });
  await eventually(() => server.counted.size === 6);
  await eventually(isEmpty(outbox));
});

test("it is full at some point, and says so", async () => {
  const server = new FakeServer();
  server.next = [new Unreachable("offline")];
  const outbox = outboxOf(server);
  for (let xp = 1; xp <= ITEMS_MAX; xp += 1) outbox.add({ raidId: 42, xp });
  assert.equal(ITEMS_MAX, 1_000);
  assert.throws(() => outbox.add({ raidId: 42, xp: 1 }), OutboxFull);
  assert.equal(outbox.waiting, 1_000);
});

test("what is no contribution is not taken", () => {
  const outbox = outboxOf(new FakeServer());
  assert.throws(() => outbox.add({ raidId: "42", xp: 1 }), TypeError);
  assert.throws(() => outbox.add({ raidId: 42, xp: 0.5 }), TypeError);
  assert.equal(outbox.waiting, 0);
});

test("what cannot be read in the storage is thrown away, and the rest goes", async () => {
  const [server, storage] = [new FakeServer(), new FakeStorage()];
  const prefix = `raidline.outbox ${ORIGIN} 1 `;
  for (const [at, text] of ["{", "null", "[]", '"x"', '{"key": "k"}', '{"key":"k","raidId":42,"userId":1,"xp":"5","occurredAt":"x"}'].entries()) {
    storage.setItem(`${prefix}00000000000000${at}`, text);
  }
  const outbox = outboxOf(server, storage);
  outbox.add({ raidId: 42, xp: 5 });
  await eventually(isEmpty(outbox));
  assert.deepEqual([server.counted.size, storage.length], [1, 0]);
});

test("without storage, and with one that refuses, it lasts as long as the page", async () => {
  const refusing = { get length() { throw new Error("forbidden"); }, setItem() { throw new Error("full"); }, removeItem() { throw new Error("no"); }, getItem() { throw new Error("no"); }, key: () => null };
  for (const storage of [null, refusing]) {
    const server = new FakeServer();
    server.next = [new Unreachable("offline")];
    const outbox = outboxOf(server, storage);
    outbox.add({ raidId: 42, xp: 5 });
    await quiet();
    assert.equal(outbox.waiting, 1);
    await outbox.flush();
    assert.deepEqual([outbox.waiting, server.xp], [0, 5]);
  }
});

test("a listener that throws stops nothing, and one that is taken off hears nothing", async () => {
  const errors = mock.method(console, "error", () => {});
  const server = new FakeServer();
  const outbox = outboxOf(server);
  let heard = 0;
  outbox.onAnswer(() => { throw new Error("mine"); });
  outbox.onAnswer(() => { heard += 1; })();
  outbox.add({ raidId: 42, xp: 5 });
  await eventually(isEmpty(outbox));
  assert.deepEqual([heard, errors.mock.callCount()], [0, 1]);
  mock.restoreAll();
});

test("what no storage took is still there for the next outbox of the same person", async () => {
  mock.method(globalThis, "fetch", async () => { throw new TypeError("offline"); });
  const raidline = new Raidline({ origin: ORIGIN, storage: null });
  const before = raidline.outbox(1);
  before.add({ raidId: 42, xp: 5 });
  before.close();
  const after = raidline.outbox(1);
  open.push(after);
  assert.notEqual(after, before);
  assert.deepEqual(after.of(42).map(({ xp }) => xp), [5]);
  mock.restoreAll();
});

test("closed, it sends no more and keeps what waits", async () => {
  const server = new FakeServer();
  server.next = [problem(503)];
  const outbox = outboxOf(server);
  outbox.add({ raidId: 42, xp: 5 });
  await quiet();
  outbox.close();
  mock.timers.tick(600_000);
  window.dispatchEvent(new Event("online"));
  await outbox.flush();
  assert.deepEqual([server.requests.length, outbox.waiting], [1, 1]);
});
