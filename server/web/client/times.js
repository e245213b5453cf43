// Times as the server takes them.

/**
 * RFC 3339 with the offset of where this device is: the local day of what somebody did comes from it.
 * @param {number} at  in ms
 */
export function withOffset(at) {
  const minutes = -new Date(at).getTimezoneOffset();
  const local = new Date(at + minutes * 60_000).toISOString().slice(0, -1);
  const sign = minutes < 0 ? "-" : "+";
  return `${local}${sign}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** @param {number} value */
const two = (value) => String(Math.floor(value)).padStart(2, "0");
