"""Pictures of every page, on a phone and on a desk, dark and light: `docs/images/`, shown by `docs/page.md`.

    .venv/bin/python -m tests.browser.screenshots                   all of them
    .venv/bin/python -m tests.browser.screenshots room profile      those whose name begins so
    .venv/bin/python -m tests.browser.screenshots --data DIR        keep the world there, and take it as it is next time
    .venv/bin/python -m tests.browser.screenshots --to DIR --whole  elsewhere; whole pages, not only what a screen shows

It starts a Raidline of its own with services of its own, on a free port, fills it (`tests/browser/scenery.py`) and ends
it. Names, raids and their course are the same each time; the hours are those of now. Needs Chromium
(`make browser`), which also makes the WebP files.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from server.embedded import ServiceUrls, running_services
from server.identity import COOKIE
from tests.browser import chromium
from tests.browser.scenery import Scenery, build
from tests.browser.world import PHONE, Screen
from tests.end_to_end.client import Watcher, client_of
from tests.helpers import ADMIN_TOKEN, REPOSITORY, Launched, clean_environment, free_port
from tests.server.people import People, Person

DESK = Screen(1280, 900)
SCREENS = {"phone": PHONE, "desktop": DESK}
SCALE = {"phone": 1.5, "desktop": 1.0}
QUALITY = 0.7
SETTLED_MS = 900
"""So long bars and rings take to where they belong."""

ENCODED = """async ([png, quality]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


@dataclass(frozen=True, slots=True)
class Sight:
    """A page to look at: where, as whom (None: a newcomer), and what is done there before."""

    name: str
    path: str
    person: str | None
    before: Callable[[Page], Awaitable[None]] | None = None
    closed: bool = False
    """At the server that lets in no guests."""


def sights(scenery: Scenery) -> list[Sight]:
    mira, of = scenery.mira, "/raids/{}".format
    return [
        Sight("lobby", "/", mira),
        Sight("lobby-first-visit", "/", None),
        Sight("create", "/", mira, _opens_create),
        Sight("join", f"/r/{scenery.recruiting_code}", None),
        Sight("room-recruiting", of(scenery.recruiting), mira),
        Sight("room", of(scenery.active), mira),
        Sight("room-offline", of(scenery.active), mira, _contributes_offline),
        Sight("room-watcher", of(scenery.public), scenery.stranger),
        Sight("room-completed", of(scenery.completed), mira),
        Sight("room-failed", of(scenery.failed), mira),
        Sight("profile", "/me", mira),
        Sight("profile-year", "/me", mira, _scrolls_to(".calendar-card")),
        Sight("profile-achievements", "/me", mira, _scrolls_to(".achievements-card")),
        Sight("profile-boards", "/me", mira, _scrolls_to(".boards-card")),
        Sight("profile-account", "/me", mira, _scrolls_to(".account-card")),
        Sight("sign-in", "/", None, closed=True),
        Sight("not-found", "/nowhere", mira),
        Sight("room-missing", of(999_999), mira),
    ]


async def _opens_create(page: Page) -> None:
    await page.get_by_role("button", name="New raid").click()
    await page.get_by_label("Title").fill("Paint the shed")


async def _contributes_offline(page: Page) -> None:
    await page.context.set_offline(True)
    for _ in range(2):
        await page.get_by_role("button", name=re.compile("^Contribute .* XP")).nth(1).click()
    await expect(page.locator(".connection-waiting")).to_be_visible()
    await expect(page.locator('.connection[data-kind="offline"]')).to_be_visible()


def _scrolls_to(selector: str) -> Callable[[Page], Awaitable[None]]:
    async def scroll(page: Page) -> None:
        await page.locator(selector).first.evaluate(
            "element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 96)"
        )

    return scroll


class Camera:
    def __init__(self, browser: Browser, url: str, closed_url: str, folder: Path, whole: bool) -> None:
        self._browser = browser
        self._urls = {False: url, True: closed_url}
        self._folder = folder
        self._whole = whole

    async def takes(self, sight: Sight, screen: str, theme: str) -> Path:
        page = await self._opened(sight, screen, theme)
        await self._settles(page)
        if sight.before is not None:
            await sight.before(page)
        await page.wait_for_timeout(SETTLED_MS)
        png = await page.screenshot(full_page=self._whole and not sight.name.startswith("create"))
        await page.context.close()
        path = self._folder / f"{sight.name}-{screen}-{theme}.webp"
        path.write_bytes(await self._encoded(png))
        return path

    async def _opened(self, sight: Sight, screen: str, theme: str) -> Page:
        size = SCREENS[screen]
        context = await self._browser.new_context(
            base_url=self._urls[sight.closed],
            viewport={"width": size.width, "height": size.height},
            device_scale_factor=1.0 if self._whole else SCALE[screen],
            has_touch=size.touch,
            is_mobile=size.touch,
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(60_000)
        await context.add_init_script("Math.random = () => 0.37")  # the same newcomer each time
        if sight.person is not None:
            cookie = {"name": COOKIE, "value": sight.person, "url": self._urls[sight.closed]}
            await context.add_cookies([cookie])  # type: ignore[list-item]
        page = await context.new_page()
        await page.goto(sight.path)
        return page

    async def _settles(self, page: Page) -> None:
        await expect(page.locator("main h1").first).to_be_visible(timeout=60_000)
        await expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
        await expect(page.locator('.connection:not([data-kind="connecting"])')).to_be_visible(timeout=60_000)
        await page.wait_for_timeout(SETTLED_MS)

    async def _encoded(self, png: bytes) -> bytes:
        page = await self._browser.new_page()
        data = await page.evaluate(ENCODED, [base64.b64encode(png).decode(), QUALITY])
        await page.close()
        return base64.b64decode(data)


@contextlib.asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[str, str, ServiceUrls]]:
    """A Raidline with guests, one without, on the same services."""
    port, closed_port = free_port(), free_port()
    settings = {"RAIDLINE_ADMIN_TOKEN": ADMIN_TOKEN, "RAIDLINE_GUESTS": "1", "PORT": str(port)}
    up = Launched(["up", "--no-demo", "--data", str(data)], clean_environment(**settings), data / "up.log")
    try:
        await up.serving(f"http://127.0.0.1:{port}", 120)
        services = running_services(data)
        assert services is not None
        urls = {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
        closed_settings = {**settings, **urls, "RAIDLINE_GUESTS": "0", "PORT": str(closed_port)}
        log = data / "serve.log"
        closed = Launched(["serve", "--host", "127.0.0.1"], clean_environment(**closed_settings), log)
        try:
            await closed.serving(f"http://127.0.0.1:{closed_port}", 60)
            yield up.url, closed.url, services
        finally:
            closed.finish()
    finally:
        up.finish()


async def scenery_in(data: Path, people: People, services: ServiceUrls) -> Scenery:
    kept = data / "scenery.json"
    if kept.exists():
        seen = json.loads(kept.read_text())
        return Scenery(**{**seen, "watchers": tuple(seen["watchers"])})
    scenery = await build(people, services)
    kept.write_text(json.dumps(asdict(scenery)))
    return scenery


async def take(wanted: Sequence[str], folder: Path, data: Path, whole: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with running(data) as (url, closed_url, services), client_of(url) as client, async_playwright() as driver:
        scenery = await scenery_in(data, People(client), services)
        online = [Watcher(scenery.active) for _ in scenery.watchers]
        for watcher, token in zip(online, scenery.watchers, strict=True):
            await watcher.connect(Person(client, 0, token, ""))
        browser = await driver.chromium.launch(executable_path=chromium.executable(), args=chromium.arguments())
        camera = Camera(browser, url, closed_url, folder, whole)
        for sight in sights(scenery):
            if wanted and not any(sight.name.startswith(one) for one in wanted):
                continue
            for screen in SCREENS:
                for theme in ("light", "dark"):
                    print(await camera.takes(sight, screen, theme))  # noqa: T201 - what it is called for
        for watcher in online:
            await watcher.disconnect()
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of every page.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--to", type=Path, default=REPOSITORY / "docs" / "images")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="raidline-pictures-") as temporary:
        data = (given.data or Path(temporary)).resolve()
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o711)  # the services' own user passes through
        asyncio.run(take(given.names, given.to, data, given.whole))


if __name__ == "__main__":
    main()
