// The form for a contribution of one's own choosing.

import { h } from "../dom.js";
import { field } from "../fields.js";
import { figure } from "../figures.js";
import { texts } from "../texts.js";

const KIND_MAX = 50;
const TASK_MAX = 255;
const MOST = 1_000_000;
const words = texts.room.contribute;

/** `contribute({xp, type?, taskId?})` says whether it is under way. */
export function contributeForm(contribute) {
  const [xp, kind, task] = [xpField(), kindField(), taskField()];
  const element = h("form", { class: "room-form", novalidate: true, on: { submit } },
    h("div", { class: "room-form-pair" }, xp.element, kind.element), task.element,
    h("button", { type: "submit" }, words.submit));
  let cap = MOST;

  function submit(event) {
    event.preventDefault();
    const amount = Number(xp.input.value);
    if (xp.input.value.trim() === "" || !Number.isInteger(amount) || amount < 0 || amount > cap) {
      xp.refuse(words.xpWrong(figure(cap)));
      return xp.input.focus();
    }
    if (contribute(contributionOf(amount, kind.input.value, task.input.value))) task.input.value = "";
  }

  return {
    element,
    focus: () => xp.input.focus(),
    update(most, usual) {
      cap = Math.min(most, MOST);
      xp.input.max = cap;
      if (xp.input.value === "") xp.input.value = usual;
    },
  };
}

function xpField() {
  const whole = { type: "number", inputmode: "numeric", min: 0, step: 1 };
  const input = h("input", { ...whole, required: true, autocomplete: "off" });
  return field({ name: "xp", id: "contribute-xp", label: words.xp, input });
}

/** Free to choose, some are offered; without one the server has its own word. */
function kindField() {
  const list = "contribute-kinds";
  const input = h("input", { maxlength: KIND_MAX, list, autocomplete: "off", placeholder: words.optional });
  const kind = field({ name: "type", id: "contribute-kind", label: words.kind, input });
  kind.element.append(h("datalist", { id: list }, words.kinds.map((one) => h("option", { value: one }))));
  return kind;
}

function taskField() {
  const input = h("input", { maxlength: TASK_MAX, placeholder: words.optional, dir: "auto", autocomplete: "off" });
  return field({ name: "taskId", id: "contribute-task", label: words.task, input });
}

function contributionOf(xp, kind, task) {
  const contribution = { xp };
  if (kind.trim() !== "") contribution.type = kind.trim();
  if (task.trim() !== "") contribution.taskId = task.trim();
  return contribution;
}
