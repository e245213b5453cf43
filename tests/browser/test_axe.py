"""Every page in every state there is: what axe-core has to say, dark and light, and whether it fits a narrow screen.

The year of a profile and the rooms of people with odd names: test_profile.py, test_room.py.
"""

import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Error, Page, expect

from server.embedded import ServiceUrls
from tests.browser.axe import assert_accessible
from tests.browser.faults import AWAY
from tests.browser.fitting import assert_fits
from tests.browser.raidline import Raidline
from tests.browser.scenery import Stage
from tests.browser.test_page_loads import there
from tests.browser.walking import connection_is
from tests.browser.world import DESKTOP, NARROW, Screen, World
from tests.server.people import Person

REFUSED = r"status of (401|404|422) "


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """The lobby shows everybody's public raids."""
    return own_raidline


@dataclass(frozen=True, slots=True)
class Cast:
    """Whose pages are looked at. Ann leads a raid in every state; Ben is in them; Cleo is nowhere in."""

    world: World
    screen: Screen
    ann: Person
    ben: Person
    cleo: Person
    raids: dict[str, dict[str, Any]]
    contexts: dict[int, BrowserContext]
    """One browser for each of them, which loads the page's files once."""

    async def page(self, person: Person | None, path: str) -> Page:
        context = await (self._context_of(person) if person else self.new_context())
        page = await context.new_page()
        if self.screen is DESKTOP:
            await page.emulate_media(color_scheme="dark")
        await page.goto(path)
        await there(page)
        return page

    async def new_context(self, person: Person | None = None) -> BrowserContext:
        return await self.world.context(person, screen=self.screen, reduced_motion=True)

    async def _context_of(self, person: Person) -> BrowserContext:
        if person.id not in self.contexts:
            self.contexts[person.id] = await self.new_context(person)
        return self.contexts[person.id]

    async def room(self, status: str, person: Person | None = None) -> Page:
        return await self.page(person or self.ann, f"/raids/{self.raids[status]['id']}")


async def cast_of(world: World, screen: Screen, urls: ServiceUrls) -> Cast:
    ann, ben, cleo = [await world.people.person(name) for name in ("Ann Ortega", "Ben", "Cleo")]
    raids = {"recruiting": await ann.makes_raid(title="Half marathon", description="A point for each kilometre.")}
    assert (await ben.post("/raids/join", {"inviteCode": raids["recruiting"]["inviteCode"]})).status_code == 200
    raids["active"] = await ann.starts_raid(ben, title="Spring cleaning", targetXp=2000, public=True, openJoin=True)
    raids["completed"] = await ann.starts_raid(ben, title="Forty lessons", targetXp=30, targetTasks=1)
    for status in ("active", "completed"):
        answer = await ben.post(f"/raids/{raids[status]['id']}/contributions", {"xp": 30, "taskId": "Kitchen windows"})
        assert answer.status_code == 201, answer.text
    raids["cancelled"] = await ann.starts_raid(ben, title="Move the piano")
    await ann.post(f"/raids/{raids['cancelled']['id']}/cancel")
    raids["failed"] = await ann.starts_raid(ben, title="Thousand pages")
    await Stage(world.people, urls, random.Random(1)).runs_out(raids["failed"], ann)
    return Cast(world, screen, ann, ben, cleo, raids, {})


async def pressed(page: Page, *names: str) -> Page:
    for name in names:
        await page.get_by_role("button", name=name, exact=True).click()
    return page


async def lobby(cast: Cast) -> Page:
    return await cast.page(cast.ann, "/")


async def lobby_of_somebody_new(cast: Cast) -> Page:
    return await cast.page(None, "/")


async def lobby_with_a_refused_code(cast: Cast) -> Page:
    page = await cast.page(cast.cleo, "/")
    await page.get_by_label("Code or invite link").fill("ABCD2345")
    await pressed(page, "Join")
    await expect(page.locator("[aria-invalid=true]")).to_be_visible()
    return page


async def creating(cast: Cast) -> Page:
    page = await pressed(await cast.page(cast.cleo, "/"), "New raid", "Make the raid")
    await expect(page.get_by_text("Give it a title.")).to_be_visible()
    return page


async def joining_as_a_newcomer(cast: Cast) -> Page:
    return await cast.page(None, f"/r/{cast.raids['recruiting']['inviteCode']}")


async def joining_refused(cast: Cast) -> Page:
    page = await pressed(await cast.page(cast.cleo, "/r/ABCD2345"), "Join the raid")
    await expect(page.get_by_role("alert")).to_be_visible()
    return page


async def signing_in(cast: Cast) -> Page:
    """As where no guests are let in."""
    context = await cast.new_context()
    await context.route("**/sessions/guest", lambda route: route.fulfill(status=404, json={"code": "not_found"}))
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("Paste a token first.")).to_be_visible()
    return page


async def signed_out(cast: Cast) -> Page:
    page = await cast.page(await cast.world.people.person("Dora"), "/me")
    await pressed(page, "Sign out")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    return page


async def room_of_the_leader_before_the_start(cast: Cast) -> Page:
    return await cast.room("recruiting")


async def room_under_way(cast: Cast) -> Page:
    """With a notice, and something of one's own in the feed."""
    page = await cast.room("active")
    await page.get_by_role("button", name=re.compile("^Contribute")).first.click()
    await expect(page.locator(".toast").first).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("^Take back")).first).to_be_visible()
    return page


async def room_with_the_form(cast: Cast) -> Page:
    page = await cast.room("active", cast.ben)
    if cast.screen is NARROW:
        await pressed(page, "Other…")
    await page.get_by_role("spinbutton", name="XP").fill("-1")
    await pressed(page, "Contribute")
    await expect(page.locator("[aria-invalid=true]")).to_be_visible()
    return page


async def room_of_who_watches(cast: Cast) -> Page:
    return await cast.room("active", cast.cleo)


async def room_completed(cast: Cast) -> Page:
    return await cast.room("completed")


async def room_failed(cast: Cast) -> Page:
    return await cast.room("failed", cast.ben)


async def room_cancelled(cast: Cast) -> Page:
    return await cast.room("cancelled")


async def room_offline(cast: Cast) -> Page:
    page = await cast.room("active", cast.ben)
    await connection_is(page, "live")
    await page.context.set_offline(True)
    await page.get_by_role("button", name=re.compile("^Contribute")).first.click()
    await expect(page.locator(".connection-waiting")).to_be_visible()
    await connection_is(page, "offline")
    cast.contexts.clear()  # this one stays without a network
    return page


async def starting(cast: Cast) -> Page:
    return await pressed(await cast.room("recruiting"), "Start the raid")


async def editing(cast: Cast) -> Page:
    return await pressed(await cast.room("active"), "Edit")


async def asking_about_a_member(cast: Cast) -> Page:
    return await pressed(await cast.room("active"), "What to do with Ben")


async def taking_a_member_out(cast: Cast) -> Page:
    return await pressed(await cast.room("active"), "What to do with Ben", "Take out of the raid")


async def cancelling(cast: Cast) -> Page:
    return await pressed(await cast.room("active"), "Cancel the raid")


async def profile(cast: Cast) -> Page:
    page = await cast.page(cast.ben, "/me")
    await page.locator(".way").evaluate_all("all => all.forEach((one) => (one.open = true))")
    return page


async def deleting_oneself(cast: Cast) -> Page:
    return await pressed(await cast.page(cast.cleo, "/me"), "Delete…")


async def no_such_address(cast: Cast) -> Page:
    return await cast.page(cast.cleo, "/r/one/two")


async def no_such_raid(cast: Cast) -> Page:
    return await cast.page(cast.cleo, f"/raids/{10**9}")


Sight = Callable[[Cast], Awaitable[Page]]

DOORS: tuple[Sight, ...] = (
    lobby,
    lobby_of_somebody_new,
    lobby_with_a_refused_code,
    creating,
    joining_as_a_newcomer,
    joining_refused,
    signing_in,
    signed_out,
    no_such_address,
    no_such_raid,
)
ROOMS: tuple[Sight, ...] = (
    room_of_the_leader_before_the_start,
    room_under_way,
    room_with_the_form,
    room_of_who_watches,
    room_completed,
    room_failed,
    room_cancelled,
    room_offline,
)
DIALOGS_AND_PROFILE: tuple[Sight, ...] = (
    starting,
    editing,
    asking_about_a_member,
    taking_a_member_out,
    cancelling,
    profile,
    deleting_oneself,
)


@pytest.mark.parametrize("sights", [DOORS, ROOMS, DIALOGS_AND_PROFILE], ids=["doors", "rooms", "dialogs-and-profile"])
@pytest.mark.parametrize("screen", [NARROW, DESKTOP], ids=["narrow", "desktop"])
async def test_every_state_is_accessible_and_fits(
    world: World, screen: Screen, sights: tuple[Sight, ...], database_url: str, redis_url: str
) -> None:
    """The wide screen is looked at in the dark, the narrow one in both lights, of which the second is only colours."""
    world.faults.expect(AWAY, REFUSED)
    cast = await cast_of(world, screen, ServiceUrls(database_url, redis_url))
    wrong = [await found_wrong(cast, sight) for sight in sights]
    assert not any(wrong), "\n\n".join(filter(None, wrong))


async def found_wrong(cast: Cast, sight: Sight) -> str | None:
    """All of it is told, not only the first."""
    try:
        page = await sight(cast)
        await assert_accessible(page)
        if cast.screen is NARROW:
            await assert_fits(page)
            await page.emulate_media(color_scheme="dark")
            await assert_accessible(page, "color-contrast")
        await page.close()
    except (AssertionError, Error) as error:
        return f"{sight.__name__}: {error}"
    return None
