"""The composition root: every object of the server, built in the order in which they need one another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from persistence.ledger import Ledger
from persistence.migrations import pending
from persistence.people import People
from persistence.pool import Pool, connection, open_pool
from persistence.raids import Raids
from realtime.agenda import Agenda
from realtime.connection import Scripted
from realtime.healing import RaidCare
from realtime.hub import Hub, HubSettings
from realtime.inspection import Inspector
from realtime.listener import Listener
from realtime.raids import RaidStore
from server.auditor import Auditor
from server.breaker import Breaker
from server.healer import Healer
from server.hints import Hints
from server.notifier import Notifier
from server.points import Pause, no_pause
from server.pressure import Pressure
from server.recorder import Recorder
from server.sessions import Sessions
from server.settings import Settings, require_urls
from server.tasks import Background
from server.write_path import WritePath

POOL_SIZE = 10
"""Postgres connections of one process: one records, the others read and heal."""

STATEMENT_TIMEOUT_MS = 5000
"""What ends a flight to the ledger; the caller's patience (ACK_TIMEOUT_MS) is shorter and does not."""

CLOSE_SECONDS = 5.0
"""How long the end of a process waits for its last statements; a Postgres that hangs is left as it is."""

REDIS_SECONDS = 1.0
"""Longest wait for one answer of Redis on the way of a request; beyond it 503."""

REDIS_CONNECTIONS = 16

CARE_SECONDS = 10.0
"""Heals and audits move whole raids: a longer wait, over connections of their own."""

CARE_CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    pool: Pool
    scripted: Scripted
    ledger: Ledger
    raids: Raids
    people: People
    store: RaidStore
    care: RaidCare
    agenda: Agenda
    inspector: Inspector
    healer: Healer
    auditor: Auditor
    notifier: Notifier
    write_path: WritePath
    hub: Hub
    sessions: Sessions

    async def ping_redis(self) -> None:
        """Raises RedisAway."""
        await self.scripted.plain([["PING"]])

    async def pending_migrations(self) -> list[str]:
        """Raises LedgerAway."""
        async with connection(self.pool) as one:
            return await pending(one)


@asynccontextmanager
async def open_services(settings: Settings, pause: Pause = no_pause) -> AsyncIterator[Services]:
    """Everything a process needs, as long as the block runs. Starts also while Postgres or Redis is away.

    `pause` is awaited at the points of `server/points.py`. Raises SettingsError when a URL is not set.
    """
    database_url, redis_url = require_urls(settings)
    async with AsyncExitStack() as stack:
        pool = await _pool(stack, database_url)
        scripted = Scripted(redis_url, timeout=REDIS_SECONDS, connections=REDIS_CONNECTIONS, pause=pause)
        stack.push_async_callback(scripted.close)
        caring = Scripted(redis_url, timeout=CARE_SECONDS, connections=CARE_CONNECTIONS)
        stack.push_async_callback(caring.close)

        ledger, raids, people = Ledger(pool, pause), Raids(pool), People(pool)
        store, care = RaidStore(scripted), RaidCare(caring, pause)
        notifier = Notifier(ledger, scripted)
        healer = Healer(care, RaidStore(caring), ledger, pause)
        sessions = Sessions(people, scripted.redis)
        yield Services(
            settings=settings,
            pool=pool,
            scripted=scripted,
            ledger=ledger,
            raids=raids,
            people=people,
            store=store,
            care=care,
            agenda=Agenda(caring),
            inspector=Inspector(caring, care),
            healer=healer,
            auditor=Auditor(care, ledger, raids, healer, pause),
            notifier=notifier,
            write_path=_write_path(stack, settings, scripted, store, ledger, notifier, healer, pause),
            hub=_hub(stack, settings, redis_url, store, healer, sessions),
            sessions=sessions,
        )


async def _pool(stack: AsyncExitStack, url: str) -> Pool:
    pool = await open_pool(url, size=POOL_SIZE, statement_timeout_ms=STATEMENT_TIMEOUT_MS)

    async def close() -> None:
        try:
            await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
        except TimeoutError:
            pool.terminate()

    stack.push_async_callback(close)
    return pool


def _write_path(
    stack: AsyncExitStack,
    settings: Settings,
    scripted: Scripted,
    store: RaidStore,
    ledger: Ledger,
    notifier: Notifier,
    healer: Healer,
    pause: Pause,
) -> WritePath:
    background, breaker, pressure = Background(), Breaker(ledger.ping), Pressure(scripted)
    ack_seconds = settings.ack_timeout_ms / 1000
    recorder = Recorder(ledger, notifier, breaker, background, ack_seconds=ack_seconds, pause=pause)
    write_path = WritePath(store, healer, recorder, Hints(scripted, background), pressure, pause)
    for part in (background, breaker, recorder, write_path):
        stack.push_async_callback(part.close)
    background.start(pressure.watch())
    return write_path


def _hub(
    stack: AsyncExitStack,
    settings: Settings,
    redis_url: str,
    store: RaidStore,
    healer: Healer,
    sessions: Sessions,
) -> Hub:
    limits = HubSettings(max_streams=settings.max_connections)
    hub = Hub(store, Listener(redis_url), healer.ensure, limits, sessions.gone)
    hub.on_session_revoked(sessions.forget)
    hub.start()
    stack.push_async_callback(hub.stop)
    return hub
