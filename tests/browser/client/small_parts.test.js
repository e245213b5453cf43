// The small parts: pauses, keys, times, the clock, requests and what their answers mean.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { pauseBefore } from "../../../server/web/client/backoff.js";
import { Clock } from "../../../server/web/client/clock.js";
import { Problem, Unreachable } from "../../../server/web/client/errors.js";
import { Http, problemOf, retryAfterMs } from "../../../server/web/client/http.js";
import { newKey, uuidOf } from "../../../server/web/client/keys.js";
import { Rest } from "../../../server/web/client/rest.js";
import { withOffset } from "../../../server/web/client/times.js";

const NOON = Date.parse("2026-11-21T12:00:00.000Z");
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

beforeEach(() => mock.timers.enable({ apis: ["Date"], now: NOON }));
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test("a pause doubles up to its bound, and at least half of it is certain", () => {
  const bounds = { shortest: 500, longest: 15_000 };
  for (const [attempt, most] of [[0, 500], [1, 1_000], [4, 8_000], [5, 15_000], [6, 15_000], [10_000, 15_000]]) {
    for (let time = 0; time < 200; time += 1) {
      const pause = pauseBefore(attempt, bounds);
      assert.ok(pause >= most / 2 && pause <= most, `${attempt}: ${pause}`);
    }
  }
});

test("pauses are spread", () => {
  const pauses = new Set(Array.from({ length: 100 }, () => pauseBefore(5, { shortest: 500, longest: 15_000 })));
  assert.ok(pauses.size > 90);
});

test("keys are random UUIDs, with and without a secure context", () => {
  assert.match(newKey(), UUID);
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  assert.match(newKey(), UUID);
  delete crypto.randomUUID; // the prototype's own is there again
  assert.notEqual(newKey(), newKey());
  assert.equal(uuidOf(new Uint8Array(16).fill(255)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
});

for (const [zone, text] of [
  ["UTC", "2026-11-21T12:00:00.000+00:00"],
  ["Europe/Berlin", "2026-11-21T13:00:00.000+01:00"],
  ["America/St_Johns", "2026-11-21T08:30:00.000-03:30"],
  ["Asia/Kathmandu", "2026-11-21T17:45:00.000+05:45"],
  ["Pacific/Kiritimati", "2026-11-22T02:00:00.000+14:00"],
]) {
  test(`a time in ${zone} says its offset`, () => {
    const before = process.env.TZ;
    process.env.TZ = zone;
    assert.equal(withOffset(NOON), text);
    assert.equal(Date.parse(withOffset(NOON)), NOON);
    process.env.TZ = before ?? "";
    if (before === undefined) delete process.env.TZ;
  });
}

const iso = (ms) => new Date(ms).toISOString();

test("the clock is ours until the server says something, then the least delayed guess", () => {
  const clock = new Clock();
  assert.equal(clock.now(), NOON);
  clock.heard(iso(NOON + 60_000 - 300));
  assert.equal(clock.now(), NOON + 59_700);
  clock.heard(iso(NOON + 60_000 - 900)); // was on its way for longer
  assert.equal(clock.now(), NOON + 59_700);
  clock.heard(iso(NOON + 60_000 - 20));
  assert.equal(clock.now(), NOON + 59_980);
});

test("a guess grows old, and a clock that was set is noticed", () => {
  const clock = new Clock();
  clock.heard(iso(NOON + 5_000));
  mock.timers.tick(6 * 60_000);
  clock.heard(iso(Date.now() + 4_000));
  assert.equal(clock.now() - Date.now(), 4_000);
  clock.heard(iso(Date.now() - 20_000));
  assert.equal(clock.now() - Date.now(), -20_000);
});

test("a Date header is good enough until something better comes, and nonsense is nothing", () => {
  const clock = new Clock();
  clock.heardDate("nonsense");
  clock.heardDate(null);
  clock.heard(undefined);
  assert.equal(clock.now(), NOON);
  clock.heardDate(new Date(NOON + 10_000).toUTCString());
  assert.equal(clock.now(), NOON + 10_500);
  clock.heard(iso(NOON + 9_990));
  clock.heardDate(new Date(NOON + 30_000).toUTCString());
  assert.equal(clock.now(), NOON + 9_990);
});

test("Retry-After is seconds or a date, within bounds", () => {
  assert.equal(retryAfterMs(null), null);
  assert.equal(retryAfterMs("7"), 7_000);
  assert.equal(retryAfterMs(new Date(NOON + 9_000).toUTCString()), 9_000);
  assert.equal(retryAfterMs(new Date(NOON - 9_000).toUTCString()), 0);
  assert.equal(retryAfterMs("999999999"), 600_000);
  assert.equal(retryAfterMs("soon"), null);
});

test("an answer that is no problem of ours is one all the same", () => {
  const problem = problemOf(undefined, 502);
  assert.deepEqual([problem.status, problem.code, problem.errors], [502, "http_502", []]);
});

const answers = (status, body, headers = {}) =>
  mock.method(globalThis, "fetch", async () => new Response(body, { status, headers }));

test("a request carries the token and its body, and gives back what was answered", async () => {
  const fetched = answers(201, '{"id": 7}');
  const rest = new Rest(new Http("https://raids.example/", "secret", new Clock()));
  assert.deepEqual(await rest.contribute(42, { xp: 5 }, "a-key"), { id: 7 });
  const [url, { method, headers, body, credentials }] = fetched.mock.calls[0].arguments;
  assert.deepEqual([url, method, body], ["https://raids.example/api/v1/raids/42/contributions", "POST", '{"xp":5}']);
  assert.equal(headers.get("Authorization"), "Bearer secret");
  assert.equal(headers.get("Idempotency-Key"), "a-key");
  assert.equal(credentials, "omit");
});

test("parameters that are not given are left out, and what is put into a path stays one part of it", async () => {
  const fetched = answers(200, "{}");
  const rest = new Rest(new Http("", null, new Clock()));
  await rest.raids({ status: "active", cursor: null, limit: 5 });
  await rest.leaderboard("daily", "../me", { around: "me" });
  const urls = fetched.mock.calls.map(({ arguments: [url] }) => url);
  assert.deepEqual(urls, ["/api/v1/raids?status=active&limit=5", "/api/v1/leaderboards/daily/..%2Fme?around=me"]);
  assert.equal(fetched.mock.calls[0].arguments[1].credentials, "same-origin");
});

test("nothing in an answer is null; what is not JSON is a problem", async () => {
  const http = new Http("", null, new Clock());
  mock.method(globalThis, "fetch", async () => new Response(null, { status: 204 }));
  assert.equal(await http.call("DELETE", "/sessions/current"), null);
  answers(200, "<html>");
  await assert.rejects(http.call("GET", "/me"), (error) => error instanceof Problem && error.code === "not_json");
});

test("a refusal is a Problem with all that the server says", async () => {
  const told = { code: "validation_failed", title: "Some", detail: "Not acceptable: xp.", errors: [{ field: "xp", message: "m" }], requestId: "r", status: 422, type: "urn:x" };
  answers(422, JSON.stringify(told), { "Retry-After": "3" });
  const error = await new Http("", null, new Clock()).call("GET", "/me").catch((caught) => caught);
  assert.ok(error instanceof Problem && error instanceof Error);
  assert.deepEqual([error.status, error.code, error.title, error.message], [422, "validation_failed", "Some", "Not acceptable: xp."]);
  assert.deepEqual([error.errors, error.requestId, error.retryAfterMs], [told.errors, "r", 3_000]);
});

test("no answer is Unreachable, and so is one that does not come in time", async () => {
  const http = new Http("", null, new Clock());
  mock.method(globalThis, "fetch", async () => { throw new TypeError("failed"); });
  await assert.rejects(http.call("GET", "/me"), Unreachable);
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(globalThis, "fetch", (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  const asked = http.call("GET", "/me");
  mock.timers.tick(20_000);
  await assert.rejects(asked, (error) => error instanceof Unreachable && error.message === "No answer in time.");
});
