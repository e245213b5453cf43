"""What can happen to Postgres and Redis while people contribute."""

import asyncio
import contextlib
import shutil
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import redis.asyncio

from tests.faults.crowd import Post
from tests.faults.outage import Outage, outage
from tests.helpers import all_written, eventually

AWAY_SECONDS = 20.0
BOUND_SECONDS = 8.0
"""An answer of a server whose Redis does not answer: after one wait of a second, on a machine that is busy. Whoever
waits as long as a heal may (ten seconds) is found."""

STREAM_SECONDS = 9.5
"""The same for a new stream, which first waits two seconds for its subscription."""

ACK_SECONDS = 2.0
"""What an answer takes that waited for a ledger that is away."""

REDIS_SECONDS = 1.0
"""What an answer takes, at least, that waited for a Redis that does not answer."""

NOTICED_SECONDS = 60.0
"""Silence of Redis is asked about after five seconds, and believed after ten."""


async def postgres_stopped(folder: Path) -> None:
    async with outage(folder) as scene:
        scene.stage.postgres.pause()
        try:
            posts = await scene.trickle(AWAY_SECONDS)
            renamed = await scene.crowd.call(
                "PATCH", f"/raids/{scene.open}", scene.people[0].token, {"title": "Autumn"}
            )
        finally:
            scene.stage.postgres.resume()
        await _went_on_without_the_ledger(scene, posts)
        await scene.is_over()
        assert renamed.status_code == 202
        assert await _titles(scene) == {"Autumn"}


async def _titles(scene: Outage) -> set[str]:
    """Of the raid that goes on, in the ledger and in Redis."""
    connection = await asyncpg.connect(scene.stage.database_url)
    title = await connection.fetchval("SELECT title FROM raids WHERE id = $1", scene.open)
    await connection.close()
    snapshot = await scene.crowd.call("GET", f"/raids/{scene.open}", scene.people[0].token)
    return {title, snapshot.json()["title"]}


async def postgres_shut_down(folder: Path) -> None:
    async with outage(folder) as scene:
        await scene.stage.postgres.stop()
        try:
            posts = await scene.trickle(AWAY_SECONDS)
        finally:
            await scene.stage.postgres.start()
        await _went_on_without_the_ledger(scene, posts)
        await scene.is_over()


async def _went_on_without_the_ledger(scene: Outage, posts: list[Post]) -> None:
    """202 to all that the raid still took, at once after the first ones; the watcher saw every one of them."""
    accepted = [post for post in posts if post.answer.accepted]
    assert {post.answer.status for post in accepted} == {202}
    assert {post.answer.body["code"] for post in posts if not post.answer.accepted} <= {"raid_ended"}
    slow = sum(post.answer.seconds >= ACK_SECONDS for post in accepted)
    assert slow < len(accepted) / 3, f"{slow} of {len(accepted)} waited"
    told = {post.contribution_id for post in accepted if post.raid_id == scene.open}
    # An answer and the event of it come by ways of their own.
    await eventually(lambda: told <= set(scene.watcher.contributions), 60)


async def redis_stopped(folder: Path) -> None:
    """It answers nothing, and its connections stay open."""
    async with outage(folder) as scene:
        scene.stage.redis.pause()
        try:
            await _turned_away(scene)
            await eventually(lambda: scene.watcher.said("status", live=False), NOTICED_SECONDS)
        finally:
            scene.stage.redis.resume()
        await eventually(lambda: scene.watcher.said("status", live=True), NOTICED_SECONDS)
        await scene.is_over()


async def redis_killed(folder: Path) -> None:
    async with outage(folder) as scene:
        await scene.stage.redis.kill()
        assert statistics.median(await _turned_away(scene)) < REDIS_SECONDS
        await eventually(lambda: scene.watcher.said("status", live=False), NOTICED_SECONDS)
        await scene.stage.redis.start()
        await eventually(lambda: scene.watcher.said("status", live=True), NOTICED_SECONDS)
        await scene.is_over()


async def _turned_away(scene: Outage) -> list[float]:
    """Everyone gets a 503 with Retry-After soon, nobody hangs; the process itself is well. Seconds of each POST.

    What was sent may happen yet, once Redis reads it: `is_over` sends all of it again, as a client has to.
    """
    raid, took = f"/api/v1/raids/{scene.open}", []
    async with httpx.AsyncClient(timeout=10 * BOUND_SECONDS) as client:

        async def ask(number: int, path: str, status: int = 503, bound: float = BOUND_SECONDS) -> None:
            url, token = scene.servers[number].url, scene.people[number].token
            await _answered(client, "GET", url + path, token, status=status, bound=bound)

        for _ in range(3):  # so that one of them may be held up, and the median is that of the others
            took += await asyncio.gather(*(_turned_away_once(scene, client, number) for number in range(20)))
            await asyncio.gather(
                *(ask(number, raid) for number in range(2)),
                *(ask(number, f"{raid}/stream", bound=STREAM_SECONDS) for number in range(2)),
                ask(0, "/healthz", 200),
            )
        return took


async def _turned_away_once(scene: Outage, client: httpx.AsyncClient, number: int) -> float:
    server, person = scene.servers[number % 2], scene.people[number % len(scene.people)]
    post = scene.crowd.post_of(scene.open, person)
    url = f"{server.url}/api/v1/raids/{scene.open}/contributions"
    return await _answered(client, "POST", url, person.token, {"xp": post.xp}, key=post.key)


async def _answered(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    token: str,
    body: dict[str, int] | None = None,
    *,
    key: str = "",
    status: int = 503,
    bound: float = BOUND_SECONDS,
) -> float:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    began = time.monotonic()
    answer = await client.request(method, url, json=body, headers=headers)
    seconds = time.monotonic() - began
    assert answer.status_code == status, answer.text
    assert status == 200 or "retry-after" in answer.headers
    assert seconds < bound, f"{method} {url} took {seconds:.1f} s"
    return seconds


async def redis_restarted_from_an_older_dump(folder: Path) -> None:
    async with outage(folder, aof=False) as scene:
        async with redis.asyncio.Redis.from_url(scene.stage.redis_url) as client:
            await client.save()
        await scene.contribute(10)
        await _restarted_under_way(scene)
        await scene.is_over(redis_lost_data=True)


async def redis_restarted_from_nothing(folder: Path) -> None:
    async with outage(folder, aof=False) as scene:
        shutil.rmtree(scene.stage.redis.data, ignore_errors=True)
        await _restarted_under_way(scene)
        await scene.is_over(redis_lost_data=True)


async def _restarted_under_way(scene: Outage) -> None:
    under_way = asyncio.create_task(scene.contribute(40))
    await eventually(lambda: len([post for post in scene.crowd.posts if post.answers]) > 30)
    await scene.stage.redis.kill()
    more = asyncio.create_task(scene.contribute(10))
    await eventually(lambda: any(post.unavailable for post in scene.crowd.posts))
    await scene.stage.redis.start()
    await asyncio.gather(under_way, more)


async def redis_restarted_while_202s_are_unrecorded(folder: Path) -> None:
    """From a good append-only file: none of them is lost."""
    async with outage(folder) as scene:
        scene.stage.postgres.pause()
        try:
            posts = await scene.contribute(30)
            assert {post.answer.status for post in posts if post.answer.accepted} == {202}
            await all_written(scene.stage.redis_url)
            await scene.stage.redis.kill()
            await scene.stage.redis.start()
        finally:
            scene.stage.postgres.resume()
        await scene.is_over()


async def disk_full(folder: Path) -> None:
    await _refused_by(folder, "53100")


async def read_only(folder: Path) -> None:
    await _refused_by(folder, "25006")


async def _refused_by(folder: Path, sqlstate: str) -> None:
    """Postgres answers, and every write fails."""
    async with outage(folder) as scene:
        async with _failing(scene.stage.database_url, sqlstate):
            posts = await scene.trickle(3)
            accepted = [post for post in posts if post.answer.accepted]
            assert {post.answer.status for post in accepted} == {202}
        await scene.is_over()
        connection = await asyncpg.connect(scene.stage.database_url)
        assert await connection.fetchval("SELECT count(*) FROM ledger_quarantine") == 0
        await connection.close()


@contextlib.asynccontextmanager
async def _failing(url: str, sqlstate: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{sqlstate}'; END $$;"
        "CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON raids FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    try:
        yield
    finally:
        await connection.execute("DROP FUNCTION fail CASCADE")
        await connection.close()
