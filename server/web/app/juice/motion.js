// Whether anything may move, asked anew each time: people change that setting while a page is open.

const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** May something move now? Not where people asked for less motion, nor where nobody sees it. */
export function mayMove() {
  return !reduced.matches && !document.hidden;
}

/** Have `stop` run whenever motion becomes unwanted; it lasts as long as the page. */
export function whenStilled(stop) {
  reduced.addEventListener("change", () => {
    if (reduced.matches) stop();
  });
}

/**
 * The one way in which anything here moves: keyframes of transform and opacity, which need neither layout nor paint.
 * `after` runs once, also when the animation is cancelled.
 */
export function animate(element, keyframes, options, after = null) {
  const animation = element.animate(keyframes, options);
  animation.onfinish = animation.oncancel = () => {
    animation.onfinish = animation.oncancel = null;
    after?.();
  };
  return animation;
}
