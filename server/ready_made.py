"""Answers that are ready-made: bytes from Redis with a strong ETag, made from the ledger where Redis has none.

A page in Redis is answered without a look at Postgres, so is 304 for who has it already. What drops a page on a
change is said through the outbox (`server/notifier.py`): topic `progress` for people, `definitions_changed` for the
achievements' definitions. Without Redis every answer is made from the ledger, and not kept.

A server that hears of drops as they happen remembers pages for a second, so that asking again and again costs no
round trip; where the word of a drop does not come through, a page is that much older.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection

from starlette.requests import Request
from starlette.responses import Response

from raidline.ids import UserId
from realtime.errors import RedisAway
from realtime.keys import person_pages
from realtime.lane import LaneFull
from realtime.ready_made import Lease, Made, Missing, Page, ReadyMadeStore
from server.cache import ExpiringCache
from server.problems import unavailable
from server.shared_work import Shared
from server.tasks import Background

JSON = "application/json"

IN_MEMORY_S = 1.0
"""How old a page may be where the word that it was dropped did not come through."""

IN_MEMORY_MAX = 1000

_ALWAYS = ((b"cache-control", b"private, no-cache"), (b"vary", b"Authorization, Cookie"))

Build = Callable[[], Awaitable[bytes]]
"""Makes the page's JSON from the ledger. Raises Problem where there is nothing to show, LedgerAway."""

_Building = tuple[Page, bytes, bytes]
"""A page, what it is made for, and the token under which: nothing was dropped since any of its readers came."""


class ReadyMade:
    """Reads of one process that come together go in one round trip; a page that is missing is built once."""

    def __init__(
        self, store: ReadyMadeStore, background: Background, hears: Callable[[], bool] = lambda: False
    ) -> None:
        """`hears`: whether `forget` is called with every drop now; while it is not, nothing is remembered."""
        self._store = store
        self._background = background
        self._hears = hears
        self._memory: ExpiringCache[str, tuple[str, Made]] = ExpiringCache(IN_MEMORY_MAX, IN_MEMORY_S)
        self._forgotten = 0
        """How often `forget` was called: a read during which it was is not remembered."""
        self._building: Shared[_Building, Made] = Shared()

    async def answer(self, request: Request, page: Page, build: Build) -> Response:
        """200 with the page, its ETag and `Cache-Control: private, no-cache`; 304 to who names that ETag.

        Call it after `caller_of`, with one of the pages of `realtime/ready_made.py`:

            page = achievements_page(user.id)
            return await services.ready_made.answer(request, page, lambda: overview_json(services, user.id))

        `build` is called where Redis has no such page, by one of those who ask at the same time; whoever asks after
        the page was dropped gets one that was read from the ledger after that. Raises what `build` raises, and
        Problem (503) where too much is waiting.
        """
        made = await self.page(page, build)
        if_none_match = request.headers.get("if-none-match")
        if if_none_match is not None and matches(if_none_match, made.etag):
            response = Response(status_code=304)
        else:
            response = Response(made.body, media_type=JSON)
        response.raw_headers += [(b"etag", made.etag.encode()), *_ALWAYS]
        return response

    async def page(self, page: Page, build: Build) -> Made:
        """The page itself, for whoever answers in another form. Raises as `answer`."""
        found: Made | Missing | Lease
        try:
            found = await self._read(page)
            if isinstance(found, Missing):
                found = await self._store.lease(page, found)
        except RedisAway:
            return _made(await build())
        except LaneFull as error:
            raise unavailable("Too much is waiting at the moment.") from error
        if isinstance(found, Lease):
            return await self._built(page, found, build)
        return found

    def forget(self, people: Collection[UserId] | None) -> None:
        """The pages of these people were dropped; None: everybody's, or nobody knows whose."""
        self._forgotten += 1
        if people is None:
            self._memory = ExpiringCache(IN_MEMORY_MAX, IN_MEMORY_S)
            return
        for user_id in people:
            for key in person_pages(user_id):
                self._memory.drop(key)

    async def _read(self, page: Page) -> Made | Missing:
        if not self._hears():
            return await self._store.read(page)
        remembered = self._memory.get(page.key)
        if remembered is not None and remembered[0] == page.variant:
            return remembered[1]
        forgotten = self._forgotten
        found = await self._store.read(page)
        if isinstance(found, Made) and forgotten == self._forgotten:
            self._memory.put(page.key, (page.variant, found))
        return found

    async def close(self) -> None:
        await self._building.close()
        await self._store.close()

    async def _built(self, page: Page, lease: Lease, build: Build) -> Made:
        """Once for all who hold the same lease."""
        name = (page, lease.line, lease.token)
        return await self._building.of(name, lambda: self._build(page, lease, build))

    async def _build(self, page: Page, lease: Lease, build: Build) -> Made:
        made = _made(await build())
        self._background.start(self._keep(page, lease, made))
        return made

    async def _keep(self, page: Page, lease: Lease, made: Made) -> None:
        try:
            await self._store.store(page, lease, made)
        except RedisAway:
            return  # the next reader makes it again


def matches(if_none_match: str, etag: str) -> bool:
    """By weak comparison, as RFC 9110 has it for If-None-Match."""
    if if_none_match == etag:
        return True
    return if_none_match.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]


def etag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _made(body: bytes) -> Made:
    return Made(etag_of(body), body)
