"""What people do on the page, by its own buttons and fields, and what they see there."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.world import totals_on
from tests.helpers import eventually

NOBODY = r"status of 401 .*/api/v1/me\b"
"""How the page of a newcomer learns that it is nobody yet."""

TOTALS_SEEN = r"""(() => {
  window.totalsSeen = [];
  const read = () => {
    const texts = ["xp", "tasks"].map((kind) => document.querySelector(`[data-total="${kind}"]`)?.textContent ?? "");
    if (texts.includes("")) return;
    const totals = texts.map((text) => Number(text.replace(/\D/g, "")));
    if (String(totalsSeen.at(-1)) !== String(totals)) totalsSeen.push(totals);
  };
  new MutationObserver(read).observe(document, { subtree: true, childList: true, characterData: true });
})()"""
"""As a script of a page from its start: every pair of totals that the room ever shows."""


async def makes_raid(page: Page, **fields: str | int) -> int:
    """By the form in the lobby; the fields by their labels, `Title` among them. Ends in the room."""
    await page.get_by_role("button", name="New raid").click()
    form = page.get_by_role("dialog", name="New raid")
    for label, value in fields.items():
        await form.get_by_label(label.replace("_", " "), exact=True).fill(str(value))
    await form.get_by_role("button", name="Make the raid").click()
    await expect(page).to_have_url(re.compile(r"/raids/\d+$"))
    return int(page.url.rsplit("/", 1)[1])


async def starts(page: Page) -> None:
    await page.get_by_role("button", name="Start the raid").click()
    await page.get_by_role("dialog").get_by_role("button", name="Start the raid").click()


async def contributes_quickly(page: Page, xp: int) -> None:
    await page.get_by_role("button", name=f"Contribute {xp} XP", exact=True).click()


async def contributes(page: Page, xp: int, task: str) -> None:
    """By the form, which is open on a wide screen."""
    await page.get_by_role("spinbutton", name="XP").fill(str(xp))
    await page.get_by_label("What did you do?").fill(task)
    await page.get_by_role("button", name="Contribute", exact=True).click()


def line(page: Page, text: str) -> Any:
    """Of the feed."""
    return page.get_by_role("list", name="What happens").get_by_role("listitem").filter(has_text=text)


def row(page: Page, name: str) -> Any:
    """Of the members."""
    return page.locator(".room-member", has=page.locator(".room-member-name", has_text=name))


async def connection_is(page: Page, kind: str) -> None:
    await expect(page.locator(".connection")).to_have_attribute("data-kind", kind)


async def name_of(page: Page) -> str:
    """Whose page this is."""
    name: str = await page.evaluate("fetch('/api/v1/me').then((answer) => answer.json()).then((me) => me.name)")
    return name


async def raid_of(page: Page) -> dict[str, Any]:
    """What the server says of the raid of this page."""
    raid_id = int(page.url.split("?")[0].rsplit("/", 1)[1])
    found: dict[str, Any] = await page.evaluate(
        "(id) => fetch(`/api/v1/raids/${id}`).then((answer) => answer.json())", raid_id
    )
    return found


async def ends_with_the_servers_totals(page: Page) -> dict[str, Any]:
    """Totals and every member's part; returns the raid."""

    async def equal() -> dict[str, Any]:
        raid = await raid_of(page)
        assert await totals_on(page) == {"xp": raid["currentXp"], "tasks": raid["currentTasks"]}, page.url
        for member in raid["members"]:
            its = row(page, member["username"])
            assert await its.locator(".room-member-xp").get_attribute("title") == f"{member['xpContributed']:,} XP"
            tasks = await its.locator(".room-member-tasks").inner_text()
            assert tasks.startswith(f"{member['tasksContributed']} task"), (page.url, tasks)
        return raid

    found: dict[str, Any] = await eventually(equal, 60)
    return found
