// What a listener throws is shown where errors of the page are shown, and stops nothing of ours.

/** @param {unknown} error */
export function report(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}
