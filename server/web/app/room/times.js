// Times as people read them, and what there is to say of a raid's time.

import { texts } from "../texts.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const JUST_NOW_SECONDS = 5;
const URGENT_SHARE = 0.2;
const words = texts.room.time;

const two = (number) => String(number).padStart(2, "0");

/** "2 d 4 h", "3 h 05 min", and by the second in the last hour: "12:34". */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= DAY) return words.days(Math.floor(whole / DAY), Math.floor((whole % DAY) / HOUR));
  if (whole >= HOUR) return words.hours(Math.floor(whole / HOUR), two(Math.floor((whole % HOUR) / MINUTE)));
  return words.clock(Math.floor(whole / MINUTE), two(whole % MINUTE));
}

/** How long something took: "42 s", "12 min", else as `duration`. */
export function took(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return words.seconds(whole);
  return whole < HOUR ? words.minutes(Math.round(whole / MINUTE)) : duration(whole);
}

/** "now", "12 s ago", "3 min ago", "2 h ago", "4 d ago". */
export function ago(seconds) {
  if (seconds < JUST_NOW_SECONDS) return words.justNow;
  if (seconds < MINUTE) return words.agoSeconds(Math.floor(seconds));
  if (seconds < HOUR) return words.agoMinutes(Math.floor(seconds / MINUTE));
  return seconds < DAY ? words.agoHours(Math.floor(seconds / HOUR)) : words.agoDays(Math.floor(seconds / DAY));
}

/** At `now` (ms): {seconds, isUp, isUrgent}; null before the start and after the end. */
export function timeLeft(raid, now) {
  if (raid.status !== "active" || !raid.deadline) return null;
  const [start, deadline] = [Date.parse(raid.startedAt), Date.parse(raid.deadline)];
  const left = Math.max(0, deadline - now);
  return { seconds: left / 1000, isUp: left === 0, isUrgent: left > 0 && left < (deadline - start) * URGENT_SHARE };
}

/** "14:05", and with its day when that is not today. */
export function clock(at) {
  const time = new Date(at);
  const day = time.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  return time.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
}
