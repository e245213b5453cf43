// Which toasts are shown, and which wait. Pure: no element, no clock.

/** So many are shown at once, and so many wait at most; beyond that the oldest that waits goes unseen. */
export const SHOWN = 3;
export const WAITING = 20;
const NAMED = 3;
const REMEMBERED = 100;

/**
 * A toast is `{title, text, kind, icon, key?, sum?}`. `sum: {of, name, title(count), text(names, more)}` says that
 * several of those that wait may become one. `reward(key, ...)` adds what an unlock brought to the toast that
 * tells of it.
 */
export class Line {
  #waiting = [];
  #shown = new Set();

  get shown() {
    return [...this.#shown];
  }

  get waiting() {
    return this.#waiting.length;
  }

  add(toast) {
    const alike = toast.sum && this.#waiting.find((other) => other.sum?.of === toast.sum.of);
    if (alike) return addTo(alike, toast);
    this.#waiting.push({ ...toast, count: 1, names: new Set([toast.sum?.name]), keys: [toast.key], xp: 0, credits: 0 });
    if (this.#waiting.length > WAITING) this.#waiting.shift();
  }

  /** Whether something waits that tells of this; then what it brought is told with it. */
  reward(key, { xp, credits }) {
    const told = this.#waiting.find(({ keys }) => keys.includes(key));
    if (!told) return false;
    told.xp += xp;
    told.credits += credits;
    return true;
  }

  /** Those that come up now, each as it is to be shown; `most` are shown at once. */
  next(most = SHOWN) {
    const coming = this.#waiting.splice(0, Math.max(0, most - this.#shown.size)).map(summedUp);
    for (const toast of coming) this.#shown.add(toast);
    return coming;
  }

  /** It was read, or sent away. */
  done(toast) {
    this.#shown.delete(toast);
  }
}

function addTo(one, toast) {
  one.count += 1;
  if (one.names.size < REMEMBERED) one.names.add(toast.sum.name);
  if (one.keys.length < REMEMBERED) one.keys.push(toast.key);
}

function summedUp({ title, text, kind, icon, sum, count, names, xp, credits }) {
  if (count === 1) return { kind, title, text, icon, xp, credits };
  const named = [...names].slice(0, NAMED);
  return { kind, title: sum.title(count), text: sum.text(named, names.size - named.length), icon: null, xp, credits };
}
