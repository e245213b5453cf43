// A friendly name for somebody who has not given one yet.

import { texts } from "./texts.js";

export function friendlyName() {
  const { adjectives, animals, generatedName } = texts.session;
  return generatedName(oneOf(adjectives), oneOf(animals));
}

function oneOf(words) {
  return words[Math.floor(Math.random() * words.length)];
}
