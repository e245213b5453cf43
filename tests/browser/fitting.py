"""Whether a page fits a narrow screen and a thumb."""

from playwright.async_api import Page

MISFITS = r"""() => {
  const wrong = [];
  const textOf = (one) => one.textContent.trim();
  const named = (one) => `${one.tagName.toLowerCase()}.${one.getAttribute("class")} "${textOf(one).slice(0, 40)}"`;
  const isThere = (one) =>
    one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    one.closest(".visually-hidden, [inert]") === null;
  const scroller = (one) => {
    for (let at = one; at !== null && at !== document.documentElement; at = at.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return at;
    return null;
  };
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} wide`);

  const isModal = document.querySelector("dialog:modal");
  const within = isModal ?? document;
  for (const one of within.querySelectorAll("a[href], button, input, select, textarea, summary, .day")) {
    if (!isThere(one) || one.matches(".skip, .brand")) continue;
    const isInline = one.tagName === "A" && getComputedStyle(one).display === "inline";
    if (isInline && textOf(one.parentElement) !== textOf(one)) continue; // within a sentence
    const isSpread = getComputedStyle(one, "::after").position === "absolute"; // over all of what it stands in
    const isBox = one.type === "checkbox";
    const target = (isSpread && one.closest(".card")) || (isBox && one.closest("label")) || one;
    const { width, height } = target.getBoundingClientRect();
    const least = one.matches(".main, .room-quick button, .ways a, dialog button, [type=submit]") ? 44 : 24;
    const size = `${width.toFixed(0)} x ${height.toFixed(0)}`;
    if (Math.min(width, height) < least - 0.5) wrong.push(`${size}, not ${least}: ${named(one)}`);
  }

  const texts = document.createTreeWalker(isModal ?? document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === "" || !isThere(holder)) continue;
    if (holder.closest("svg, option, datalist, .skip")) continue;
    range.selectNodeContents(texts.currentNode);
    const { left, right, top, bottom, width } = range.getBoundingClientRect();
    if (width === 0) continue;
    const moves = scroller(holder);
    if (moves === null && (left < -1 || right > innerWidth + 1)) wrong.push(`beyond the screen: ${named(holder)}`);
    for (let at = holder; at !== null && at !== moves && at !== document.body; at = at.parentElement) {
      const { overflowX } = getComputedStyle(at);
      const holds = ["hidden", "clip"].includes(overflowX) || at.matches("button, .button, .chip, .card");
      const box = at.getBoundingClientRect();
      const isIn = left >= box.left - 2 && right <= box.right + 2 && top >= box.top - 3 && bottom <= box.bottom + 3;
      if (holds && !isIn) wrong.push(`cut or spilt by ${named(at)}: ${named(holder)}`);
    }
  }
  return [...new Set(wrong)];
}"""
"""What is wider than the screen, too small for a thumb (WCAG 2.2: 24 CSS pixels; 44 where one presses most), or text
that something cuts off."""


async def assert_fits(page: Page) -> None:
    misfits = await page.evaluate(MISFITS)
    assert not misfits, "\n".join([page.url, *misfits])
