// Elements. Names and titles come from people: whatever is a string here becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element. Properties: `class`, `data` (an object for data-*), `on` (an object of listeners), `hidden`,
 * `disabled` and other booleans; every other one is set as an attribute. null and false leave an attribute away.
 * Children: elements, strings, numbers, arrays of those; null and false are left out.
 * @example h("p", { class: "hint", on: { click: close } }, "Hello ", h("b", {}, name))
 */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

/** Put these in the place of whatever is within. */
export function replace(element, ...children) {
  element.replaceChildren(...shown(children));
}

/** Set text only where it is another: what is the same is not drawn, nor read out, again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Take off the page what is no longer kept of these: a Map to what has an `element`. */
export function forget(shown, kept) {
  for (const [key, { element }] of shown) {
    if (kept.has(key)) continue;
    element.remove();
    shown.delete(key);
  }
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...shown(children));
  return element;
}

function set(element, name, value) {
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name === "data") {
    for (const [key, one] of Object.entries(value)) if (one != null) element.dataset[key] = one;
  } else if (typeof value === "boolean") {
    element.toggleAttribute(name, value);
  } else if (value != null) {
    element.setAttribute(name, value);
  }
}

function shown(children) {
  return children.flat(Infinity).filter((child) => child != null && child !== false);
}
