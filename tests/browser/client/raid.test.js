// Raid: every event of the contract, and what must change nothing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Raid } from "../../../server/web/client/raid.js";
import { event, snapshot } from "./samples.js";

const raidOf = (fields) => new Raid(snapshot(fields));

test("a snapshot is taken over whole, with members by their id", () => {
  const raid = raidOf({ inviteCode: "ABCD", somethingNew: 7 });
  assert.equal(raid.title, "Spring cleaning");
  assert.equal(raid.inviteCode, "ABCD");
  assert.equal(raid.somethingNew, 7);
  assert.equal(raid.cursor, "3-10");
  assert.deepEqual([...raid.members.keys()], [1, 2]);
  assert.equal(raid.isActive, true);
  assert.equal(raid.over, false);
});

test("a snapshot that says what is worked out here, or is meant badly, breaks nothing", () => {
  const evil = JSON.parse('{"over": true, "onlineCount": 7, "isActive": false, "apply": null, "__proto__": {"nameOf": 1}}');
  const raid = raidOf(evil);
  assert.equal(raid.over, false);
  assert.equal(raid.isActive, true);
  assert.equal(raid.nameOf(1), "Ann");
  assert.equal(raid.apply("presence", { online: [1] }), "applied");
});

test("a snapshot does not share its members with the raid", () => {
  const given = snapshot();
  new Raid(given).members.get(1).username = "Somebody";
  assert.equal(given.members[0].username, "Ann");
});

test("a contribution sets the totals that it brings", () => {
  const raid = raidOf();
  const news = event({ userId: 2, xp: 5, currentXp: 95, currentTasks: 9, xpContributed: 35, tasksContributed: 4 });
  assert.equal(raid.apply("contribution", news), "applied");
  assert.deepEqual([raid.currentXp, raid.currentTasks, raid.seq], [95, 9, 11]);
  assert.deepEqual([raid.members.get(2).xpContributed, raid.members.get(2).tasksContributed], [35, 4]);
});

test("a contribution of somebody who is no member changes the raid's totals only", () => {
  const raid = raidOf();
  assert.equal(raid.apply("contribution", event({ userId: 9, xp: 5, currentXp: 95, currentTasks: 9 })), "applied");
  assert.equal(raid.currentXp, 95);
  assert.equal(raid.members.has(9), false);
});

test("what is voided is gone from the totals", () => {
  const raid = raidOf();
  raid.apply("contribution_voided", event({ userId: 1, xp: 60, currentXp: 30, currentTasks: 3, xpContributed: 0, tasksContributed: 0 }));
  assert.deepEqual([raid.currentXp, raid.currentTasks, raid.members.get(1).xpContributed], [30, 3, 0]);
});

test("what is known already changes nothing", () => {
  const raid = raidOf();
  assert.equal(raid.apply("contribution", event({ seq: 10, userId: 1, currentXp: 1 })), "known");
  assert.equal(raid.currentXp, 90);
});

test("a gap is said and changes nothing", () => {
  const raid = raidOf();
  assert.equal(raid.apply("contribution", event({ seq: 12, userId: 1, currentXp: 1 })), "gap");
  assert.deepEqual([raid.currentXp, raid.seq], [90, 10]);
});

test("who joins is a member, also who comes back with what they had", () => {
  const raid = raidOf();
  raid.apply("member_join", event({ userId: 3, username: "Cem", role: "member", xpContributed: 7, tasksContributed: 1, isOnline: true }));
  const { joinedAt, ...cem } = raid.members.get(3);
  assert.deepEqual(cem, { userId: 3, username: "Cem", role: "member", xpContributed: 7, tasksContributed: 1, isOnline: true });
  assert.equal(joinedAt, "2026-11-21T10:00:00.000Z");
});

test("who leaves is gone, but not their name; the lead goes on", () => {
  const raid = raidOf();
  raid.apply("member_leave", event({ userId: 1, removed: false, newLeaderId: 2 }));
  assert.equal(raid.members.has(1), false);
  assert.equal(raid.nameOf(1), "Ann");
  assert.deepEqual([raid.leaderId, raid.members.get(2).role], [2, "leader"]);
  assert.equal(raid.currentXp, 90);
});

test("names of nobody known are the id, and only so many who left are remembered", () => {
  const raid = raidOf();
  assert.equal(raid.nameOf(77), "user 77");
  for (let id = 100; id < 1_102; id += 1) {
    raid.apply("member_join", event({ seq: raid.seq + 1, userId: id, username: `n${id}`, role: "member" }));
    raid.apply("member_leave", event({ seq: raid.seq + 1, userId: id, removed: true }));
  }
  assert.equal(raid.nameOf(100), "user 100");
  assert.equal(raid.nameOf(1_101), "n1101");
});

test("a new name is taken", () => {
  const raid = raidOf();
  raid.apply("member_update", event({ userId: 2, username: "Benjamin" }));
  assert.equal(raid.nameOf(2), "Benjamin");
});

test("the lead is handed over, and there is one leader", () => {
  const raid = raidOf();
  raid.apply("member_update", event({ userId: 2, role: "leader", previousLeaderId: 1 }));
  assert.deepEqual([raid.leaderId, raid.members.get(1).role, raid.members.get(2).role], [2, "member", "leader"]);
});

test("details change one by one", () => {
  const raid = raidOf({ inviteCode: "ABCD" });
  raid.apply("raid_update", event({ title: "Autumn", public: true }));
  assert.deepEqual([raid.title, raid.public, raid.description, raid.inviteCode], ["Autumn", true, "All of it", "ABCD"]);
});

test("an update that shows nothing is a renewed invite code: the one we had is dead", () => {
  const raid = raidOf({ inviteCode: "ABCD" });
  raid.apply("raid_update", event({}));
  assert.equal(raid.inviteCode, null);
});

test("the start brings the deadline", () => {
  const raid = raidOf({ status: "recruiting", startedAt: null, deadline: null });
  assert.equal(raid.secondsLeft(0), null);
  raid.apply("raid_start", event({ deadline: "2026-11-22T10:00:00.000Z" }));
  assert.deepEqual([raid.status, raid.startedAt, raid.deadline], ["active", "2026-11-21T10:00:00.000Z", "2026-11-22T10:00:00.000Z"]);
});

for (const [name, status] of [["raid_complete", "completed"], ["raid_failed", "failed"], ["raid_cancelled", "cancelled"]]) {
  test(`${name} is the end`, () => {
    const raid = raidOf();
    raid.apply(name, event({ currentXp: 100, currentTasks: 10, reason: "deadline", endedAt: "2026-11-21T11:00:00.000Z" }));
    assert.deepEqual([raid.status, raid.over, raid.isActive, raid.currentXp], [status, true, false, 100]);
    assert.equal(raid.endedAt, "2026-11-21T11:00:00.000Z");
    assert.equal(raid.secondsLeft(0), null);
  });
}

test("an end that brings no totals leaves them as they are", () => {
  const raid = raidOf();
  raid.apply("raid_failed", event({ reason: "deadline", endedAt: "2026-11-21T11:00:00.000Z" }));
  assert.deepEqual([raid.currentXp, raid.currentTasks], [90, 8]);
});

test("the seconds left are whole, and never below 0", () => {
  const raid = raidOf({ deadline: "2026-11-21T10:00:10.000Z" });
  const at = (text) => raid.secondsLeft(Date.parse(`2026-11-21T10:00:${text}Z`));
  assert.deepEqual([at("00.000"), at("09.001"), at("10.000"), at("11.000")], [10, 1, 0, 0]);
});

test("presence has no number, and strangers in it are passed over", () => {
  const raid = raidOf();
  assert.equal(raid.onlineCount, 1);
  assert.equal(raid.apply("presence", { raidId: 42, online: [2, 99], offline: [1, 98] }), "applied");
  assert.deepEqual([...raid.members.values()].map((member) => member.isOnline), [false, true]);
  assert.equal(raid.onlineCount, 1);
  raid.apply("presence", { raidId: 42, online: [1] });
  assert.equal(raid.onlineCount, 2);
});

test("who leaves is not counted as being there", () => {
  const raid = raidOf();
  assert.equal(raid.onlineCount, 1);
  raid.apply("member_leave", event({ userId: 1, removed: false, newLeaderId: 2 }));
  assert.equal(raid.onlineCount, 0);
});

test("an unlock told in passing changes nothing", () => {
  const raid = raidOf();
  assert.equal(raid.apply("achievement_unlocked", { raidId: 42, userId: 1, achievement: { id: 1 } }), "applied");
  assert.equal(raid.seq, 10);
});

test("an event nobody knows yet is stepped over", () => {
  const raid = raidOf();
  assert.equal(raid.apply("raid_frozen", event({ status: "frozen" })), "applied");
  assert.deepEqual([raid.seq, raid.status], [11, "active"]);
});

test("a snapshot replaces everything in the same object, also what it does not name", () => {
  const raid = raidOf({ inviteCode: "ABCD" });
  const fresh = { ...snapshot({ epoch: 4, seq: 2, currentXp: 5 }), raidId: 42, at: "2026-11-21T10:00:00.000Z" };
  assert.equal(raid.apply("snapshot", fresh), "applied");
  assert.deepEqual([raid.epoch, raid.seq, raid.currentXp, raid.inviteCode, raid.cursor], [4, 2, 5, undefined, "4-2"]);
  assert.equal("raidId" in raid, false);
});

test("a hundred thousand events leave the members the same map", () => {
  const members = Array.from({ length: 10_000 }, (_, at) => ({ ...snapshot().members[0], userId: at + 1 }));
  const raid = raidOf({ members, seq: 0 });
  const map = raid.members;
  for (let seq = 1; seq <= 100_000; seq += 1) {
    raid.apply("contribution", { raidId: 42, seq, userId: seq % 10_000, xp: 1, currentXp: seq, currentTasks: seq, xpContributed: 1, tasksContributed: 1 });
  }
  assert.equal(raid.currentXp, 100_000);
  assert.equal(raid.members, map);
});

for (const fields of [{ currentXp: "abc" }, { currentTasks: null }, { xpContributed: {} }, { userId: "2" }, { at: "soon" }]) {
  test(`an event with ${JSON.stringify(fields)} is a gap and changes nothing`, () => {
    const raid = raidOf();
    const before = structuredClone([raid.currentXp, raid.currentTasks, raid.seq, [...raid.members]]);
    assert.equal(raid.apply("contribution", event({ userId: 2, xp: 5, currentXp: 95, currentTasks: 9, ...fields })), "gap");
    assert.deepEqual([raid.currentXp, raid.currentTasks, raid.seq, [...raid.members]], before);
  });
}

test("totals that are not told stay as they are", () => {
  const raid = raidOf();
  raid.apply("contribution", event({ userId: 2, xp: 5 }));
  assert.deepEqual([raid.currentXp, raid.members.get(2).xpContributed, raid.members.get(2).tasksContributed], [90, 30, 3]);
});

test("a snapshot's impossible fields and members are left out", () => {
  const raid = raidOf({ currentXp: "abc", deadline: "never", members: [{ userId: "x" }, ...snapshot().members] });
  assert.deepEqual([raid.currentXp, raid.deadline, [...raid.members.keys()]], [0, null, [1, 2]]);
  raid.apply("snapshot", snapshot({ members: null }));
  assert.equal(raid.members.size, 0);
});

test("what is told in passing and says something impossible is left out", () => {
  const raid = raidOf();
  assert.equal(raid.apply("achievement_unlocked", { raidId: 42, userId: 2, at: "soon" }), "known");
  assert.equal(raid.apply("presence", { online: 7, offline: "x" }), "applied");
  assert.equal(raid.onlineCount, 1);
});

test("it says which event renewed the invite code last, also twice before anybody read it", () => {
  const raid = raidOf({ inviteCode: "ABCD" });
  raid.apply("raid_update", event());
  raid.apply("raid_update", event({ seq: 12 }));
  assert.deepEqual([raid.inviteCode, raid.inviteCodeSeq], [null, 12]);
});
