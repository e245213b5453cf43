// How much time is left, by the server's clock.

import { h, setText } from "../dom.js";
import { urgent } from "../juice/index.js";
import { texts } from "../texts.js";
import { duration } from "./times.js";

const URGENT_SHARE = 0.2;

/** What there is to say of a raid's time at `now` (ms): null before the start and after the end. */
export function timeLeft(raid, now) {
  if (raid.status !== "active" || !raid.deadline) return null;
  const [start, deadline] = [Date.parse(raid.startedAt), Date.parse(raid.deadline)];
  const left = Math.max(0, deadline - now);
  const isUrgent = left > 0 && left < (deadline - start) * URGENT_SHARE;
  return { seconds: left / 1000, isUp: left === 0, isUrgent };
}

/** A countdown, told to screen readers only when they come to it, and once when it becomes urgent. */
export function timeLeftView(app) {
  const words = texts.room.time;
  const value = h("span", { class: "figure room-time-value" });
  const until = h("span", { class: "soft small" });
  const element = h("div", { class: "room-time", role: "timer", hidden: true }, value, until);
  let wasUrgent = null;
  return {
    element,
    update(raid) {
      const left = timeLeft(raid, app.raidline.now());
      element.hidden = left === null;
      const isUrgent = left?.isUrgent ?? false;
      if (wasUrgent !== isUrgent) urgent(element, isUrgent);
      if (wasUrgent === false && isUrgent) app.announce(words.urgent);
      wasUrgent = isUrgent;
      if (left === null) return;
      element.classList.toggle("is-urgent", isUrgent);
      setText(value, left.isUp ? words.up : duration(left.seconds));
      setText(until, left.isUp ? words.deciding : words.left);
      value.title = words.until(new Date(raid.deadline).toLocaleString());
    },
  };
}
