"""The world of these tests notices what goes wrong on a page."""

import pytest

from tests.browser.world import DESKTOP, NARROW, World
from tests.helpers import eventually

INLINE = "const style = document.createElement('style'); style.textContent = 'p {}'; document.head.append(style)"


@pytest.mark.parametrize(
    ("what", "script"),
    [
        ("Content Security Policy", INLINE),
        ("/nothing", "fetch('/nothing')"),
        ("no such luck", "setTimeout(() => { throw new Error('no such luck') })"),
        ("oh dear", "console.error('oh dear')"),
    ],
)
async def test_faults_of_a_page_are_seen(world: World, what: str, script: str) -> None:
    page = await world.page_of(None, "/")
    await page.evaluate(f"() => {{ {script} }}")
    await eventually(lambda: any(what in fault for fault in world.faults.unexpected))
    world.faults.expect(".*")


async def test_a_person_is_signed_in_by_cookie(world: World) -> None:
    ann = await world.people.person("Ann")
    world.faults.expect("favicon.ico")  # which the browser looks for by itself where no page names another
    page = await world.page_of(ann, "/healthz")
    assert await page.evaluate("fetch('/api/v1/me').then((answer) => answer.json()).then((me) => me.name)") == "Ann"
    assert await page.evaluate("document.cookie") == ""


async def test_screens_and_preferences(world: World) -> None:
    world.faults.expect(".*")  # what the page makes of it is not asked here
    page = await world.page_of(None, "/", screen=NARROW, dark=True, reduced_motion=True)
    assert await page.evaluate("[innerWidth, navigator.maxTouchPoints > 0]") == [NARROW.width, True]
    for preference in ("prefers-color-scheme: dark", "prefers-reduced-motion: reduce"):
        assert await page.evaluate(f"matchMedia('({preference})').matches")
    page = await world.page_of(None, "/")
    assert await page.evaluate("[innerWidth, innerHeight]") == [DESKTOP.width, DESKTOP.height]


async def test_the_server_comes_back_where_it_was(world: World) -> None:
    ann = await world.people.person("Ann")
    before = world.raidline.url
    await world.raidline.restart()
    assert world.raidline.url == before
    assert (await ann.get("/me")).json()["name"] == "Ann"
