// Why a day is what it is, in the words of the server, and what was contributed on it.

import { h, replace, setText } from "../dom.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";
import { sign } from "./day_states.js";

const said = texts.profile.calendar;
const { written } = texts.profile;

/** { element, show(day, stats) } */
export function dayNote() {
  const name = h("strong", {});
  const state = h("span", { class: "chip" });
  const why = h("p", {});
  const done = h("p", { class: "day-done" });
  const place = h("span", { class: "day-note-sign" });
  const element = h("div", { class: "day-note" }, place,
    h("div", { class: "day-note-words" }, h("p", { class: "row" }, name, state), why, done));

  function show(day, stats) {
    element.dataset.state = day.state;
    replace(place, sign(day.state));
    setText(name, written.inWords(day.day));
    setText(state, said.states[day.state] ?? day.state);
    setText(why, said.why(day.why));
    setText(done, doneInWords(stats));
    done.hidden = !stats;
  }

  return { element, show };
}

/** Everything about a day in one line: what is read out when an arrow key comes to it. */
export function dayLabel({ day, state, why }, stats) {
  return said.dayLabel([written.inWords(day), said.states[state] ?? state, why, doneInWords(stats)].filter(Boolean));
}

export function doneInWords(stats) {
  if (!stats) return "";
  const contributed = stats.tasks > 0 ? said.contributed(figure(stats.xp), stats.tasks) : null;
  return [contributed, stats.checkedIn ? said.checkedIn : null].filter(Boolean).join(" · ");
}
