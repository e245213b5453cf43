"""The example in docs/client.md is a whole page, and works as it stands."""

import re

from tests.browser.world import World
from tests.helpers import REPOSITORY


def the_example() -> str:
    found = re.findall(r"```html\n(.*?)```", (REPOSITORY / "docs" / "client.md").read_text(), re.DOTALL)
    assert len(found) == 1
    return str(found[0])


async def test_the_example_is_a_page_that_moves(world: World) -> None:
    page = await (await world.context()).new_page()
    await page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    await page.route(
        "**/example", lambda route: route.fulfill(body=the_example(), content_type="text/html; charset=utf-8")
    )
    await page.goto("/example")
    await page.locator("#connection", has_text="live").wait_for()
    for _ in range(3):
        await page.click("#add")
    await page.locator("#xp", has_text=re.compile("^30$")).wait_for()
    for _ in range(7):
        await page.click("#add")
    await page.locator("#title", has_text="Spring cleaning: completed").wait_for()
    assert await page.inner_text("#xp") == "100"


def test_the_example_is_as_long_as_it_says() -> None:
    script = the_example().split('<script type="module">')[1].strip().splitlines()
    assert len(script) <= 20


def test_every_file_it_names_is_there() -> None:
    text = (REPOSITORY / "docs" / "client.md").read_text()
    folder = REPOSITORY / "server" / "web" / "client"
    for name in set(re.findall(r"`(\w+\.js)`", text)):
        assert (folder / name).exists(), name
