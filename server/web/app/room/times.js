// Times as people read them, from seconds.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const JUST_NOW_SECONDS = 5;

const two = (number) => String(number).padStart(2, "0");

/** "2 d 4 h", "3 h 05 min", and by the second in the last hour: "12:34". */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= DAY) return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
  if (whole >= HOUR) return `${Math.floor(whole / HOUR)} h ${two(Math.floor((whole % HOUR) / MINUTE))} min`;
  return `${Math.floor(whole / MINUTE)}:${two(whole % MINUTE)}`;
}

/** How long something took, in words that need no clock: "42 s", "12 min", else as `duration`. */
export function took(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  return whole < HOUR ? `${Math.round(whole / MINUTE)} min` : duration(whole);
}

/** "now", "12 s", "3 min", "2 h", "4 d". */
export function ago(seconds) {
  if (seconds < JUST_NOW_SECONDS) return "now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  return seconds < DAY ? `${Math.floor(seconds / HOUR)} h` : `${Math.floor(seconds / DAY)} d`;
}
