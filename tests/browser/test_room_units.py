"""The pure parts of the room, each `room/*.test.js` in a browser: what they import is what the server serves."""

from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Route
from starlette.applications import Starlette

from server.routes import web

FOLDER = Path(__file__).parent / "room"
UNITS = sorted(FOLDER.glob("*.test.js"))
RUN = """async (name) => {
  const { tests } = await import(`/units/${name}`);
  const failed = [];
  for (const [title, test] of Object.entries(tests)) {
    try { await test(); } catch (error) { failed.push(`${title}: ${error.stack ?? error}`); }
  }
  return { count: Object.keys(tests).length, failed };
}"""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
async def test_units(browser: Browser, unit: Path) -> None:
    context = await browser.new_context()
    files = httpx.ASGITransport(Starlette(routes=web.routes))
    async with httpx.AsyncClient(transport=files, headers={"Accept-Encoding": "identity"}) as client:

        async def served(route: Route) -> None:
            answer = await client.get(route.request.url)
            await route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

        async def of_tests(route: Route) -> None:
            await route.fulfill(path=FOLDER / route.request.url.rsplit("/", 1)[1], content_type="text/javascript")

        await context.route("**/*", served)
        await context.route("**/app/main.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        await context.route("**/units/*.js", of_tests)
        page = await context.new_page()
        await page.goto("http://localhost/")
        result = await page.evaluate(RUN, unit.name)
    await context.close()
    assert result["count"] > 0
    assert not result["failed"], "\n".join(result["failed"])
