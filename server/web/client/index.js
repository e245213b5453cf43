// Raidline's client: what anyone may use in an app of their own. docs/client.md tells the rest.

export { Problem, Unreachable } from "./errors.js";
export { Outbox, OutboxFull } from "./outbox.js";
export { Raid } from "./raid.js";
export { Raidline } from "./raidline.js";
export { Watch } from "./watch.js";
