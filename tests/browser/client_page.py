"""A page with nothing on it but the client: what its watch and its outbox were told stands in `window`."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import BrowserContext, Page

from tests.helpers import eventually
from tests.server.people import Person

PATH = "/healthz"
"""Any document of the server that runs no scripts of its own. A made-up one would belong to no network, and Chromium
keeps such a page from opening a WebSocket to this machine."""

PLAYER = """
window.client = (address) => import(address + "/web/client/index.js");
window.begin = async ({ address = "", ...options } = {}) => {
  window.module = await client(address);
  window.raidline = new module.Raidline(options);
};
window.follow = (interest) => {
  Object.assign(window, { states: [], told: [], own: [], gone: [] });
  window.watch = raidline.watch(interest, {
    raid: (raid, { event, data }) => told.push([raid.id, event, data.seq ?? null, data.userId ?? null]),
    own: (event, data) => own.push([event, data]),
    gone: (raidId) => gone.push(raidId),
    connection: (state) => states.push(state),
  });
};
window.seen = (raidId) => {
  const raid = watch.raids.get(raidId);
  if (raid === undefined) return null;
  const { status, currentXp, currentTasks, seq, epoch, cursor, onlineCount } = raid;
  const members = [...raid.members.values()].map(({ userId, username, role, xpContributed, tasksContributed }) =>
    ({ userId, username, role, xpContributed, tasksContributed }));
  return { status, currentXp, currentTasks, seq, epoch, cursor, onlineCount, members };
};
"""

LOSING = """
const loses = (data) => {
  if (!window.losing || data?.seq !== window.losing) return false;
  window.losing = 0;
  return true;
};
const added = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, hear, ...rest) {
  return added.call(this, name, (message) => loses(message.data && JSON.parse(message.data)) || hear(message), ...rest);
};
window.WebSocket = class extends WebSocket {
  set onmessage(hear) {
    super.onmessage = (message) => loses(JSON.parse(message.data).data) || hear(message);
  }
};
"""
"""`losing = <seq>`: the next event of that number never reaches the client."""


async def blank_page(context: BrowserContext, *scripts: str, name: str = "") -> Page:
    """On the server's own origin, without its page. `name` shows in what fails."""
    page = await context.new_page()
    await page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    for script in (PLAYER, *scripts):
        await page.add_init_script(script)
    await page.goto(f"{PATH}?{name}")
    return page


async def client_page(context: BrowserContext, *scripts: str, name: str = "", **options: Any) -> Page:
    page = await blank_page(context, *scripts, name=name)
    await page.evaluate("(options) => begin(options)", options)
    return page


async def follow(page: Page, *raid_ids: int, own: bool = False) -> None:
    await page.evaluate("(interest) => follow(interest)", {"raids": list(raid_ids), "own": own})


async def seen(page: Page, raid_id: int) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await page.evaluate("(raidId) => seen(raidId)", raid_id)
    return found


def state(page: Page) -> Awaitable[dict[str, Any]]:
    return page.evaluate("watch.state")


def is_in(page: Page, kind: str) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        now = await state(page)
        assert now["kind"] == kind, (page.url, now)
        return True

    return asked


def has(page: Page, raid_id: int, **fields: Any) -> Callable[[], Awaitable[bool]]:
    """For `eventually`: whether the page's raid has these fields."""

    async def asked() -> bool:
        found = await seen(page, raid_id)
        assert found is not None, page.url
        assert {name: found[name] for name in fields} == fields, page.url
        return True

    return asked


async def agrees_with(person: Person, page: Page, raid_id: int) -> None:
    """Everything on the page is what the server says."""
    names = ("status", "currentXp", "currentTasks", "seq", "epoch", "cursor")

    async def asked() -> bool:
        says = (await person.get(f"/raids/{raid_id}")).json()
        found = await seen(page, raid_id)
        assert found is not None
        assert {name: found[name] for name in names} == {name: says[name] for name in names}
        members = [{name: one[name] for name in found["members"][0]} for one in says["members"]]
        assert found["members"] == members
        return True

    await eventually(asked, 60)


async def told_once(page: Page) -> bool:
    """No number of any raid was told twice, and each in its turn."""
    found: bool = await page.evaluate(
        """() => {
          const reached = new Map();
          return told.every(([raidId, event, seq]) => {
            if (seq === null) return true;
            const isNews = event === "snapshot" || seq === reached.get(raidId) + 1;
            reached.set(raidId, seq);
            return isNews;
          });
        }"""
    )
    return found
