"""The effects where they belong: in the room, from the events of a real raid, on every screen that follows it."""

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from tests.browser.world import World
from tests.helpers import eventually
from tests.server.people import Person

RECORDED = """(() => {
  window.moved = [];
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (keyframes, ...rest) {
    moved.push({ what: this.className, text: this.textContent, own: this.dataset.own === "true" });
    return animate.call(this, keyframes, ...rest);
  };
  window.toasted = [];
  const known = new WeakSet();
  new MutationObserver(() => {
    for (const title of document.querySelectorAll(".toast-title")) {
      if (!known.has(title)) toasted.push(title.textContent);
      known.add(title);
    }
  }).observe(document, { subtree: true, childList: true });
})()"""
"""Before anything else runs on a page: what is set in motion, and what notices come, for it may be over when a busy
machine looks."""

LEFT_OVER = "document.querySelectorAll('.juice-stage *').length"
RISEN = "moved.filter(({ what }) => what === 'juice-rising').map(({ text, own }) => [text, own])"
PARTICLES = "moved.filter(({ what }) => what === 'juice-particle').length"


async def _room(world: World, person: Person, raid_id: int, *, reduced_motion: bool = False) -> Page:
    context = await world.context(person, reduced_motion=reduced_motion)
    await context.add_init_script(RECORDED)
    page = await context.new_page()
    await page.goto(f"/raids/{raid_id}")
    await page.locator('[data-total="xp"]').wait_for()
    return page


def _is(page: Page, script: str, expected: object) -> Callable[[], Awaitable[bool]]:
    """For `eventually`: whether a page answers that."""

    async def asked() -> bool:
        assert await page.evaluate(script) == expected
        return True

    return asked


async def test_contributions_burst_on_every_screen(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=1_000, targetTasks=100)
    pages = await asyncio.gather(_room(world, ann, raid["id"]), _room(world, ben, raid["id"]))
    await ben.post(f"/raids/{raid['id']}/contributions", {"xp": 25})
    await eventually(_is(pages[0], RISEN, [["+25 XP", False]]))
    await eventually(_is(pages[1], RISEN, [["+25 XP", True]]))
    for page in pages:
        assert await page.evaluate(PARTICLES) > 0
        await eventually(_is(page, LEFT_OVER, 0))


async def test_a_completed_raid_is_celebrated_on_every_screen(world: World) -> None:
    ann, ben = await world.people.person("Ann"), await world.people.person("Ben")
    raid = await ann.starts_raid(ben, targetXp=10, targetTasks=1)
    pages = await asyncio.gather(_room(world, ann, raid["id"]), _room(world, ben, raid["id"]))
    await ben.post(f"/raids/{raid['id']}/contributions", {"xp": 25})
    for page in pages:
        await eventually(_is(page, "moved.filter(({ what }) => what === 'juice-glow').length", 1))
        assert await page.evaluate(PARTICLES) > 50
        await eventually(_is(page, LEFT_OVER, 0))
    await pages[0].reload()
    await pages[0].locator('[data-total="xp"]').wait_for()
    assert await pages[0].evaluate(PARTICLES) == 0  # whoever comes later is told, not overwhelmed


async def test_a_refused_contribution_shakes(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=1_000, targetTasks=100, maxXpPerMemberPerDay=30)
    page = await _room(world, ann, raid["id"])
    world.faults.expect("422")
    await page.locator("#contribute-xp").fill("50")
    await page.locator("#contribute-xp").press("Enter")
    await eventually(lambda: page.evaluate("moved.some(({ what }) => what.includes('room-sent'))"))
    assert await page.evaluate(RISEN) == []


async def test_what_one_reached_is_told_once(world: World) -> None:
    """The first begins a streak; the tenth unlocks, which the raid's stream and one's own log both tell."""
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=1_000, targetTasks=100)
    page = await _room(world, ann, raid["id"])
    for _ in range(10):
        await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 1})
    await eventually(lambda: page.evaluate("toasted.length >= 2"), 60)
    assert sorted(await page.evaluate("toasted")) == ["A streak begins", "Unlocked: Warmed up"]


async def test_nothing_moves_where_less_motion_is_wanted(world: World) -> None:
    ann = await world.people.person("Ann")
    raid = await ann.starts_raid(targetXp=10, targetTasks=1)
    page = await _room(world, ann, raid["id"], reduced_motion=True)
    await ann.post(f"/raids/{raid['id']}/contributions", {"xp": 25})
    await eventually(lambda: page.evaluate("toasted.length"))
    assert await page.evaluate("moved") == []
