// Whether what a server says is of the kind it has to be: nothing that is no number may get into a total.

/** @import { EventData } from "./types.js" */

const NUMBERS = [
  "seq", "userId", "xp", "currentXp", "currentTasks", "xpContributed", "tasksContributed",
  "targetXp", "targetTasks", "maxMembers", "maxXpPerContribution", "leaderId", "epoch",
];
const MOMENTS = ["at", "startedAt", "endedAt", "deadline"];

/** The fields of these data that are there and of the wrong kind. @param {EventData} data @returns {string[]} */
export function unsound(data) {
  return [
    ...NUMBERS.filter((name) => name in data && !Number.isFinite(data[name])),
    ...MOMENTS.filter((name) => data[name] != null && Number.isNaN(Date.parse(data[name]))),
  ];
}

/** @param {EventData} data */
export const isSound = (data) => unsound(data).length === 0;

/** @param {any} list @returns {any[]} */
export const listOf = (list) => (Array.isArray(list) ? list : []);
