"""Members who contribute by the hundred, and what a page goes through meanwhile."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import CDPSession, Page

from tests.browser.world import World
from tests.server.people import Person

BATCH = 500
"""As many contributions as one request takes."""

PACED = 50
"""Of those at a pace: a request brings so few that they come one after the other, as from people."""

COUNTED = """(() => {
  window.heard = 0;
  const listen = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (name, ...rest) {
    if (name === "contribution") listen.call(this, name, () => (window.heard += 1));
    return listen.call(this, name, ...rest);
  };
})()"""
"""Before anything else runs on a page: how many contributions its stream brought."""

MEASURED = """() => {
  const seen = (window.seen = { frames: 0, dropped: 0, longestFrame: 0, longTasks: 0, longestTask: 0, clicks: [] });
  let last = performance.now();
  const frame = (now) => {
    const took = now - last;
    last = now;
    seen.frames += 1;
    if (took > 50) seen.dropped += 1;
    seen.longestFrame = Math.max(seen.longestFrame, Math.round(took));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      seen.longTasks += 1;
      seen.longestTask = Math.max(seen.longestTask, duration);
    }
  }).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === "click") seen.clicks.push(duration);
  }).observe({ type: "event", durationThreshold: 16 });
}"""
"""Frames that took longer than three of sixty a second count as dropped; a click's time is up to the next paint."""


@dataclass(slots=True)
class Crowd:
    raid: dict[str, Any]
    members: list[Person]
    sent: int = 0
    """So many contributions were accepted."""
    _keys: Iterator[int] = field(default_factory=itertools.count)

    async def contribute(self, member: Person, count: int = BATCH, xp: int = 1) -> None:
        """That many in one request, all of them accepted."""
        items = [{"raidId": self.raid["id"], "key": f"crowd-{next(self._keys)}", "xp": xp} for _ in range(count)]
        answer = await member.post("/contributions", {"items": items})
        assert answer.status_code == 200, answer.text
        refused = [one for one in answer.json()["results"] if one["status"] not in (201, 202)]
        assert not refused, refused[0]
        self.sent += count

    async def at_pace(self, per_second: int, seconds: float) -> float:
        """A few whenever they are due, by one after the other; returns the rate that came of it."""
        start = time.monotonic()
        pause = PACED / per_second
        sending = []
        for turn in range(round(seconds / pause)):
            await asyncio.sleep(max(0.0, start + turn * pause - time.monotonic()))
            sending.append(asyncio.create_task(self.contribute(self.members[turn % len(self.members)], PACED)))
        await asyncio.gather(*sending)
        return self.sent / max(time.monotonic() - start, seconds)

    async def flood(self, count: int) -> None:
        """As fast as they are taken: every member sends batch after batch until `count` more were accepted."""
        batches = iter(range(count // BATCH))

        async def sends(member: Person) -> None:
            for _ in batches:
                await self.contribute(member)

        await asyncio.gather(*(sends(member) for member in self.members))


async def crowd_of(world: World, members: int) -> tuple[Person, Crowd]:
    """An active raid with that many who may send as much as they like, and its leader, who looks on."""
    leader = await world.people.person("Ann")
    crowd = [await world.people.person(f"Member {number}", scopes=("unlimited",)) for number in range(members)]
    far = 1_000_000
    raid = await leader.starts_raid(*crowd, targetXp=far, targetTasks=far, maxMembers=members + 1)
    return leader, Crowd(raid, crowd)


async def room_of(world: World, person: Person, raid: dict[str, Any]) -> Page:
    """The raid's room in a browser of that person's own, which counts what it hears."""
    context = await world.context(person)
    await context.add_init_script(COUNTED)
    page = await context.new_page()
    await page.goto(f"/raids/{raid['id']}")
    await page.locator('[data-total="xp"]').wait_for()
    return page


@dataclass(frozen=True, slots=True)
class Footprint:
    heap: int
    nodes: int
    listeners: int


async def footprint_of(devtools: CDPSession) -> Footprint:
    """What the page holds once everything was collected that can be."""
    for _ in range(2):  # finalizers of the first round free what the second one finds
        await devtools.send("HeapProfiler.collectGarbage")
    heap = await devtools.send("Runtime.getHeapUsage")
    counters = await devtools.send("Memory.getDOMCounters")
    return Footprint(int(heap["usedSize"]), counters["nodes"], counters["jsEventListeners"])
