// Which toasts are shown, which wait, and for how long they stay.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Dwelling, dwellMs } from "../../../server/web/app/juice/dwelling.js";
import { Line, SHOWN, WAITING } from "../../../server/web/app/juice/line.js";

const titles = (toasts) => toasts.map(({ title }) => title);
const unlocked = (name, key = name) => ({
  title: `Unlocked: ${name}`,
  text: "",
  kind: "achievement",
  icon: "⚡",
  key,
  sum: { of: "own", name, title: (count) => `${count} unlocked`, text: (names, more) => `${names} +${more}` },
});

test("three are shown, the next one when one of them went", () => {
  const line = new Line();
  for (let at = 1; at <= 5; at += 1) line.add({ title: `${at}` });
  assert.deepEqual(titles(line.next()), ["1", "2", "3"]);
  assert.deepEqual(line.next(), []);
  line.done(line.shown[0]);
  assert.deepEqual(titles(line.next()), ["4"]);
  assert.equal(line.waiting, 1);
});

test("so many wait, and the oldest is left out", () => {
  const line = new Line();
  for (let at = 0; at < SHOWN; at += 1) line.add({ title: "shown" });
  line.next();
  for (let at = 0; at < 1_000; at += 1) line.add({ title: `${at}` });
  assert.equal(line.waiting, WAITING);
  for (const one of line.shown) line.done(one);
  assert.deepEqual(titles(line.next()), ["980", "981", "982"]);
});

test("one that waits alone is as it is, several of a kind are one", () => {
  const line = new Line();
  line.add(unlocked("Spark"));
  assert.deepEqual(line.next(), [{ kind: "achievement", title: "Unlocked: Spark", text: "", icon: "⚡", xp: 0, credits: 0 }]);
  for (const name of ["A", "B", "C", "D", "A"]) line.add(unlocked(name));
  const [toast] = line.next();
  assert.deepEqual([toast.title, toast.text, toast.icon], ["5 unlocked", "A,B,C +1", null]);
});

test("a hundred thousand of a kind are still one small toast", () => {
  const line = new Line();
  for (let at = 0; at < 100_000; at += 1) line.add(unlocked(`name ${at}`));
  assert.equal(line.waiting, 1);
  assert.equal(line.next()[0].title, "100000 unlocked");
});

test("rewards are told in sum with what they came of, as long as that waits", () => {
  const line = new Line();
  line.add(unlocked("A", 1));
  line.add(unlocked("B", 2));
  assert.equal(line.reward(1, { xp: 50, credits: 10 }), true);
  assert.equal(line.reward(2, { xp: 50, credits: 0 }), true);
  assert.equal(line.reward(3, { xp: 1, credits: 1 }), false);
  const [{ xp, credits }] = line.next();
  assert.deepEqual([xp, credits], [100, 10]);
  assert.equal(line.reward(1, { xp: 50, credits: 10 }), false);
});

test("a toast stays for six seconds at least, longer where there is more to read, and not for ever", () => {
  assert.equal(dwellMs("short"), 6_000);
  assert.ok(dwellMs("x".repeat(100)) > 8_000);
  assert.equal(dwellMs("x".repeat(10_000)), 14_000);
});

test("it does not go while anything holds it, and what was left is left", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  mock.method(performance, "now", () => now);
  const pass = (milliseconds) => {
    now += milliseconds;
    mock.timers.tick(milliseconds);
  };
  let overs = 0;
  const dwelling = new Dwelling(6_000, () => (overs += 1));
  pass(5_000);
  dwelling.hold("pointer", true);
  dwelling.hold("focus", true);
  pass(60_000);
  dwelling.hold("pointer", false);
  pass(60_000);
  assert.equal(overs, 0);
  dwelling.hold("focus", false);
  pass(900);
  assert.equal(overs, 0);
  pass(100);
  assert.equal(overs, 1);
  mock.reset();
});
