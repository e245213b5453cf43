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
  constructor() {
    this._cells = new Map(); // day -> its cell
    this._days = [];
    this._stats = new Map();
    this._chosen = null;
    this._note = dayNote();
    this._months = h("div", { class: "calendar-months", "aria-hidden": "true" });
    this._grid = h("div", { class: "calendar-grid", role: "grid", "aria-label": said.label, "aria-describedby": "calendar-keys" });
    this._scroller = h("div", { class: "calendar-scroll" }, this._months, this._grid);
    this.element = h("section", { class: "card calendar-card", id: "calendar", "aria-labelledby": "calendar-heading" },
      h("div", { class: "spread" }, h("h2", { id: "calendar-heading" }, said.heading),
        h("p", { id: "calendar-keys", class: "small soft calendar-keys" }, said.keys)),
      this._scroller, this._note.element, legend());
    this._listen();
  }

  show({ streak, stats }) {
    const { days } = streak;
    const first = this._days.length === 0;
    const isSameRange = this._days[0]?.day === days[0].day && this._days.at(-1)?.day === days.at(-1).day;
    this._days = days;
    this._stats = stats;
    if (!isSameRange) this._draw(days);
    this._paint();
    if (!isSameRange) this._choose(this._cells.has(this._chosen) && !first ? this._chosen : days.at(-1).day);
    if (first) requestAnimationFrame(() => (this._scroller.scrollLeft = this._scroller.scrollWidth));
    this._tell(this._chosen);
  }

  _draw(days) {
    const weeks = weeksOf(days.map(({ day }) => day));
    this._cells.clear();
    this.element.style.setProperty("--weeks", weeks.length);
    replace(this._months, monthsOf(weeks).map((one) => monthLabel(one)));
    replace(this._grid, said.weekdays.map((name, place) => this._row(name, said.weekdaysShort[place], weeks.map((week) => week[place]))));
  }

  _row(name, short, days) {
    const head = h("span", { class: "calendar-weekday", role: "rowheader" },
      h("span", { "aria-hidden": "true" }, short), h("span", { class: "visually-hidden" }, name));
    return h("div", { class: "calendar-row", role: "row" }, head, days.map((day) => this._cell(day)));
  }

  _cell(day) {
    if (day === null) return h("span", { class: "day-blank", role: "gridcell" });
    const cell = h("span", { class: "day", role: "gridcell", tabindex: -1, "aria-selected": "false", data: { day } }, sign("none"));
    this._cells.set(day, cell);
    return cell;
  }

  /** Only what is another than it was is touched: one day of 366, most times. */
  _paint() {
    const earned = [...this._stats.values()].map(({ xp }) => xp).filter((xp) => xp > 0).sort((one, other) => one - other);
    const today = this._days.at(-1).day;
    for (const one of this._days) {
      const cell = this._cells.get(one.day);
      const label = dayLabel(one, this._stats.get(one.day));
      if (cell.getAttribute("aria-label") !== label) cell.setAttribute("aria-label", label);
      const strength = one.state === "active" ? strengthOf(this._stats.get(one.day)?.xp ?? 0, earned) : 0;
      if (cell.dataset.strength !== String(strength)) cell.dataset.strength = strength;
      if (cell.dataset.state !== one.state) repaint(cell, one.state);
      if (one.day === today) cell.setAttribute("aria-current", "date");
    }
  }

  _listen() {
    this._grid.addEventListener("keydown", (event) => this._key(event));
    this._grid.addEventListener("click", ({ target }) => this._choose(dayOf(target), true));
    this._grid.addEventListener("focusin", ({ target }) => this._choose(dayOf(target)));
    this._grid.addEventListener("pointerover", ({ target, pointerType }) => pointerType === "mouse" && this._tell(dayOf(target) ?? this._chosen));
    this._grid.addEventListener("pointerleave", () => this._tell(this._chosen));
  }

  _key(event) {
    if (event.altKey || event.metaKey) return;
    const to = dayFor(event.key, this._chosen, this._days[0].day, this._days.at(-1).day);
    if (to === null) return;
    event.preventDefault();
    this._choose(to, true);
  }

  _choose(day, moveFocus = false) {
    if (!this._cells.has(day)) return;
    mark(this._cells.get(this._chosen), false);
    this._chosen = day;
    const cell = this._cells.get(day);
    mark(cell, true);
    if (moveFocus && document.activeElement !== cell) cell.focus();
    this._tell(day);
  }

  _tell(day) {
    const one = this._days.find((other) => other.day === day);
    if (one) this._note.show(one, this._stats.get(day));
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
  return h("ul", { class: "calendar-legend small", "aria-label": said.legend },
    STATES.map((state) => h("li", { class: "legend-day", data: { state, strength: state === "active" ? 3 : null } }, sign(state), said.states[state])));
}
