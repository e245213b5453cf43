// A raid as its snapshot and its events tell it. Every total in it came from the server as a total: nothing is added
// up.

/** @import { EventData, Member, Snapshot, Status } from "./types.js" */

import { isSound, listOf, unsound } from "./sound.js";

/** @type {Record<string, Status>} */
const ENDS = { raid_complete: "completed", raid_failed: "failed", raid_cancelled: "cancelled" };

const DETAILS = /** @type {const} */ ([
  "title", "description", "openJoin", "public", "maxMembers", "targetXp", "targetTasks", "deadline",
]);
const TOTALS = /** @type {const} */ (["xpContributed", "tasksContributed"]);
const ENVELOPE = new Set(["raidId", "at", "seq"]);

/** Names of people who left are remembered, so that it can be told who did; the oldest are forgotten first. */
const FORMER_NAMES_MAX = 1_000;

/** Pure: no input or output, no clock. The object stays the same one over a `snapshot`, which replaces all of it. */
export class Raid {
  id = 0;
  title = "";
  description = "";
  /** @type {Status} */
  status = "recruiting";
  public = false;
  openJoin = false;
  /** For members only; null when it was renewed and nobody said what it is now: then read the raid.
   * @type {string | null | undefined} */
  inviteCode = undefined;
  /** The number of the event that renewed the code last: whoever read the raid before that has an old one. */
  inviteCodeSeq = 0;
  targetXp = 0;
  targetTasks = 0;
  currentXp = 0;
  currentTasks = 0;
  maxMembers = 0;
  leaderId = 0;
  createdAt = "";
  /** @type {string | null} */
  startedAt = null;
  /** @type {string | null} */
  endedAt = null;
  /** @type {string | null} */
  deadline = null;
  epoch = 0;
  seq = 0;
  /** By user id, in the order in which they joined. @type {Map<number, Member>} */
  members = new Map();

  /** @type {Map<number, string>} */
  #formerNames = new Map();
  /** Counted when asked for. @type {number | null} */
  #online = null;

  /** @param {Snapshot} snapshot */
  constructor(snapshot) {
    this.#become(snapshot);
  }

  get cursor() {
    return `${this.epoch}-${this.seq}`;
  }

  get over() {
    return this.status === "completed" || this.status === "failed" || this.status === "cancelled";
  }

  get isActive() {
    return this.status === "active";
  }

  get onlineCount() {
    if (this.#online === null) {
      this.#online = 0;
      for (const member of this.members.values()) if (member.isOnline) this.#online += 1;
    }
    return this.#online;
  }

  /** Also of those who have left, as long as they are remembered.
   * @param {number} userId */
  nameOf(userId) {
    return this.members.get(userId)?.username ?? this.#formerNames.get(userId) ?? `user ${userId}`;
  }

  /** Whole seconds until the deadline, at least 0; null without one, or when the raid is over.
   * @param {number} now  the server's time in ms, as `raidline.now()` has it
   * @returns {number | null} */
  secondsLeft(now) {
    if (this.deadline === null || this.over) return null;
    return Math.max(0, Math.ceil((Date.parse(this.deadline) - now) / 1000));
  }

  /**
   * "known": we have it already, and nothing changed. "gap": something before it is missing, and nothing changed.
   * What is not of the log (`presence`, an unlock told in passing) has no number and is always applied.
   * What says something impossible (a total that is no number, a moment that is none) changes nothing: a numbered one
   * is a "gap", which brings a snapshot in the end, another is left out as if it were "known".
   * @param {string} event
   * @param {EventData} data
   * @returns {"applied" | "known" | "gap"}
   */
  apply(event, data) {
    if (event === "snapshot") this.#become(/** @type {Snapshot} */ (data));
    else if ("seq" in data) return this.#entry(event, data);
    else if (!isSound(data)) return "known";
    else if (event === "presence") this.#presence(data);
    return "applied";
  }

  /** @param {Snapshot} snapshot */
  #become(snapshot) {
    // `raidId` and `at` are of the event that brought it; `cursor` is made of epoch and seq here.
    const { members, cursor: _, raidId: __, at: ___, ...fields } = /** @type {EventData & Snapshot} */ (snapshot);
    for (const member of this.members.values()) this.#rememberName(member);
    // A server of tomorrow may say more, also what is worked out here: that stays as it is.
    const wrong = new Set(unsound(fields));
    const told = Object.entries(fields).filter(([name]) => !(name in Raid.prototype) && !wrong.has(name));
    Object.assign(this, { inviteCode: undefined, inviteCodeSeq: 0 }, Object.fromEntries(told));
    const people = listOf(members).filter((member) => isSound(member));
    this.members = new Map(people.map((member) => [member.userId, { ...member }]));
    this.#online = null;
  }

  /** @param {string} event @param {EventData} data @returns {"applied" | "known" | "gap"} */
  #entry(event, data) {
    if (data.seq <= this.seq) return "known";
    if (data.seq !== this.seq + 1 || !isSound(data)) return "gap";
    this.seq = data.seq;
    this.#change(event, data);
    return "applied";
  }

  /** @param {string} event @param {EventData} data */
  #change(event, data) {
    switch (event) {
      case "contribution":
      case "contribution_voided": return this.#contributed(data);
      case "member_join": return this.#joined(data);
      case "member_leave": return this.#left(data);
      case "member_update": return this.#memberChanged(data);
      case "raid_update": return this.#detailsChanged(data);
      case "raid_start": return this.#started(data);
      default: if (event in ENDS) this.#ended(event, data);
    }
  }

  /** @param {EventData} data */
  #contributed(data) {
    this.#totals(data);
    const member = this.members.get(data.userId);
    if (member !== undefined) for (const name of TOTALS) member[name] = data[name] ?? member[name];
  }

  /** @param {EventData} data */
  #totals({ currentXp = this.currentXp, currentTasks = this.currentTasks }) {
    this.currentXp = currentXp;
    this.currentTasks = currentTasks;
  }

  /** @param {EventData} data */
  #joined({ userId, username, role, xpContributed = 0, tasksContributed = 0, isOnline, at }) {
    this.members.set(userId, { userId, username, role, xpContributed, tasksContributed, isOnline, joinedAt: at });
    this.#online = null;
  }

  /** @param {EventData} data */
  #left({ userId, newLeaderId }) {
    const member = this.members.get(userId);
    if (member !== undefined) this.#rememberName(member);
    this.members.delete(userId);
    this.#online = null;
    if (newLeaderId) this.#lead(newLeaderId);
  }

  /** @param {EventData} data */
  #memberChanged({ userId, username, role }) {
    const member = this.members.get(userId);
    if (member !== undefined && username !== undefined) member.username = username;
    if (role === "leader") this.#lead(userId);
  }

  /** @param {number} userId */
  #lead(userId) {
    const [before, now] = [this.members.get(this.leaderId), this.members.get(userId)];
    if (before !== undefined) before.role = "member";
    if (now !== undefined) now.role = "leader";
    this.leaderId = userId;
  }

  /** @param {EventData} data */
  #detailsChanged(data) {
    for (const name of DETAILS) if (name in data) Object.assign(this, { [name]: data[name] });
    // A renewed invite code is a secret of the members: its event says that something changed, and nothing else.
    if (!Object.keys(data).every((name) => ENVELOPE.has(name))) return;
    this.inviteCodeSeq = data.seq;
    if (this.inviteCode) this.inviteCode = null;
  }

  /** @param {EventData} data */
  #started({ deadline, at }) {
    this.status = "active";
    this.startedAt = at;
    this.deadline = deadline;
  }

  /** @param {string} event @param {EventData} data */
  #ended(event, data) {
    this.#totals(data);
    this.status = /** @type {Status} */ (ENDS[event]);
    this.endedAt = data.endedAt;
  }

  /** @param {EventData} data */
  #presence({ online, offline }) {
    for (const userId of listOf(online)) this.#seen(userId, true);
    for (const userId of listOf(offline)) this.#seen(userId, false);
    this.#online = null;
  }

  /** @param {number} userId @param {boolean} isOnline */
  #seen(userId, isOnline) {
    const member = this.members.get(userId);
    if (member !== undefined) member.isOnline = isOnline;
  }

  /** @param {Member} member */
  #rememberName({ userId, username }) {
    this.#formerNames.delete(userId);
    this.#formerNames.set(userId, username);
    if (this.#formerNames.size > FORMER_NAMES_MAX) {
      this.#formerNames.delete(/** @type {number} */ (this.#formerNames.keys().next().value));
    }
  }
}
