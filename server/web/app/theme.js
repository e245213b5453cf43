// Light, dark, or as the system has it.

import { remembered } from "./storage.js";

export const THEMES = ["auto", "light", "dark"];

const chosen = remembered("localStorage", "raidline.theme");

export function theme() {
  const name = chosen.get();
  return THEMES.includes(name) ? name : "auto";
}

export function setTheme(name) {
  chosen.set(name);
  applyTheme(name);
}

export function nextTheme(name) {
  return THEMES[(THEMES.indexOf(name) + 1) % THEMES.length];
}

export function applyTheme(name = theme()) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}
