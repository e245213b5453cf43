// What a watch follows, and how far it has got. It reads and writes nothing: it is told of frames, keeps the raids,
// tells what is new, and says when it lost track.

/** @import { EventData, Interest, Snapshot, WatchHandlers } from "./types.js" */

import { Raid } from "./raid.js";

/** As many as one connection takes; the server's own bound. */
export const RAIDS_MAX = 50;

/** The server announces a head with its heartbeat; what leads up to it may be on its way for so long. */
const ON_ITS_WAY_MS = 3_000;

/** Own events are told apart by what they say, for on a stream of several they have no number. More than come between
 * two blocks of a cursor. */
const OWN_REMEMBERED_MAX = 200;

/**
 * One event as either transport has it. `position` is `<epoch>-<seq>` where the transport tells it, else "".
 * `raidId` is null for own events and for what is of the whole connection.
 * @typedef {{event: string, data: EventData, raidId: number | null, own: boolean, position: string}} Frame
 */

/** @typedef {number | "own"} Topic */

export class Feed {
  /** @type {Map<number, Raid>} */
  raids = new Map();
  /** @type {Set<number>} */
  wanted = new Set();
  /** @type {string | null} */
  ownPosition = null;
  /** The cursor over several raids, which only the server can read. @type {string | null} */
  listCursor = null;

  /** Who we are, as the snapshot of our own log says. @type {number | null} */
  #ownId = null;
  /** Own events that were told, the oldest first. @type {Set<string>} */
  #ownTold = new Set();
  /** Heads we were told of and have not reached. @type {Map<Topic, {head: string, since: number}>} */
  #awaited = new Map();
  /** What lost track and has not moved since. @type {Set<Topic>} */
  #stuck = new Set();
  /** What its own position did not help: it begins anew. @type {Set<Topic>} */
  #forgotten = new Set();

  /** @param {Interest} interest @param {Required<Pick<WatchHandlers, "raid" | "own">>} told */
  constructor({ raids = [], own = false }, told) {
    this.own = own;
    this.told = told;
    this.want(raids);
  }

  /** Follow these raids from now on. Returns whether that changed anything. @param {Iterable<number>} raidIds */
  want(raidIds) {
    const wanted = new Set(raidIds);
    if (wanted.size > RAIDS_MAX) throw new RangeError(`One watch follows at most ${RAIDS_MAX} raids.`);
    const changes = wanted.size !== this.wanted.size || [...wanted].some((id) => !this.wanted.has(id));
    for (const id of this.wanted) if (!wanted.has(id)) this.#drop(id);
    this.wanted = wanted;
    return changes;
  }

  /** The raid that all of this is about, if it is about nothing else. @returns {number | null} */
  get only() {
    const [first] = this.wanted;
    return this.wanted.size === 1 && !this.own ? first : null;
  }

  get isEmpty() {
    return this.wanted.size === 0 && !this.own;
  }

  /** From where to go on; null begins anew. @param {Topic} topic @returns {string | null} */
  positionOf(topic) {
    if (this.#forgotten.has(topic)) return null;
    return topic === "own" ? this.ownPosition : (this.raids.get(topic)?.cursor ?? null);
  }

  /** "lost" when something is missing: the connection has to begin again from `positionOf`. @param {Frame} frame */
  take(frame) {
    if (frame.own) return this.own ? this.#takeOwn(frame) : "taken";
    const { event, data, raidId } = frame;
    if (raidId === null || !this.wanted.has(raidId)) return "taken";
    if (event === "snapshot") return this.#begin(raidId, data);
    if (event === "hello") return this.#greeted(raidId, data);
    if (event === "sync") return this.#await(raidId, data.head);
    const raid = this.raids.get(raidId);
    if (raid === undefined) return this.#lose(raidId);
    return this.#apply(raid, frame);
  }

  /** Whether a head was announced a while ago and nothing led up to it. That counts as lost track. */
  isOverdue() {
    for (const [topic, { head, since }] of this.#awaited) {
      if (!isAfter(head, this.#at(topic))) this.#awaited.delete(topic);
      else if (Date.now() - since > ON_ITS_WAY_MS) {
        this.#awaited.delete(topic);
        return this.#lose(topic) === "lost";
      }
    }
    return false;
  }

  /** A connection ended: what its last heartbeat announced is for the next one to say again. */
  pause() {
    this.#awaited.clear();
  }

  /** @param {Raid} raid @param {Frame} frame */
  #apply(raid, { event, data, position }) {
    if (position !== "" && epochOf(position) !== raid.epoch) return this.#lose(raid.id);
    const became = raid.apply(event, data);
    if (became === "gap") return this.#lose(raid.id);
    if (became === "known") return "taken";
    if (this.#stuck.size > 0 && typeof data.seq === "number") this.#moved(raid.id);
    this.told.raid(raid, { event, data });
    return "taken";
  }

  /** What was missed follows, of a raid that we have. Or a snapshot does, however long it takes on its way.
   * @param {number} raidId @param {EventData} data */
  #greeted(raidId, { recovered, head }) {
    if (recovered === "full") return this.raids.has(raidId) ? this.#await(raidId, head) : this.#lose(raidId);
    this.#awaited.delete(raidId);
    return "taken";
  }

  /** @param {number} raidId @param {EventData} data */
  #begin(raidId, data) {
    const raid = this.raids.get(raidId) ?? new Raid(/** @type {Snapshot} */ (data));
    raid.apply("snapshot", data);
    this.raids.set(raidId, raid);
    this.#moved(raidId);
    this.told.raid(raid, { event: "snapshot", data });
    return "taken";
  }

  /** @param {Frame} frame */
  #takeOwn({ event, data, position }) {
    if (event === "hello" || event === "sync") return this.#await("own", data.head);
    if (event === "status" || event === "goaway") return "taken";
    if (event === "snapshot") this.#ownId = data.userId;
    else if (!this.#isNews(data)) return "taken";
    if (position !== "") this.ownPosition = position;
    this.#moved("own");
    this.told.own(event, data);
    return "taken";
  }

  /**
   * Whether this unlock is of our own log, on a stream where the raid's telling of it looks the same: the first is
   * taken for ours, the second for the raid's. Of a secret one the raid does not say the name.
   * @param {EventData} data
   */
  isOwnUnlock(data) {
    return data.userId === this.#ownId && data.achievement?.name !== null && !this.#ownTold.has(JSON.stringify(data));
  }

  /** @param {EventData} data */
  #isNews(data) {
    const told = this.#ownTold;
    const text = JSON.stringify(data);
    if (told.has(text)) return false;
    told.add(text);
    if (told.size > OWN_REMEMBERED_MAX) told.delete(/** @type {string} */ (told.values().next().value));
    return true;
  }

  /** @param {Topic} topic @param {string | undefined} head */
  #await(topic, head) {
    if (head !== undefined && !this.#awaited.has(topic) && isAfter(head, this.#at(topic))) {
      this.#awaited.set(topic, { head, since: Date.now() });
    }
    return "taken";
  }

  /** Where we are; what has no position yet is behind nothing. @param {Topic} topic @returns {string | null} */
  #at(topic) {
    return topic === "own" ? this.ownPosition : (this.raids.get(topic)?.cursor ?? null);
  }

  /** The second time without a step in between our position is of no use: a snapshot always is. @param {Topic} topic */
  #lose(topic) {
    if (this.#stuck.has(topic) || this.#at(topic) === null) {
      this.#forgotten.add(topic);
      this.listCursor = null;
    }
    this.#stuck.add(topic);
    return "lost";
  }

  /** @param {Topic} topic */
  #moved(topic) {
    this.#stuck.delete(topic);
    this.#forgotten.delete(topic);
  }

  /** @param {number} raidId */
  #drop(raidId) {
    this.raids.delete(raidId);
    this.#awaited.delete(raidId);
    this.#moved(raidId);
  }
}

/** @param {string} position */
const epochOf = (position) => Number.parseInt(position, 10);

/** Whether `head` lies behind `position`; nothing does where there is no position.
 * @param {string} head @param {string | null} position */
function isAfter(head, position) {
  if (position === null) return false;
  const [[headEpoch, headSeq], [epoch, seq]] = [head.split("-", 2).map(Number), position.split("-", 2).map(Number)];
  return headEpoch > epoch || (headEpoch === epoch && headSeq > seq);
}
