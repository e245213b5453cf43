// The two bars: XP and tasks, as the server's totals stand to the targets.

import { h, setText } from "../dom.js";
import { figure, percent, share } from "../figures.js";
import { texts } from "../texts.js";

/** `places` are where an effect for XP or for a task belongs. */
export function barsView() {
  const words = texts.room.bars;
  const xp = bar("xp", words.xp);
  const tasks = bar("tasks", words.tasks);
  return {
    element: h("div", { class: "room-bars" }, xp.element, tasks.element),
    places: { xp: xp.element, tasks: tasks.element },
    update(raid) {
      xp.update(raid.currentXp, raid.targetXp);
      tasks.update(raid.currentTasks, raid.targetTasks);
    },
  };
}

function bar(kind, name) {
  const words = texts.room.bars;
  const value = h("span", { class: "figure room-bar-value", data: { total: kind } });
  const of = h("span", { class: "soft" });
  const part = h("span", { class: "figure room-bar-part" });
  const fill = h("div", { class: "bar-fill" });
  const bounds = { "aria-valuemin": 0, "aria-valuemax": 100 };
  const track = h("div", { class: "bar room-bar-track", role: "progressbar", "aria-label": name, ...bounds }, fill);
  const label = h("div", { class: "spread" }, h("p", {}, value, " ", of), part);
  return {
    element: h("div", { class: `room-bar room-bar-${kind}` }, label, track),
    /** Without a target there is a figure and no bar: nothing could fill it. */
    update(current, target) {
      track.hidden = part.hidden = target === 0;
      setText(value, figure(current));
      setText(of, target === 0 ? words.without(name) : words.of(figure(target), name));
      if (target === 0) return;
      const reached = percent(current, target);
      setText(part, `${reached} %`);
      fill.style.transform = `scaleX(${share(current, target)})`;
      say(track, "aria-valuenow", String(reached));
      say(track, "aria-valuetext", words.spoken(figure(current), figure(target), name));
    },
  };
}

function say(element, attribute, value) {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}
