"""Somebody without a mouse: presses keys, and has to see where the focus is wherever they come."""

import re

from playwright.async_api import Locator, Page, expect

from tests.helpers import eventually

FAR = 90
"""So many presses of Tab lead round every page there is."""

WRONG = """() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return "the focus is lost";
  const name = `${at.tagName} ${at.id || at.className} ${at.textContent.slice(0, 30)}`;
  const isTarget = at.tabIndex === -1 && (/^H[1-6]$/.test(at.tagName) || at.tagName === "MAIN");
  const marked = [at, at.closest("label"), at.parentElement].filter(Boolean).some((one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  });
  const isInParts = at.type === "date"; // of which the browser marks one
  if (!marked && !isTarget && !isInParts) return `no outline: ${name}`;
  if (isTarget) return null;
  const { left, top, right, bottom } = at.getBoundingClientRect();
  const middle = [(left + right) / 2, (top + bottom) / 2];
  const places = [middle, [left + 2, top + 2], [right - 2, bottom - 2]];
  const isSeen = places.some(([x, y]) => {
    const there = document.elementFromPoint(x, y);
    if (there === null || there === document.body || there === document.documentElement) return false;
    return at.contains(there) || there.contains(at) || there.closest(".toasts, label") !== null;
  });
  return isSeen ? null : `out of sight or covered: ${name} ${[left, top, right, bottom].map(Math.round)}`;
}"""
"""What is amiss with the focus, or null: it is somewhere, marked by an outline (a heading that a new page begins with
needs none), and not wholly covered by something else. Notices may lie over it: Escape sends them away."""


BEYOND = "document.activeElement === document.body"


class Keys:
    """The keyboard of one page, and nothing but it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def types(self, text: str) -> None:
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.type(text)

    async def tab_to(self, wanted: Locator, key: str = "Tab") -> None:
        """Along the order of the page; each stop on the way has to be seen."""
        await expect(wanted).to_be_visible()
        for _ in range(FAR):
            await self.page.keyboard.press(key)
            if await self.page.evaluate(BEYOND):
                continue  # past the end, where a browser's own buttons are
            await self.stays()
            if await wanted.evaluate("(one) => one === document.activeElement"):
                return
        raise AssertionError(f"no way to {wanted}")

    async def activates(self, wanted: Locator) -> None:
        await self.tab_to(wanted)
        await self.press("Enter")

    async def button(self, name: str, within: Locator | None = None) -> None:
        """To that button, and press it."""
        await self.activates((within or self.page).get_by_role("button", name=name, exact=True))

    async def link(self, name: str) -> None:
        await self.activates(self.page.get_by_role("link", name=name, exact=True))

    async def fills(self, label: str, text: str) -> None:
        await self.tab_to(self.page.locator("input, textarea").and_(self.page.get_by_label(label, exact=True)))
        await self.types(text)

    async def is_seen(self) -> None:
        wrong = await self.page.evaluate(WRONG)
        assert wrong is None, f"{self.page.url}: {wrong}"

    async def stays(self) -> None:
        """After something changed: the focus may take a moment to where it belongs, and is not lost then."""

        async def found() -> bool:
            await self.is_seen()
            return True

        await eventually(found)

    async def arrives(self, address: str) -> None:
        """A new page begins at its heading."""
        await expect(self.page).to_have_url(re.compile(address))
        await expect(self.page.get_by_role("heading", level=1)).to_be_focused()
