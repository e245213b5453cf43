"""Clients over real sockets: people at several servers, and watchers that come and go by every transport."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import httpx
import orjson
import websockets
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.conftest import LEDGER_PATIENCE_MS, Launch
from tests.end_to_end.event_log import EventLog
from tests.server.people import People, Person

VIAS = ("sse", "sse_query", "sse_snake", "ws", "ws_since")
"""Every way to follow a raid and to say where one was."""

Frame = tuple[str, str, dict[str, Any]]
"""An event's name, its id (empty for none), its data."""

OWN_CURSOR: Final = "<the log's own>"


class NotServed(Exception):
    """The server cannot open the stream now; come again."""


TRY_AGAIN = {1012, 3013}
"""Close codes of a server that has no stream to give at the moment."""


PATIENT = {"RAIDLINE_ACK_TIMEOUT_MS": str(LEDGER_PATIENCE_MS)}

UNTIL_SECONDS = 60.0
"""A deadline costs nothing but where it fails."""


@asynccontextmanager
async def servers(launch: Launch, count: int = 2, **settings: str) -> AsyncIterator[list[People]]:
    """So many `raidline serve` processes on this test's services, and whom to ask for people at each."""
    launched = await asyncio.gather(*(launch(**{**PATIENT, **settings}) for _ in range(count)))
    async with AsyncExitStack() as stack:
        yield [People(await stack.enter_async_context(client_of(one.url))) for one in launched]


def client_of(url: str) -> httpx.AsyncClient:
    """Any number of connections at once, and no cookie kept: tests say what they send."""
    nothing = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(), cookies=nothing)


def at(person: Person, people: People) -> Person:
    """The same person at that server."""
    return people.with_token(person)


async def rows(database_url: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database_url)
    try:
        found: list[asyncpg.Record] = await connection.fetch(query, *arguments)
        return found
    finally:
        await connection.close()


async def told_all(database_url: str) -> bool:
    """Whether boards, streams and pages have been told of all that is in the ledger."""
    return [tuple(row) for row in await rows(database_url, "SELECT count(*) FROM outbox")] == [(0,)]


class Watcher:
    """Follows one raid with one EventLog, however often it has to connect."""

    def __init__(self, raid_id: int) -> None:
        self.raid_id = raid_id
        self.log = EventLog()
        self.ended = asyncio.Event()
        """The connection is over, whoever ended it."""
        self.close_code: int | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def connect(self, person: Person, via: str = "sse", cursor: str | None = OWN_CURSOR) -> None:
        """Follow from where the log is, or from `cursor`; returns once the server has told where that is."""
        await self.disconnect()
        self.open(person, via, cursor)
        await self.until(lambda log: log.greeted)

    def open(self, person: Person, via: str = "sse", cursor: str | None = OWN_CURSOR) -> None:
        claimed = self.log.cursor if cursor == OWN_CURSOR else cursor
        self.log.connected(claimed)
        self.ended.clear()
        self.close_code = None
        source = (
            _ws(person, self.raid_id, via, claimed) if via[:2] == "ws" else _sse(person, self.raid_id, via, claimed)
        )
        self._task = asyncio.create_task(self._follow(source))

    async def disconnect(self) -> None:
        """Gone without a word, in the midst of whatever was coming."""
        if self._task is None:
            return
        task, self._task = self._task, None
        task.cancel()
        await asyncio.wait([task])  # unlike awaiting it, this tells its end from a cancellation of our own
        if not task.cancelled():
            with contextlib.suppress(NotServed):
                task.result()

    async def until(self, condition: Callable[[EventLog], bool], deadline: float = UNTIL_SECONDS) -> EventLog:
        """The log, once it is as wanted."""
        try:
            async with asyncio.timeout(deadline):
                while not condition(self.log):
                    if self.ended.is_set() and self._task is not None:
                        await self._task
                        if not self.log.greeted and self.close_code in TRY_AGAIN:
                            raise NotServed
                        raise AssertionError(f"the stream ended at {self.log.cursor} ({self.close_code})")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not within {deadline} s; at {self.log.cursor}, {self.log.raid}") from None
        return self.log

    async def reaches(self, cursor: str, deadline: float = UNTIL_SECONDS) -> EventLog:
        return await self.until(lambda log: log.cursor == cursor, deadline)

    async def _follow(self, source: AsyncGenerator[Frame, None]) -> None:
        try:
            async with aclosing(source) as frames:
                async for event, entry_id, data in frames:
                    self.log.take(event, entry_id, data)
                    self._changed.set()
        except websockets.ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else None
        finally:
            self.ended.set()
            self._changed.set()


@asynccontextmanager
async def watchers(raid_id: int, *followed: tuple[Person, str]) -> AsyncIterator[list[Watcher]]:
    """One for each person and transport, greeted before the block begins; nothing was wrong after it."""
    watching = [Watcher(raid_id) for _ in followed]
    try:
        await asyncio.gather(*(one.connect(person, via) for one, (person, via) in zip(watching, followed, strict=True)))
        yield watching
    finally:
        for one in watching:
            await one.disconnect()
    assert [wrong for one in watching for wrong in one.log.wrong] == []


async def _sse(person: Person, raid_id: int, via: str, cursor: str | None) -> AsyncGenerator[Frame, None]:
    headers = {"Authorization": f"Bearer {person.token}", "Accept": "text/event-stream"}
    query = {}
    if cursor is not None and via == "sse":
        headers["Last-Event-ID"] = cursor
    elif cursor is not None:
        query = {"lastEventId" if via == "sse_query" else "last_event_id": cursor}
    path = f"/api/v1/raids/{raid_id}/stream"
    async with person.client.stream("GET", path, params=query, headers=headers, timeout=60) as answer:
        if answer.status_code == 503:
            raise NotServed
        if answer.status_code != 200:
            raise AssertionError(f"{answer.status_code} {(await answer.aread()).decode()}")
        async for event, entry_id, data in sse_blocks(answer.aiter_raw()):
            yield event, entry_id, orjson.loads(data)


async def sse_blocks(chunks: AsyncIterator[bytes]) -> AsyncGenerator[tuple[str, str, str], None]:
    """Blocks that have data; each with the id it carries itself, not one that came before."""
    rest, fields = b"", dict[str, str]()
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            name, _, value = line.decode().partition(":")
            if line:
                fields[name] = value.removeprefix(" ")
                continue
            if "data" in fields:
                yield fields.get("event", "message"), fields.get("id", ""), fields["data"]
            fields = {}


async def _ws(person: Person, raid_id: int, via: str, cursor: str | None) -> AsyncGenerator[Frame, None]:
    base = str(person.client.base_url).replace("http", "ws", 1).rstrip("/")
    query = f"?lastEventId={quote(cursor, safe='')}" if cursor is not None and via == "ws" else ""
    path = f"/api/v1/raids/{raid_id}/ws{query}" if via == "ws" else "/api/v1/ws"
    headers = {"Authorization": f"Bearer {person.token}"}
    async with connect(
        base + path,
        additional_headers=headers,
        subprotocols=[Subprotocol("raidline.v1")],
        max_size=None,
        open_timeout=60,
        close_timeout=2,
        proxy=None,
    ) as socket:
        if via == "ws_since":
            since = {} if cursor is None else {"since": cursor}
            await socket.send(orjson.dumps({"type": "subscribe", "ref": 1, "raidId": raid_id, **since}).decode())
        while True:
            frame = orjson.loads(await socket.recv())
            if frame["type"] == "event":
                yield frame["event"], frame.get("id", ""), frame["data"]
            elif frame["type"] == "error" and frame["code"] == "unavailable":
                raise NotServed
            elif frame["type"] == "error":
                raise AssertionError(f"an error frame: {frame}")
