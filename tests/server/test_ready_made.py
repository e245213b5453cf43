"""Ready-made pages over the whole application: ETag and 304, one build for many, and nothing old after a change."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from redis.asyncio import Redis

from persistence.rows import OutboxRow
from raidline.ids import UserId
from realtime import keys
from realtime.connection import Scripted
from realtime.errors import RedisAway
from realtime.ready_made import Lease, Made, Missing, achievements_page, stats_page
from server.cache import ExpiringCache
from server.problems import Problem
from server.ready_made import ReadyMade, etag_of, matches
from server.services import Services, open_services
from server.settings import Settings
from server.shared_work import Shared
from server.tasks import Background
from tests.faults.stage import own_services
from tests.helpers import eventually
from tests.server.people import People, code_of

ALICE = UserId(1)
PAGE = achievements_page(ALICE)


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings) as opened:
        yield opened


@dataclass
class Shelf:
    """What there is to be read from, and how often it was."""

    content: bytes = b'{"is":1}'
    built: int = 0
    before_reading: Callable[[], Awaitable[None]] | None = None
    after_reading: Callable[[], Awaitable[None]] | None = None

    async def build(self) -> bytes:
        self.built += 1
        if self.before_reading is not None:
            await self.before_reading()
        found = self.content
        if self.after_reading is not None:
            await self.after_reading()
        return found


def redis_of(services: Services) -> Redis:
    assert isinstance(services.scripted, Scripted), "the tests here have one server"
    return services.scripted.redis


async def stored(services: Services, page: str = PAGE.key) -> bool:
    return bool((await services.scripted.plain([["EXISTS", page]]))[0])


async def kept(services: Services) -> None:
    await eventually(lambda: stored(services))


async def change(services: Services, *people: UserId) -> None:
    """As the outbox tells it."""
    payload = orjson.dumps({"people": people, "events": [], "boards": {}})
    await services.notifier.send([OutboxRow(1, "progress", payload)])


async def test_a_page_is_built_once_and_then_comes_from_redis(services: Services) -> None:
    shelf = Shelf()
    first = await services.ready_made.page(PAGE, shelf.build)
    await kept(services)
    assert await services.ready_made.page(PAGE, shelf.build) == first
    assert first == Made(etag_of(shelf.content), shelf.content)
    assert shelf.built == 1
    assert 3000 < await redis_of(services).ttl(PAGE.key) <= 3600


class Counted(Shared[Any, Made]):
    """How many have asked so far."""

    asked = 0

    async def of(self, key: Any, begin: Callable[[], Coroutine[Any, Any, Made]], patience: float | None = None) -> Made:
        self.asked += 1
        return await super().of(key, begin, patience)


async def test_many_who_miss_at_once_build_once(services: Services) -> None:
    shelf = Shelf()
    building = services.ready_made._building = Counted()
    shelf.after_reading = lambda: eventually(lambda: building.asked == 50)
    pages = await asyncio.gather(*(services.ready_made.page(PAGE, shelf.build) for _ in range(50)))
    assert shelf.built == 1
    assert set(pages) == {Made(etag_of(shelf.content), shelf.content)}


async def test_who_stops_waiting_does_not_stop_it_for_the_others(services: Services) -> None:
    shelf, go = Shelf(), asyncio.Event()

    async def wait() -> None:
        await go.wait()

    shelf.after_reading = wait
    first, second = (asyncio.create_task(services.ready_made.page(PAGE, shelf.build)) for _ in range(2))
    await eventually(lambda: shelf.built)
    first.cancel()
    go.set()
    assert (await second).body == shelf.content
    assert shelf.built == 1


async def test_a_change_drops_the_page(services: Services) -> None:
    shelf = Shelf()
    await services.ready_made.page(PAGE, shelf.build)
    await kept(services)
    shelf.content = b'{"is":2}'
    await change(services, ALICE, UserId(2))
    assert (await services.ready_made.page(PAGE, shelf.build)).body == b'{"is":2}'


async def test_a_page_dropped_while_it_is_made_is_not_stored(services: Services) -> None:
    """The reader read what was, the change came and dropped, and only then the reader would have stored."""
    shelf = Shelf()

    async def changes_meanwhile() -> None:
        shelf.after_reading = None
        shelf.content = b'{"is":2}'
        await change(services, ALICE)

    shelf.after_reading = changes_meanwhile
    assert (await services.ready_made.page(PAGE, shelf.build)).body == b'{"is":1}'
    assert (await services.ready_made.page(PAGE, shelf.build)).body == b'{"is":2}'
    await kept(services)
    assert (await services.ready_made.page(PAGE, shelf.build)).body == b'{"is":2}'
    assert shelf.built == 2


async def test_who_asks_after_the_drop_does_not_get_what_was_read_before_it(services: Services) -> None:
    shelf, go = Shelf(), asyncio.Event()

    async def hold() -> None:
        await go.wait()

    shelf.after_reading = hold
    early = asyncio.create_task(services.ready_made.page(PAGE, shelf.build))
    await eventually(lambda: shelf.built)
    shelf.content, shelf.after_reading = b'{"is":2}', None
    await change(services, ALICE)
    assert (await services.ready_made.page(PAGE, shelf.build)).body == b'{"is":2}'
    go.set()
    assert (await early).body == b'{"is":1}'
    await kept(services)
    assert (await services.ready_made.page(PAGE, shelf.build)).body == b'{"is":2}'


async def test_only_the_lease_of_who_made_it_stores(services: Services) -> None:
    store = services.ready_made._store
    missing = await store.read(PAGE)
    assert isinstance(missing, Missing)
    first, second = await store.lease(PAGE, missing), await store.lease(PAGE, missing)
    assert isinstance(first, Lease)
    assert first == second
    await change(services, ALICE)
    third = await store.lease(PAGE, missing)
    assert isinstance(third, Lease)
    assert not await store.store(PAGE, first, Made('"a"', b"old"))
    assert await store.store(PAGE, third, Made('"b"', b"new"))
    assert await store.lease(PAGE, missing) == Made('"b"', b"new")
    assert not await store.store(PAGE, third, Made('"c"', b"again"))


async def test_a_change_of_definitions_drops_everybodys_page(services: Services) -> None:
    shelves = {user_id: Shelf() for user_id in (ALICE, UserId(2))}
    for user_id, shelf in shelves.items():
        await services.ready_made.page(achievements_page(user_id), shelf.build)
        await eventually(functools.partial(stored, services, achievements_page(user_id).key))
    await services.notifier.send([OutboxRow(1, "definitions_changed", b"{}")])
    for user_id, shelf in shelves.items():
        await services.ready_made.page(achievements_page(user_id), shelf.build)
        assert shelf.built == 2


async def test_another_variant_is_another_page(services: Services) -> None:
    november, december = Shelf(b"11"), Shelf(b"12")
    for shelf, variant in ((november, "11"), (december, "12"), (november, "11")):
        assert (await services.ready_made.page(stats_page(ALICE, variant), shelf.build)).body == shelf.content
        await kept_variant(services, variant)
    assert (november.built, december.built) == (2, 1)


async def kept_variant(services: Services, variant: str) -> None:
    async def is_kept() -> bool:
        found = await redis_of(services).get(stats_page(ALICE).key)
        return isinstance(found, bytes) and found.split(b"\n")[0].endswith(b" " + variant.encode())

    await eventually(is_kept)


async def test_a_page_of_another_run_of_redis_is_not_trusted(services: Services) -> None:
    """It may have come back with what it dropped before."""
    shelf = Shelf()
    await services.ready_made.page(PAGE, shelf.build)
    await kept(services)
    value = await redis_of(services).get(PAGE.key)
    assert isinstance(value, bytes)
    await redis_of(services).set(PAGE.key, b"x" * 40 + value[40:])
    await services.ready_made.page(PAGE, shelf.build)
    assert shelf.built == 2


async def test_what_cannot_be_built_is_told_and_not_kept(services: Services) -> None:
    async def fail() -> bytes:
        raise Problem("not_found")

    with pytest.raises(Problem):
        await services.ready_made.page(PAGE, fail)
    shelf = Shelf()
    assert (await services.ready_made.page(PAGE, shelf.build)).body == shelf.content


async def test_a_connection_that_is_cut_is_made_anew(services: Services, redis_url: str) -> None:
    shelf = Shelf()
    made = await services.ready_made.page(PAGE, shelf.build)
    await kept(services)
    async with Redis.from_url(redis_url) as redis:
        for _ in range(3):
            await redis.client_kill_filter(_type="normal", skipme=True)
            pages = [services.ready_made._store.read(PAGE) for _ in range(20)]
            found = set(await asyncio.gather(*pages, return_exceptions=True))
            assert found <= {made} or all(isinstance(one, RedisAway) for one in found)
            assert await services.ready_made._store.read(PAGE) == made


@pytest.mark.parametrize(
    ("given", "expected"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False), ("", False)],
)
def test_if_none_match(given: str, expected: bool) -> None:
    assert matches(given, '"a"') is expected


async def test_a_page_is_remembered_until_it_is_dropped_anywhere(services: Services, settings: Settings) -> None:
    shelf = Shelf()
    services.ready_made._memory = ExpiringCache(10, 3600)  # nothing is forgotten by itself
    await services.ready_made.page(PAGE, shelf.build)
    await kept(services)
    await eventually(lambda: services.hub.announcements.hears_of_pages)
    async with open_services(settings) as other:
        for number in range(2, 12):
            for _ in range(3):
                assert (await services.ready_made.page(PAGE, shelf.build)).body == shelf.content
            shelf.content = b'{"is":%d}' % number
            await change(other, ALICE)

            async def is_told() -> bool:
                return (await services.ready_made.page(PAGE, shelf.build)).body == shelf.content

            await eventually(is_told, every=0.002)
            await kept(services)


async def test_a_server_that_does_not_hear_remembers_nothing(services: Services) -> None:
    background = Background()
    deaf = ReadyMade(services.ready_made._store, background)
    shelf = Shelf()
    await services.ready_made.page(PAGE, shelf.build)
    await kept(services)
    await deaf.page(PAGE, shelf.build)
    await redis_of(services).delete(PAGE.key)
    shelf.content = b"new"
    assert (await deaf.page(PAGE, shelf.build)).body == b"new"
    await background.close()


# -- over HTTP ---------------------------------------------------------------------------------------------------


async def test_the_overview_has_an_etag_and_a_304(people: People) -> None:
    person = await people.person()
    answer = await person.get("/me/achievements")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Authorization, Cookie"
    assert answer.json()["achievements"]
    again = await person.get("/me/achievements", If_None_Match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    assert (await person.get("/me/achievements", If_None_Match='"other"')).status_code == 200


async def test_the_nearest_are_as_many_as_are_asked_for(people: People) -> None:
    person = await people.person()
    assert len((await person.get("/me/achievements/next?limit=2")).json()["next"]) == 2
    assert len((await person.get("/me/achievements/next?limit=3")).json()["next"]) == 3
    assert code_of(await person.get("/me/achievements/next?limit=0")) == (422, "validation_failed")
    assert code_of(await people.admin.get("/me/achievements")) == (403, "user_required")


async def test_a_304_needs_no_postgres_and_no_redis_is_no_fault(service_folder: Path) -> None:
    async with own_services(service_folder) as stage:
        server = await stage.web()
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            person = await People(client).person()
            etag = (await person.get("/me/achievements")).headers["etag"]
            async with Redis.from_url(stage.redis_url) as redis:
                await eventually(lambda: redis.exists(keys.person_key(UserId(person.id), "achievements")))
            await stage.postgres.stop()
            assert (await person.get("/me/achievements", If_None_Match=etag)).status_code == 304
            assert (await person.get("/me/achievements")).status_code == 200
            assert code_of(await person.get("/me/achievements/next")) == (503, "unavailable")
            await stage.redis.stop()
            await eventually(lambda: _refused(person.get("/me/achievements")), 60)
            await stage.postgres.start()
            back = await eventually(lambda: _ok(person.get("/me/achievements")), 60)
            assert back.headers["etag"] == etag


async def _refused(asked: Awaitable[httpx.Response]) -> bool:
    return (await asked).status_code == 503


async def _ok(asked: Awaitable[httpx.Response]) -> httpx.Response | None:
    answer = await asked
    return answer if answer.status_code == 200 else None
