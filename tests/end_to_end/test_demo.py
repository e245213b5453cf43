"""The demo raid moves, is public, goes on to the next one, and finds itself again."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from server import demo
from tests.conftest import Launch
from tests.helpers import ADMIN_TOKEN, eventually

UNHURRIED = (1.0, 1.1)
"""A raid of sixty tasks is then under way for a minute: longer than anybody takes to look at it."""


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_PAUSE_S", (0.0, 0.01))
    monkeypatch.setattr(demo, "_BETWEEN_RAIDS_S", 0.1)
    monkeypatch.setattr(demo, "_AFTER_ERROR_S", 0.1)


@contextlib.asynccontextmanager
async def playing(url: str) -> AsyncIterator[None]:
    task = asyncio.create_task(demo.run_demo(url, ADMIN_TOKEN))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def guest(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with http.post("/api/v1/sessions/guest", json={"name": "Guest"}) as answer:
            token = (await answer.json())["token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http


async def demo_raids(http: aiohttp.ClientSession, status: str) -> list[Mapping[str, Any]]:
    async with http.get(f"/api/v1/raids?status={status}") as answer:
        return [raid for raid in (await answer.json())["raids"] if raid["title"] == demo.TITLE]


async def tasks_of(http: aiohttp.ClientSession, raid_id: int) -> int:
    async with http.get(f"/api/v1/raids/{raid_id}") as answer:
        return int((await answer.json())["currentTasks"])


async def test_a_guest_sees_the_demo_raid_complete_and_the_next_one_move(launch: Launch) -> None:
    server = await launch()
    async with playing(server.url), guest(server.url) as http:
        await eventually(lambda: demo_raids(http, "completed"), deadline=60, every=0.2)
        [running] = await eventually(lambda: demo_raids(http, "active"), deadline=60, every=0.2)
        await eventually(lambda: tasks_of(http, running["id"]), deadline=60, every=0.2)


async def test_a_guest_takes_part_with_the_code_in_its_description(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_PAUSE_S", UNHURRIED)
    server = await launch()
    async with playing(server.url), guest(server.url) as http:
        [running] = await eventually(lambda: demo_raids(http, "active"), deadline=60, every=0.2)
        code = re.search(r"code ([A-Z0-9]{8})\.", running["description"])
        assert code, running["description"]
        async with http.post("/api/v1/raids/join", json={"inviteCode": code[1]}) as answer:
            assert answer.status == 200, await answer.text()
        path = f"/api/v1/raids/{running['id']}/contributions"
        async with http.post(path, json={"xp": 1}) as answer:
            assert answer.status in (201, 202), await answer.text()


async def test_after_a_restart_it_goes_on_with_the_raid_that_was_under_way(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_PAUSE_S", UNHURRIED)
    server = await launch()
    async with guest(server.url) as http:
        async with playing(server.url):
            [running] = await eventually(lambda: demo_raids(http, "active"), deadline=60, every=0.2)
            await eventually(lambda: tasks_of(http, running["id"]), deadline=60, every=0.2)
        before = await tasks_of(http, running["id"])
        async with playing(server.url):
            await eventually(lambda: further(http, running["id"], before), deadline=60, every=0.2)
        assert [raid["id"] for raid in await demo_raids(http, "active")] == [running["id"]]


async def further(http: aiohttp.ClientSession, raid_id: int, than: int) -> bool:
    return await tasks_of(http, raid_id) > than


async def test_it_waits_for_a_server_that_is_away(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_PAUSE_S", UNHURRIED)
    server = await launch()
    port = int(server.url.rpartition(":")[2])
    async with playing(server.url), guest(server.url) as http:
        await eventually(lambda: demo_raids(http, "active"), deadline=60, every=0.2)
        await server.kill()
        await asyncio.sleep(0.5)
        await launch(port=port)
        [running] = await eventually(lambda: demo_raids(http, "active"), deadline=60, every=0.2)
        before = await tasks_of(http, running["id"])
        await eventually(lambda: further(http, running["id"], before), deadline=60, every=0.2)
