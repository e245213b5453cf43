// People's words in plain text, such as a window's title, where no element keeps their direction to themselves.

const [FIRST_STRONG, POP] = ["\u2068", "\u2069"];

/** What turns the direction of what follows it, and ends what others began. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Letters that run from right to left, and marks that say so. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b]/;

/** The text so that it turns nothing around it; as it is where it could not. */
export function isolated(text) {
  const still = text.replace(TURNS, "");
  return RIGHT_TO_LEFT.test(still) ? `${FIRST_STRONG}${still}${POP}` : still;
}
