// The shapes that go over the wire and over the client's own face, for editors and for `tsc`. Nothing here runs.

/**
 * @typedef {object} Member
 * @property {number} userId
 * @property {string} username
 * @property {string} role  "leader" or "member"
 * @property {number} xpContributed
 * @property {number} tasksContributed
 * @property {boolean} isOnline
 * @property {string} joinedAt
 */

/**
 * @typedef {"recruiting" | "active" | "completed" | "failed" | "cancelled"} Status
 */

/**
 * What `GET /api/v1/raids/{id}` answers, and a stream's `snapshot`.
 * @typedef {object} Snapshot
 * @property {number} id
 * @property {string} title
 * @property {string} description
 * @property {Status} status
 * @property {boolean} public
 * @property {boolean} openJoin
 * @property {string | null} [inviteCode]  members only
 * @property {number} targetXp
 * @property {number} targetTasks
 * @property {number} currentXp
 * @property {number} currentTasks
 * @property {number} maxMembers
 * @property {number} maxXpPerContribution
 * @property {number} leaderId
 * @property {string} createdAt
 * @property {string | null} startedAt
 * @property {string | null} endedAt
 * @property {string | null} deadline
 * @property {number} epoch
 * @property {number} seq
 * @property {string} cursor
 * @property {Member[]} members
 */

/**
 * The data of an event: the contract names the fields of each.
 * @typedef {Record<string, any>} EventData
 */

/**
 * @typedef {object} User
 * @property {number} id
 * @property {string} name
 * @property {string} tz
 */

/**
 * @typedef {object} SessionAnswer
 * @property {string} token
 * @property {string} expiresAt
 * @property {User} user
 */

/**
 * `idle`: there is nothing to follow. `stale`: the stream is open, but the server hears nothing new at the moment.
 * `retryAt` in ms, as of Date.now().
 * @typedef {{kind: "idle"}
 *   | {kind: "connecting"}
 *   | {kind: "live"}
 *   | {kind: "stale", reason: string}
 *   | {kind: "reconnecting", retryAt: number, attempt: number}
 *   | {kind: "offline"}
 *   | {kind: "ended", reason: EndReason}} ConnectionState
 */

/**
 * @typedef {"signed_out" | "not_visible" | "too_many" | "closed"} EndReason
 */

/**
 * All are optional; what they throw is reported and changes nothing.
 * @typedef {object} WatchHandlers
 * @property {(raid: import("./raid.js").Raid, news: {event: string, data: EventData}) => void} [raid]
 * @property {(event: string, data: EventData) => void} [own]
 * @property {(raidId: number) => void} [gone]
 * @property {(state: ConnectionState) => void} [connection]
 */

/**
 * @typedef {object} Interest
 * @property {number[]} [raids]
 * @property {boolean} [own]
 * @property {boolean} [whileHidden]  also while nobody looks at the page; else the connection rests after a minute
 */

/**
 * What the outbox keeps of a contribution. `key` and `occurredAt` are made once.
 * @typedef {object} OutboxItem
 * @property {string} key
 * @property {number} raidId
 * @property {number} userId
 * @property {number} xp
 * @property {string} [type]
 * @property {string} [taskId]
 * @property {string} occurredAt
 */

/**
 * @typedef {{ok: true, answer: any} | {ok: false, problem: import("./errors.js").Problem}} OutboxAnswer
 */

export {};
