// One EventSource. The browser's own reconnecting repeats the address it began with, without a position and with a
// spent ticket; so it is closed at its first error, and whoever holds it opens another.

/** @import { Frame } from "./feed.js" */
/** @import { EventData } from "./types.js" */

import { Connection } from "./connection.js";

/** An EventSource hands out only what is asked for by name. What is unknown and numbered looks like a gap, and a
 * snapshot steps over it. */
const EVENTS = [
  "hello", "snapshot", "sync", "status", "goaway", "gone", "presence",
  "contribution", "contribution_voided", "member_join", "member_leave", "member_update",
  "raid_update", "raid_start", "raid_complete", "raid_failed", "raid_cancelled",
  "achievement_unlocked", "streak", "reward_granted",
];

/** These happen to a person and never to a raid, also where they say in which raid. */
const ALWAYS_OWN = new Set(["streak", "reward_granted"]);

export class EventSourceConnection extends Connection {
  /** @type {EventSource | null} */
  #source = null;

  /** @param {ConstructorParameters<typeof Connection>} given */
  constructor(...given) {
    super(...given);
    const ask = () => this.rest.streamTicket(this.feed.only ?? undefined);
    this.open(ask, (ticket) => this.#listen(this.#address(ticket)));
  }

  /** @override */
  close() {
    super.close();
    this.#source?.close();
  }

  /** Another list of raids is another address. @returns {boolean} whether it could be done in the same connection */
  change() {
    return false;
  }

  /** There is no asking on a one-way stream; the heartbeat tells. */
  ping() {}

  /** @param {string | undefined} ticket */
  #address(ticket) {
    const { feed, http } = this;
    if (feed.only !== null) {
      return http.url(`/raids/${feed.only}/stream`, { lastEventId: feed.positionOf(feed.only), ticket });
    }
    if (feed.wanted.size === 0) return http.url("/me/stream", { lastEventId: feed.positionOf("own"), ticket });
    return http.url("/stream", { raids: [...feed.wanted].join(","), lastEventId: feed.listCursor, ticket });
  }

  /** @param {string} address */
  #listen(address) {
    const source = new EventSource(address);
    this.#source = source;
    const { only } = this.feed;
    const read = only !== null ? ofRaid : this.feed.wanted.size === 0 ? ofOwn : this.#ofSeveral;
    const hear = (/** @type {MessageEvent<string>} */ message) => {
      if (!this.isClosed) this.listener.frame(read(message, JSON.parse(message.data)));
    };
    for (const name of EVENTS) source.addEventListener(name, hear);
    source.onerror = () => {
      if (this.isClosed) return;
      this.close();
      this.listener.ended({ kind: "lost" });
    };
  }

  /** The cursor comes after what it covers, so an event shows the one before it.
   * @param {MessageEvent<string>} message @param {EventData} data @returns {Frame} */
  #ofSeveral = ({ type, lastEventId }, data) => {
    if (lastEventId !== "") this.feed.listCursor = lastEventId;
    const own = this.#isOwn(type, data);
    return { event: type, data, own, raidId: own ? null : (data.raidId ?? null), position: "" };
  };

  /** @param {string} event @param {EventData} data */
  #isOwn(event, data) {
    if (!("raidId" in data)) return event !== "goaway";
    return ALWAYS_OWN.has(event) || (event === "achievement_unlocked" && this.feed.isOwnUnlock(data));
  }
}

/** `lastEventId` stays for what has none of its own; only numbered events are looked at for it.
 * @param {MessageEvent<string>} message @param {EventData} data @returns {Frame} */
const ofRaid = ({ type, lastEventId }, data) =>
  ({ event: type, data, own: false, raidId: data.raidId ?? null, position: "seq" in data ? lastEventId : "" });

/** @param {MessageEvent<string>} message @param {EventData} data @returns {Frame} */
const ofOwn = ({ type, lastEventId }, data) =>
  ({ event: type, data, own: type !== "goaway", raidId: null, position: lastEventId });
