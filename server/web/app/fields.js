// A field with its label, its hint and what is wrong with it, tied together for those who hear the page.

import { h, setText } from "./dom.js";

/** { name, element, input, refuse(text), accept() }. `input` gets the id. */
export function field({ name, id, label, hint = null, input }) {
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const note = hint === null ? null : h("p", { class: "field-hint soft small", id: `${id}-hint` }, hint);
  const described = [error.id, note?.id].filter(Boolean).join(" ");
  input.id = id;
  input.setAttribute("name", name);
  input.setAttribute("aria-describedby", described);
  const element = h("div", { class: "field" }, h("label", { for: id }, label), input, note, error);

  function refuse(text) {
    setText(error, text);
    error.hidden = false;
    input.setAttribute("aria-invalid", "true");
  }

  function accept() {
    error.hidden = true;
    input.removeAttribute("aria-invalid");
  }

  input.addEventListener("input", accept);
  return { name, element, input, refuse, accept };
}

/** A box to tick, with what it means beneath. */
export function checkbox({ name, id, label, hint, checked = false }) {
  const input = h("input", { type: "checkbox", id, name, checked, "aria-describedby": `${id}-hint` });
  const element = h(
    "div",
    { class: "field-check" },
    h("label", { class: "check", for: id }, input, label),
    h("p", { class: "field-hint soft small", id: `${id}-hint` }, hint),
  );
  return { name, element, input };
}

/** Show each error at its field and go to the first. Returns those that are of no field here. */
export function refuseFields(fields, errors) {
  const byName = new Map(fields.map((one) => [one.name, one]));
  for (const one of fields) one.accept();
  for (const { field: name, message } of errors) byName.get(name)?.refuse(message);
  const refused = new Set(errors.map((error) => error.field));
  fields.find((one) => refused.has(one.name))?.input.focus();
  return errors.filter((error) => !byName.has(error.field));
}

/** Runs `work` once at a time, with the button showing that it is under way. */
export async function whileBusy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true"); // not `disabled`: that would throw the focus away
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
