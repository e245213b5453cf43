// A year of days, a column for each week. One stop of the tab key; arrows move; each day explains itself.

import { h, replace } from "../dom.js";
import { texts } from "../texts.js";
import { dayNote, dayLabel } from "./day_note.js";
import { STATES, shapeOf, sign, strengthOf } from "./day_states.js";
import { dayFor, monthsOf, weeksOf } from "./days.js";

const said = texts.profile.calendar;
const { written } = texts.profile;

/** { element, show(own) } */
export function calendarCard() {
  return new Calendar();
}

class Calendar {
  #cells = new Map(); // day -> its cell
  #days = [];
  #stats = new Map();
  #chosen = null;
  #note;
  #months;
  #grid;
  #scroller;

  constructor() {
    this.#note = dayNote();
    this.#months = h("div", { class: "calendar-months", "aria-hidden": "true" });
    const named = { "aria-label": said.label, "aria-describedby": "calendar-keys" };
    this.#grid = h("div", { class: "calendar-grid", role: "grid", ...named });
    this.#scroller = h("div", { class: "calendar-scroll" }, this.#months, this.#grid);
    this.element = h("section", { class: "card calendar-card", id: "calendar", "aria-labelledby": "calendar-heading" },
      h("div", { class: "spread" }, h("h2", { id: "calendar-heading" }, said.heading),
        h("p", { id: "calendar-keys", class: "small soft calendar-keys" }, said.keys)),
      this.#scroller, this.#note.element, legend());
    this.#listen();
  }

  show({ streak, stats }) {
    const { days } = streak;
    const first = this.#days.length === 0;
    const isSameRange = this.#days[0]?.day === days[0].day && this.#days.at(-1)?.day === days.at(-1).day;
    this.#days = days;
    this.#stats = stats;
    if (!isSameRange) this.#draw(days);
    this.#paint();
    if (!isSameRange) this.#choose(this.#cells.has(this.#chosen) && !first ? this.#chosen : days.at(-1).day);
    if (first) requestAnimationFrame(() => (this.#scroller.scrollLeft = this.#scroller.scrollWidth));
    this.#tell(this.#chosen);
  }

  #draw(days) {
    const weeks = weeksOf(days.map(({ day }) => day));
    this.#cells.clear();
    this.element.style.setProperty("--weeks", weeks.length);
    replace(this.#months, monthsOf(weeks).map((one) => monthLabel(one)));
    replace(this.#grid, said.weekdays.map((name, place) => this.#row(name, place, weeks)));
  }

  #row(name, place, weeks) {
    const head = h("span", { class: "calendar-weekday", role: "rowheader" },
      h("span", { "aria-hidden": "true" }, said.weekdaysShort[place]), h("span", { class: "visually-hidden" }, name));
    return h("div", { class: "calendar-row", role: "row" }, head, weeks.map((week) => this.#cell(week[place])));
  }

  #cell(day) {
    if (day === null) return h("span", { class: "day-blank", role: "gridcell" });
    const look = { class: "day", role: "gridcell", data: { day } };
    const cell = h("span", { ...look, tabindex: -1, "aria-selected": "false" }, sign("none"));
    this.#cells.set(day, cell);
    return cell;
  }

  /** Only what is another than it was is touched: one day of 366, most times. */
  #paint() {
    const amounts = [...this.#stats.values()].map(({ xp }) => xp);
    const earned = amounts.filter((xp) => xp > 0).sort((one, other) => one - other);
    const today = this.#days.at(-1).day;
    for (const one of this.#days) {
      const cell = this.#cells.get(one.day);
      const label = dayLabel(one, this.#stats.get(one.day));
      if (cell.getAttribute("aria-label") !== label) cell.setAttribute("aria-label", label);
      const strength = one.state === "active" ? strengthOf(this.#stats.get(one.day)?.xp ?? 0, earned) : 0;
      if (cell.dataset.strength !== String(strength)) cell.dataset.strength = strength;
      if (cell.dataset.state !== one.state) repaint(cell, one.state);
      if (one.day === today) cell.setAttribute("aria-current", "date");
    }
  }

  #listen() {
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#grid.addEventListener("click", ({ target }) => this.#choose(dayOf(target), true));
    this.#grid.addEventListener("focusin", ({ target }) => this.#choose(dayOf(target)));
    this.#grid.addEventListener("pointerover", ({ target, pointerType }) => {
      if (pointerType === "mouse") this.#tell(dayOf(target) ?? this.#chosen);
    });
    this.#grid.addEventListener("pointerleave", () => this.#tell(this.#chosen));
  }

  #key(event) {
    if (event.altKey || event.metaKey) return;
    const to = dayFor(event.key, this.#chosen, this.#days[0].day, this.#days.at(-1).day);
    if (to === null) return;
    event.preventDefault();
    this.#choose(to, true);
  }

  #choose(day, moveFocus = false) {
    if (!this.#cells.has(day)) return;
    mark(this.#cells.get(this.#chosen), false);
    this.#chosen = day;
    const cell = this.#cells.get(day);
    mark(cell, true);
    if (moveFocus && document.activeElement !== cell) cell.focus();
    this.#tell(day);
  }

  #tell(day) {
    const one = this.#days.find((other) => other.day === day);
    if (one) this.#note.show(one, this.#stats.get(day));
  }
}

function mark(cell, isChosen) {
  cell?.setAttribute("aria-selected", String(isChosen));
  cell?.setAttribute("tabindex", isChosen ? "0" : "-1");
}

function repaint(cell, state) {
  cell.dataset.state = state;
  cell.querySelector("path").setAttribute("d", shapeOf(state));
}

function dayOf(target) {
  return target.closest("[data-day]")?.dataset.day ?? null;
}

function monthLabel({ month, column, span }) {
  const label = h("span", {}, written.month(month));
  label.style.gridColumn = `${column + 1} / span ${span}`;
  return label;
}

function legend() {
  const days = STATES.map((state) => {
    const data = { state, strength: state === "active" ? 3 : null };
    return h("li", { class: "legend-day", data }, sign(state), said.states[state]);
  });
  return h("ul", { class: "calendar-legend small", "aria-label": said.legend }, days);
}
