// Sensible amounts of XP, each at a press.

import { h, replace } from "../dom.js";
import { figure, short } from "../figures.js";
import { texts } from "../texts.js";

const PRESSED_MS = 600;
const LONG = 1_000; // from here on figures need a smaller size
const words = texts.room.contribute;

/** { element, show(amounts) }. `contribute({xp})` says whether it is under way. */
export function quickButtons(contribute) {
  const element = h("div", { class: "room-quick", role: "group", "aria-label": words.quick });
  return {
    element,
    show(amounts) {
      if (element.dataset.amounts === String(amounts)) return;
      element.dataset.amounts = String(amounts);
      replace(element, amounts.map((xp) => quickButton(xp, contribute)));
    },
  };
}

function quickButton(xp, contribute) {
  const look = `main ${xp >= LONG ? "is-long" : ""}`;
  const button = h("button", { type: "button", class: look, "aria-label": words.amountSpoken(figure(xp)) },
    h("span", { class: "figure" }, words.amount(short(xp))), h("small", {}, words.xp));
  button.addEventListener("click", () => contribute({ xp }) && pressed(button));
  return button;
}

function pressed(button) {
  button.classList.add("is-pressed");
  clearTimeout(button.rest);
  button.rest = setTimeout(() => button.classList.remove("is-pressed"), PRESSED_MS);
}
