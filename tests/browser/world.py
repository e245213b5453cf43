"""People at their browsers, in front of one Raidline.

    async def test_everybody_sees_it(world: World) -> None:
        ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
        raid = await ann.starts_raid(ben)
        page = await world.page_of(ben, f"/raids/{raid['id']}", screen=PHONE, dark=True)
        await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 20})
        await eventually(shows(page, xp=20, tasks=1))

Every page opened here is watched (`tests/browser/faults.py`): say `world.faults.expect("401")` for what is meant
to go wrong. `world.raidline.restart()` and `.server.kill()` take the server away.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page

from server.identity import COOKIE
from tests.browser.faults import Faults
from tests.browser.raidline import Raidline
from tests.server.people import People, Person

PATIENCE_MS = 60_000
"""How long playwright waits for an element before it gives up; the machine may be busy with other tests."""


@dataclass(frozen=True, slots=True)
class Screen:
    width: int
    height: int
    touch: bool = False


NARROW = Screen(360, 740, touch=True)
PHONE = Screen(390, 844, touch=True)
DESKTOP = Screen(1280, 900)


class World:
    def __init__(self, raidline: Raidline, browser: Browser) -> None:
        self.raidline = raidline
        self.browser = browser
        self.faults = Faults()

    @property
    def people(self) -> People:
        return self.raidline.people

    async def context(
        self,
        person: Person | None = None,
        *,
        screen: Screen = DESKTOP,
        dark: bool = False,
        reduced_motion: bool = False,
        offline: bool = False,
    ) -> BrowserContext:
        """A browser of its own, with that person signed in: its pages share cookies and storage."""
        context = await self.browser.new_context(
            base_url=self.raidline.url,
            viewport={"width": screen.width, "height": screen.height},
            has_touch=screen.touch,
            is_mobile=screen.touch,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce" if reduced_motion else "no-preference",
            offline=offline,
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", self.faults.watch)
        if person is not None:
            await self.sign_in(context, person)
        return context

    async def sign_in(self, context: BrowserContext, person: Person) -> None:
        """As the server would: by a cookie that scripts cannot read."""
        await context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": person.token,
                    "url": self.raidline.url,
                    "httpOnly": True,
                    "sameSite": "Lax",
                }
            ]
        )

    async def page_of(
        self,
        person: Person | None,
        path: str = "/",
        *,
        screen: Screen = DESKTOP,
        dark: bool = False,
        reduced_motion: bool = False,
    ) -> Page:
        """A page at that path, loaded, of that person or of somebody who comes for the first time."""
        context = await self.context(person, screen=screen, dark=dark, reduced_motion=reduced_motion)
        page = await context.new_page()
        await page.goto(path)
        return page

    async def pictures(self, folder: Path) -> list[Path]:
        """Of every page that is open, as it stands."""
        pages = [page for context in self.browser.contexts for page in context.pages if not page.is_closed()]
        taken = []
        for number, page in enumerate(pages):
            taken.append(folder / f"page-{number}.png")
            await page.screenshot(path=taken[-1], timeout=PATIENCE_MS)
        return taken


async def totals_on(page: Page) -> dict[str, int]:
    """What the raid's page shows as its totals: the texts of `[data-total="xp"]` and `[data-total="tasks"]`, which
    the room marks once each."""
    return {kind: _number(await page.locator(f'[data-total="{kind}"]').inner_text()) for kind in ("xp", "tasks")}


def shows(page: Page, **totals: int) -> Callable[[], Awaitable[bool]]:
    """For `eventually`: whether the page shows these totals."""

    async def shown() -> bool:
        seen = await totals_on(page)
        assert {kind: seen[kind] for kind in totals} == totals
        return True

    return shown


def _number(text: str) -> int:
    """The first number of a text, however its thousands are grouped."""
    found = re.search(r"\d[\d.,'’\s\u00a0\u202f]*", text)
    assert found, f"no number in {text!r}"
    return int(re.sub(r"\D", "", found[0]))
