// Where waiting contributions are kept. Each stands under a name of its own, so that two tabs that write at once
// never overwrite each other's.

/** @import { OutboxItem } from "./types.js" */

const TIME_DIGITS = 15;
const COUNTER_DIGITS = 6;

export class OutboxStore {
  #prefix;
  #storage;
  #counter = 0;
  /** What the storage would not take (full, forbidden) lasts as long as this page. @type {Map<string, string>} */
  #unsaved = new Map();

  /** @param {Storage | null} storage @param {string} origin @param {number} userId */
  constructor(storage, origin, userId) {
    this.#storage = storage;
    this.#prefix = `raidline.outbox ${origin} ${userId} `;
  }

  /** Oldest first. What is not ours to read is thrown away: nobody else can make sense of it either.
   * @returns {{name: string, item: OutboxItem}[]} */
  list() {
    const found = [];
    for (const name of this.#names().sort()) {
      const item = read(this.#unsaved.get(name) ?? this.#saved(name));
      if (item === null) this.remove(name);
      else found.push({ name, item });
    }
    return found;
  }

  get size() {
    return this.#names().length;
  }

  /** @param {OutboxItem} item */
  add(item) {
    this.#counter += 1;
    const counter = String(this.#counter).padStart(COUNTER_DIGITS, "0");
    const name = `${this.#prefix}${String(Date.now()).padStart(TIME_DIGITS, "0")}.${counter}.${item.key}`;
    const text = JSON.stringify(item);
    try {
      if (this.#storage === null) this.#unsaved.set(name, text);
      else this.#storage.setItem(name, text);
    } catch {
      this.#unsaved.set(name, text);
    }
  }

  /** @param {string} name */
  remove(name) {
    this.#unsaved.delete(name);
    try {
      this.#storage?.removeItem(name);
    } catch {
      // A storage that cannot be written cannot have taken it either.
    }
  }

  /** Whether a change of the browser's storage concerns us; null stands for all of it. @param {string | null} name */
  concerns(name) {
    return name === null || name.startsWith(this.#prefix);
  }

  #names() {
    const names = [...this.#unsaved.keys()];
    try {
      for (let at = 0; at < (this.#storage?.length ?? 0); at += 1) {
        const name = this.#storage?.key(at);
        if (name?.startsWith(this.#prefix)) names.push(name);
      }
    } catch {
      // A storage that cannot be read holds nothing for us.
    }
    return names;
  }

  /** @param {string} name */
  #saved(name) {
    try {
      return this.#storage?.getItem(name) ?? null;
    } catch {
      return null;
    }
  }
}

/** @param {string | null} text @returns {OutboxItem | null} */
function read(text) {
  try {
    const item = JSON.parse(text ?? "null");
    return isItem(item) ? item : null;
  } catch {
    return null;
  }
}

/** @param {any} item @returns {item is OutboxItem} */
function isItem(item) {
  return (
    item !== null && typeof item === "object" && typeof item.key === "string" && typeof item.occurredAt === "string" &&
    Number.isSafeInteger(item.raidId) && Number.isSafeInteger(item.userId) && Number.isSafeInteger(item.xp)
  );
}
