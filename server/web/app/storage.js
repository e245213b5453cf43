// What is remembered between visits. A browser may forbid it: then nothing is remembered, and nothing breaks.

/** The storage of that name, or null where the browser does not let us have it. */
export function storageNamed(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

/** One remembered text in `localStorage` or `sessionStorage`. */
export function remembered(storageName, key) {
  return {
    get: () => tried(() => storageNamed(storageName)?.getItem(key) ?? null),
    set: (value) => tried(() => storageNamed(storageName)?.setItem(key, value)),
    forget: () => tried(() => storageNamed(storageName)?.removeItem(key)),
  };
}

function tried(work) {
  try {
    return work() ?? null;
  } catch {
    return null;
  }
}
