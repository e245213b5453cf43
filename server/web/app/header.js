// The top of every page: the name, the ways, the connection, the theme.

import { h, setText, svg } from "./dom.js";
import { texts } from "./texts.js";
import { applyTheme, nextTheme, setTheme, theme } from "./theme.js";

const words = texts.header;

/** { element, here(path) }: `here` marks the link of the page that is shown. */
export function header(connectionElement) {
  const links = [link("/", words.lobby), link("/me", words.me)];
  const element = h(
    "header",
    { class: "top" },
    h(
      "div",
      { class: "top-inner" },
      h("a", { class: "brand", href: "/" }, motif(), h("span", {}, texts.common.product)),
      h("nav", { class: "ways", "aria-label": words.navigation }, links),
      connectionElement,
      themeButton(),
    ),
  );

  function here(path) {
    for (const one of links) {
      if (one.getAttribute("href") === path) one.setAttribute("aria-current", "page");
      else one.removeAttribute("aria-current");
    }
  }

  return { element, here };
}

function link(href, text) {
  return h("a", { href }, text);
}

/** The mark: a ring of XP on its way round, and the tick of a task within. As in icon.svg. */
export function motif() {
  return svg(
    "svg",
    { class: "motif", viewBox: "0 0 64 64", "aria-hidden": "true" },
    svg("circle", { class: "motif-track", cx: 32, cy: 32, r: 24 }),
    svg("path", { class: "motif-xp", d: "M32 8a24 24 0 1 1-24 24" }),
    svg("path", { class: "motif-task", d: "M21 33l9 8 14-18" }),
  );
}

function themeButton() {
  const word = h("span", { class: "visually-hidden" });
  const button = h("button", { class: "theme plain", type: "button" }, sun(), word);
  function draw() {
    const now = theme();
    const text = words.nextTheme(words.theme[now], words.themeNames[nextTheme(now)]);
    button.dataset.now = now;
    button.title = words.theme[now];
    setText(word, text);
  }
  button.addEventListener("click", () => {
    setTheme(nextTheme(theme()));
    draw();
  });
  applyTheme();
  draw();
  return button;
}

const RAYS = "M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3" +
  "M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1";
const CRESCENT = "M19.5 14.6A8 8 0 1 1 9.4 4.5a6.5 6.5 0 0 0 10.1 10.1z";

/** A disc: half of it for the system's theme, rays for light, a crescent for dark; the stylesheet chooses. */
function sun() {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("g", { class: "theme-auto" },
      svg("circle", { cx: 12, cy: 12, r: 8 }), svg("path", { class: "solid", d: "M12 4a8 8 0 0 1 0 16z" })),
    svg(
      "g",
      { class: "theme-light" },
      svg("circle", { class: "solid", cx: 12, cy: 12, r: 4 }),
      svg("path", { d: RAYS }),
    ),
    svg("g", { class: "theme-dark" }, svg("path", { class: "solid", d: CRESCENT })),
  );
}
