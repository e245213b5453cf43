// What the feed shows: the last lines, newest first. More in a second than one can read are summed up as one line.

export const LINES = 50;
export const FIT = 6;
const WINDOW_MS = 1_000;
const TAKE_BACK_MS = 15 * 60 * 1_000;

/** A line for what people did, or null for what is no news. `kind` is the event. */
export function lineOf(event, data, raid, me) {
  if (!TOLD.has(event)) return null;
  const name = data.username ?? raid.nameOf(data.userId);
  return {
    kind: event,
    at: momentOf(data.at),
    name,
    userId: data.userId,
    own: me !== null && data.userId === me,
    xp: Number.isFinite(data.xp) ? data.xp : 0,
    task: data.taskId ?? "",
    contributionId: data.contributionId ?? null,
    removed: data.removed === true,
    role: data.role ?? "",
    voided: false,
  };
}

/** In ms; null for what is none. */
function momentOf(text) {
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** A line for a row of the ledger. */
export function lineOfRow(row, raid, me) {
  const data = { ...row, at: row.createdAt };
  return { ...lineOf("contribution", data, raid, me), voided: row.voided };
}

/** One's own, while the raid runs, and not for ever. The server has the last word. */
export function canTakeBack(line, raid, now) {
  if (line.kind !== "contribution" || !line.own || line.voided) return false;
  return raid.status === "active" && line.at !== null && now - line.at < TAKE_BACK_MS;
}

const TOLD = new Set([
  "contribution", "contribution_voided", "member_join", "member_leave", "member_update",
  "raid_start", "raid_complete", "raid_failed", "raid_cancelled",
]);

export class FeedLines {
  lines = [];
  #windowStart = -Infinity;
  #room = { own: 0, others: 0 };
  #burst = null;

  /** `now` in ms of any clock that only goes forward. */
  note(line, now) {
    if (this.#has(line)) return; // the ledger may have told it before its event came
    this.#openWindow(now);
    if (line.kind === "contribution_voided") this.#markVoided(line.contributionId);
    const whose = line.own ? "own" : "others";
    if (this.#room[whose] === 0) return this.#sumUp(line);
    this.#room[whose] -= 1;
    this.#put(line);
  }

  /** The ledger's rows of before, beneath what has come since. */
  fill(older) {
    const contributions = this.lines.filter((line) => line.kind === "contribution");
    const known = new Set(contributions.map((line) => line.contributionId));
    this.lines = [...this.lines, ...older.filter((line) => !known.has(line.contributionId))].slice(0, LINES);
  }

  clear() {
    this.lines = [];
    this.#burst = null;
  }

  #has({ kind, contributionId }) {
    if (kind !== "contribution") return false;
    return this.lines.some((line) => line.kind === kind && line.contributionId === contributionId);
  }

  #openWindow(now) {
    if (now - this.#windowStart < WINDOW_MS) return;
    this.#windowStart = now;
    this.#room = { own: FIT, others: FIT };
    this.#burst = null;
  }

  #sumUp(line) {
    if (this.#burst === null) this.#put((this.#burst = { kind: "burst", at: line.at, count: 0, contributionId: null }));
    this.#burst.count += 1;
    this.#burst.at = line.at;
  }

  #put(line) {
    this.lines.unshift(line);
    if (this.lines.length > LINES) this.lines.length = LINES;
  }

  #markVoided(contributionId) {
    const voided = this.lines.find((line) => line.kind === "contribution" && line.contributionId === contributionId);
    if (voided !== undefined) voided.voided = true;
  }
}
