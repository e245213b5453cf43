// Names for what must not be done twice.

/** A random UUID. `crypto.randomUUID` is there in secure contexts only; a phone may come to a test server by plain
 * http. */
export function newKey() {
  return globalThis.crypto.randomUUID?.() ?? uuidOf(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}

/** @param {Uint8Array} bytes  sixteen random ones */
export function uuidOf(bytes) {
  const marked = Uint8Array.from(bytes);
  marked[6] = (marked[6] & 0x0f) | 0x40; // version 4: random
  marked[8] = (marked[8] & 0x3f) | 0x80; // variant of RFC 9562
  const hex = Array.from(marked, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
