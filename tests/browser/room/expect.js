// As little as the units of the room need to say what should be.

export function equal(actual, expected) {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(`it does not hold: ${what}`);
}
