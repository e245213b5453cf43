// What went wrong, in words; and the fields it is about.

import { Problem, Unreachable } from "../client/index.js";
import { texts } from "./texts.js";

const words = texts.common.problems;

/** A sentence for whoever did it. `known` has texts by the problem's code, and `known.fields` by the field that is at
 * fault. Anything that is no refusal is thrown on. */
export function refusalOf(error, known = {}) {
  if (error instanceof Unreachable) return words.unreachable;
  if (!(error instanceof Problem)) throw error;
  if (known[error.code] !== undefined) return known[error.code];
  const atFault = error.errors.map(({ field }) => inWords(field, known.fields)).filter(Boolean);
  if (atFault.length > 0) return [...new Set(atFault)].join(" ");
  if (error.status === 429) return words.tooMany(Math.ceil((error.retryAfterMs ?? 1_000) / 1_000));
  if (error.status >= 500) return words.unavailable;
  return words.other(error.detail);
}

/** The errors of a problem, in our words where we have some. */
export function errorsInWords(errors, fields) {
  return errors.map(({ field, message }) => ({ field, message: inWords(field, fields) ?? message }));
}

/** A field of one of several is named with its way to it: "items.3.xp". */
function inWords(field, fields = {}) {
  return fields[field.split(".").at(-1)];
}

/** No answer, or one that says "not now": worth another try. */
export function isPassing(error) {
  return error instanceof Unreachable || (error instanceof Problem && (error.status >= 500 || error.status === 429));
}

export function isSignedOut(error) {
  return error instanceof Problem && error.status === 401;
}
