// What the parts of the profile are made with: days and problems in words, buttons that work once at a time, lists
// with an end.

import { h, replace, setText } from "../dom.js";
import { refusalOf } from "../refusals.js";
import { texts } from "../texts.js";

const said = texts.profile;

/** The local day of an instant, in a person's own zone. */
export function dayAt(instant, zone) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit" };
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, ...parts }).format(instant);
}

/** What went wrong, for whoever clicked. */
export const problemInWords = (problem) => refusalOf(problem, said.problems);

/** A line for what went wrong; read out when it is filled. */
export function errorLine() {
  return h("p", { class: "field-error", role: "alert", hidden: true });
}

export function tell(line, text) {
  setText(line, text);
  line.hidden = text === "";
}

/** Have `work` done once at a time, the button busy meanwhile and the error line told how it went. True: it was
 * done. */
export async function attempt(button, line, work) {
  if (button.getAttribute("aria-busy") === "true") return false;
  button.setAttribute("aria-busy", "true");
  tell(line, "");
  try {
    await work();
    return true;
  } catch (problem) {
    tell(line, problemInWords(problem));
    return false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/**
 * A list of which `first` are drawn, and `step` more with each press of a button: ten thousand are too many to draw.
 * `show(items)` keeps how far it was opened.
 */
export function boundedList(tag, properties, { first, step, draw }) {
  const list = h(tag, properties);
  const more = h("button", { type: "button", class: "plain", on: { click: open } });
  let items = [];
  let count = first;

  function open() {
    const before = list.children.length;
    count += step;
    fill();
    focusOn(list.children[before]);
  }

  function fill() {
    replace(list, items.slice(0, count).map(draw));
    setText(more, said.showMore(Math.min(step, items.length - count), items.length - count));
    more.hidden = items.length <= count;
  }

  return { element: h("div", { class: "stack bounded" }, list, more), show: (given) => ((items = given), fill()) };
}

function focusOn(element) {
  element?.setAttribute("tabindex", "-1");
  element?.focus({ preventScroll: true });
}
