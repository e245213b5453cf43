"""The effects by themselves: they appear, stay within their bounds, move nothing but transform and opacity, and go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest_asyncio
from playwright.async_api import Browser, Page, Route
from starlette.applications import Starlette

from server.routes import web
from tests.browser.faults import Faults
from tests.browser.world import PATIENCE_MS
from tests.helpers import eventually

SETTING = """async () => {
  const place = document.createElement("p");
  place.id = "place";
  place.textContent = "here";
  document.body.replaceChildren(place);
  window.juice = await import("/web/app/juice/index.js");
  const places = { totals: place, act: place, whole: place };
  const context = { me: { id: 1 }, raid: { nameOf: () => "Mira" }, places };
  window.told = (event, data) => juice.reactTo({ event, data }, context);

  window.forget = () => (window.seen = { animated: [], risen: [], particles: 0 });
  forget();
  const look = () => {
    const frames = document.getAnimations().flatMap((one) => one.effect.getKeyframes());
    seen.animated = [...new Set([...seen.animated, ...frames.flatMap(Object.keys)])];
    const risen = [...document.querySelectorAll(".juice-rising")].map((one) => one.textContent);
    seen.risen = [...new Set([...seen.risen, ...risen])];
    seen.particles = Math.max(seen.particles, document.querySelectorAll(".juice-particle").length);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  window.keeping = new MutationObserver((changes) => {
    for (const one of changes.flatMap(({ addedNodes }) => [...addedNodes]))
      if (one.matches?.(".toast")) one.dispatchEvent(new Event("pointerenter"));
  });
  keeping.observe(document.body, { subtree: true, childList: true });
}"""
"""At every frame it is seen what moves, for it may be over when a busy machine looks; and notices stay, as if somebody
pointed at each of them."""

LEFT_OVER = "document.querySelectorAll('.juice-stage *').length + document.getAnimations().length"
ANIMATED = """seen.animated.filter(
  (name) => !['offset', 'computedOffset', 'easing', 'composite'].includes(name)).sort()"""
PARTICLES = "seen.particles"
RISING = "seen.risen"
STILLED = f"""() => {{
  const reduced = (window.reduced = matchMedia("(prefers-reduced-motion: reduce)"));
  const next = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  window.stilled = new Promise((done) => {{
    reduced.addEventListener("change", () => next(() => done({LEFT_OVER})), {{ once: true }});
  }});
}}"""
"""Two frames after less motion was asked for: what is left of it."""
SPOKEN = "document.querySelector('.toasts [role=status]')?.textContent ?? ''"

SPARK: dict[str, Any] = {"id": 7, "name": "Spark", "description": "1,000 XP gathered", "icon": "⚡"}
UNLOCKED: dict[str, Any] = {"userId": 1, "unlockedAt": "2026-11-21T10:00:00.000Z", "achievement": SPARK}


MOVING: list[tuple[str, dict[str, Any]]] = [
    ("contribution", {"userId": 1, "xp": 20}),
    ("contribution", {"userId": 2, "xp": 20}),
    ("raid_complete", {}),
    ("raid_failed", {}),
    ("refused", {}),
    ("achievement_unlocked", UNLOCKED),
    ("streak", {"current": 2, "longest": 2, "state": "active"}),
]


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    async with _page(browser) as page:
        yield page


@asynccontextmanager
async def _page(browser: Browser, *, reduced_motion: bool = False) -> AsyncIterator[Page]:
    """The page's files with their headers, without the app, and with no server: nothing here asks for one."""
    context = await browser.new_context(reduced_motion="reduce" if reduced_motion else "no-preference")
    context.set_default_timeout(PATIENCE_MS)
    files = httpx.ASGITransport(Starlette(routes=web.routes))
    async with httpx.AsyncClient(transport=files, headers={"Accept-Encoding": "identity"}) as client:

        async def fulfil(route: Route) -> None:
            answer = await client.get(route.request.url)
            await route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

        await context.route("**/*", fulfil)
        await context.route("**/app/main.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        faults, page = Faults(), await context.new_page()
        faults.watch(page)
        await page.goto("http://localhost/")
        await page.evaluate(SETTING)
        yield page
        await context.close()
    assert not faults.unexpected


async def _told(page: Page, event: str, data: dict[str, Any]) -> None:
    await page.evaluate("([event, data]) => told(event, data)", [event, data])


def _unlock(number: int, user_id: int = 1, name: str | None = None) -> dict[str, Any]:
    return {**UNLOCKED, "userId": user_id, "achievement": {**SPARK, "id": number, "name": name or f"Number {number}"}}


async def test_only_transform_and_opacity_move_and_all_of_it_ends(page: Page) -> None:
    for event, data in MOVING:
        await page.evaluate("forget()")
        await _told(page, event, data)
        await eventually(lambda: page.evaluate(ANIMATED))
        await eventually(lambda: page.evaluate(f"{LEFT_OVER} === 0"))
        assert set(await page.evaluate(ANIMATED)) <= {"transform", "opacity"}, event


async def test_a_contribution_bursts_and_says_how_much(page: Page) -> None:
    await _told(page, "contribution", {"userId": 2, "xp": 1234})
    assert await eventually(lambda: page.evaluate(RISING)) == ["+1,234 XP"]
    assert await page.evaluate(PARTICLES) > 0


async def test_a_crowd_is_summed_up_within_the_bounds(page: Page) -> None:
    """A thousand at once at fifty places: few elements, and at one place the sum of what the events said."""
    most = await page.evaluate(
        """async () => {
          const places = Array.from({ length: 50 }, () => document.body.appendChild(document.createElement("p")));
          for (const one of places) one.textContent = "member";
          let most = 0;
          for (let at = 0; at < 60; at += 1) {
            for (let each = 0; each < 20; each += 1) juice.burst(places[(at + each) % 50], { xp: 1, tasks: 1 });
            await new Promise(requestAnimationFrame);
            most = Math.max(most, document.querySelectorAll(".juice-stage *").length);
          }
          return most;
        }"""
    )
    assert 0 < most <= 120 + 16
    await eventually(lambda: page.evaluate(f"{LEFT_OVER} === 0"))
    await page.evaluate("forget()")
    await page.evaluate("for (let at = 0; at < 300; at += 1) told('contribution', { userId: 2, xp: 3 })")
    assert await eventually(lambda: page.evaluate(RISING)) == ["+900 XP"]


async def test_a_place_out_of_view_bursts_elsewhere(page: Page) -> None:
    await page.evaluate(
        """() => {
          const far = document.body.appendChild(document.createElement("p"));
          far.style.marginTop = "5000px";
          far.textContent = "far";
          juice.burst(far, { xp: 5, tasks: 1, orElse: document.querySelector("#place") });
          juice.burst(far, { xp: 5, tasks: 1, orElse: document.querySelector("#place") });
        }"""
    )
    assert await eventually(lambda: page.evaluate(RISING)) == ["+10 XP"]


async def test_nothing_moves_where_less_motion_is_wanted(browser: Browser) -> None:
    async with _page(browser, reduced_motion=True) as page:
        for event, data in [("contribution", {"userId": 1, "xp": 20}), ("raid_complete", {}), ("refused", {})]:
            await _told(page, event, data)
        await page.evaluate("juice.urgent(document.querySelector('#place'), true)")
        await _told(page, "achievement_unlocked", UNLOCKED)
        await page.locator(".toast").wait_for()
        assert await page.evaluate(LEFT_OVER) == 0
        assert await page.evaluate(ANIMATED) == []
        assert await page.evaluate("document.querySelector('#place').className") == "urgent"


async def test_motion_that_becomes_unwanted_stops_at_once(page: Page) -> None:
    await _told(page, "raid_complete", {})
    await eventually(lambda: page.evaluate(f"{PARTICLES} > 50"))
    await page.evaluate(STILLED)
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate("stilled") == 0
    await page.emulate_media(reduced_motion="no-preference")
    await page.evaluate("forget()")
    await _told(page, "contribution", {"userId": 2, "xp": 1})
    assert await eventually(lambda: page.evaluate(RISING)) == ["+1 XP"]


async def test_a_pulse_begins_and_ends_when_told(page: Page) -> None:
    await page.evaluate("juice.urgent(document.querySelector('#place'), true)")
    moving = await eventually(lambda: page.evaluate(ANIMATED))
    assert set(moving) <= {"transform", "opacity"}
    await page.evaluate("juice.urgent(document.querySelector('#place'), false)")
    assert await page.evaluate(LEFT_OVER) == 0
    assert await page.evaluate("document.querySelector('#place').className") == ""


async def test_an_unlock_is_told_once(page: Page) -> None:
    """By the raid's stream and by the own log, with what it brought."""
    for _ in range(2):
        await _told(page, "achievement_unlocked", UNLOCKED)
    await _told(page, "reward_granted", {"achievementId": 7, "xp": 50, "credits": 10})
    await page.locator(".toast").wait_for()
    await _told(page, "achievement_unlocked", UNLOCKED)
    assert await page.evaluate(SPOKEN) == "Unlocked: Spark. 1,000 XP gathered. +50 XP, +10 credits."
    await page.get_by_role("button", name="Dismiss").click()
    await page.locator(".toast").wait_for(state="detached")
    await _told(page, "streak", {"current": 3, "longest": 5, "state": "active"})
    await page.locator(".toast").wait_for()
    assert await page.locator(".toast-title").all_inner_texts() == ["3 days in a row"]


async def test_what_is_secret_comes_with_its_name(page: Page) -> None:
    secret = {**UNLOCKED, "achievement": {**SPARK, "name": None, "description": None}}
    await _told(page, "achievement_unlocked", secret)
    await _told(page, "achievement_unlocked", UNLOCKED)
    await page.locator(".toast").wait_for()
    assert await page.locator(".toast-title").all_inner_texts() == ["Unlocked: Spark"]


async def test_many_unlocks_are_told_as_one(page: Page) -> None:
    unlocks = [_unlock(number, user_id) for number in range(1, 6) for user_id in (1, 2)]
    await page.evaluate("(all) => { for (const one of all) told('achievement_unlocked', one) }", unlocks)
    await page.locator(".toast").first.wait_for()
    titles = await page.locator(".toast-title").all_inner_texts()
    assert titles == ["5 achievements unlocked", "The others unlocked 5 achievements"]
    assert "Number 1, Number 2, Number 3 and 2 more" in await page.evaluate(SPOKEN)


async def test_three_toasts_at_once_and_the_others_wait(page: Page) -> None:
    await page.evaluate("for (let at = 1; at <= 30; at += 1) juice.toast({ title: `Toast ${at}` })")
    await eventually(lambda: page.evaluate("document.querySelectorAll('.toast').length === 3"))
    # Of thirty twenty wait: the oldest ten are gone, for nobody reads thirty.
    assert await page.locator(".toast-title").all_inner_texts() == ["Toast 11", "Toast 12", "Toast 13"]
    await page.keyboard.press("Escape")
    await eventually(
        lambda: page.evaluate("document.querySelector('.toast:last-child .toast-title').textContent === 'Toast 14'")
    )
    assert await page.evaluate("document.querySelectorAll('.toast').length") == 3


async def test_on_a_phone_one_toast_at_a_time_leaves_the_top_free(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.evaluate("for (let at = 1; at <= 3; at += 1) juice.toast({ title: `Toast ${at}` })")
    await page.locator(".toast").first.wait_for()
    assert await page.locator(".toast-title").all_inner_texts() == ["Toast 1"]
    box = await page.locator(".toast").bounding_box()
    assert box is not None
    assert box["y"] > 844 / 2
    await page.keyboard.press("Escape")
    await eventually(lambda: page.evaluate("document.querySelector('.toast-title')?.textContent === 'Toast 2'"))


async def test_toasts_are_reached_and_dismissed_by_keyboard(page: Page) -> None:
    await page.evaluate(
        """() => {
          const button = document.body.appendChild(document.createElement("button"));
          button.textContent = "mine";
          button.focus();
          for (const title of ["One", "Two"]) juice.toast({ title });
        }"""
    )
    await eventually(lambda: page.evaluate("document.querySelectorAll('.toast').length === 2"))
    assert await page.evaluate("document.activeElement.textContent") == "mine"
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.getAttribute('aria-label')") == "Dismiss: One"
    await page.keyboard.press("Escape")
    assert await page.evaluate("document.activeElement.getAttribute('aria-label')") == "Dismiss: Two"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.textContent") == "mine"
    assert await page.locator(".toast").count() == 0


async def test_a_toast_stays_as_long_as_somebody_is_at_it(page: Page) -> None:
    await page.evaluate("keeping.disconnect()")
    await page.clock.install(time=0)
    await page.clock.pause_at(1_000)
    await page.evaluate("juice.toast({ title: 'One' })")
    await page.clock.run_for(300)
    await page.locator(".toast").hover()
    await page.clock.run_for(60_000)
    assert await page.locator(".toast").count() == 1
    await page.mouse.move(0, 0)
    await page.clock.run_for(5_500)
    assert await page.locator(".toast").count() == 1
    await page.clock.run_for(1_000)
    assert await page.locator(".toast").count() == 0


async def test_what_people_wrote_stays_text(page: Page) -> None:
    await _told(page, "achievement_unlocked", _unlock(9, name="<img src=x onerror=alert(1)>"))
    await page.locator(".toast").wait_for()
    assert "<img src=x" in await page.locator(".toast-title").inner_text()
    assert await page.locator(".toast img").count() == 0
