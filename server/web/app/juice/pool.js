// A stated number of elements, made when first needed and used again for ever: a thousand bursts leave no garbage.

/** At most `limit` things that `make` makes; `take` answers null when all are out. */
export class Pool {
  #make;
  #limit;
  #idle = [];
  #out = new Set();

  constructor(limit, make) {
    this.#limit = limit;
    this.#make = make;
  }

  get free() {
    return this.#limit - this.#out.size;
  }

  take() {
    if (this.free <= 0) return null;
    const one = this.#idle.pop() ?? this.#make();
    this.#out.add(one);
    return one;
  }

  /** Back with it; giving back twice is once. */
  give(one) {
    if (this.#out.delete(one)) this.#idle.push(one);
  }
}
