// How much time is left, by the server's clock.

import { h, setText } from "../dom.js";
import { urgent } from "../juice/index.js";
import { texts } from "../texts.js";
import { duration, timeLeft } from "./times.js";

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
