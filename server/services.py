"""The composition root: every object of the server, built in the order in which they need one another."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from persistence.achievements import Achievements
from persistence.boards import Boards
from persistence.definitions import Definitions
from persistence.jobs import Jobs
from persistence.ledger import Ledger
from persistence.migrations import pending
from persistence.people import People
from persistence.pool import Pool, connection, open_pool
from persistence.profiles import Profiles
from persistence.raids import Raids
from persistence.streak_keeping import StreakKeeping
from persistence.streak_page import StreakPages
from realtime.agenda import Agenda
from realtime.boards import BoardStore
from realtime.errors import RedisAway
from realtime.healing import RaidCare
from realtime.hub import Hub, HubSettings
from realtime.inspection import Inspector
from realtime.keys import ACHIEVEMENTS_VERSION
from realtime.logs import Own
from realtime.own_log import OwnLogs
from realtime.presence_store import PresenceStore
from realtime.raids import RaidStore
from realtime.ready_made import ReadyMadeStore
from realtime.redis_service import RedisService, open_lane
from realtime.scripting import Scripting
from realtime.tickets import TicketStore
from server.auditor import Auditor
from server.breaker import Breaker
from server.courses import Courses
from server.healer import Healer
from server.hints import Hints
from server.jobs import PAGES, JobRunner
from server.leaderboards import Leaderboards
from server.notifier import Notifier
from server.own_snapshot import own_snapshot
from server.points import Pause, no_pause
from server.pressure import Pressure
from server.ready_made import ReadyMade
from server.recorder import Recorder
from server.sessions import Sessions
from server.settings import Settings, require_urls
from server.tasks import Background
from server.tickets import Tickets
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
    scripted: Scripting
    ledger: Ledger
    raids: Raids
    courses: Courses
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
    tickets: Tickets
    profiles: Profiles
    streak_keeping: StreakKeeping
    streak_pages: StreakPages
    definitions: Definitions
    achievements: Achievements
    jobs: Jobs
    job_runner: JobRunner
    board_store: BoardStore
    leaderboards: Leaderboards
    ready_made: ReadyMade

    async def redis_answers(self) -> dict[str, bool]:
        """Whether it does: each node of a cluster by its name."""
        answers = await self.scripted.everywhere(["PING"], REDIS_SECONDS)
        return {
            "redis" if shard is None else f"redis {shard}": not isinstance(answer, RedisAway)
            for shard, answer in answers.items()
        }

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
        redis = RedisService(redis_url)
        stack.push_async_callback(redis.close)
        scripted = redis.scripted(timeout=REDIS_SECONDS, connections=REDIS_CONNECTIONS, pause=pause)
        stack.push_async_callback(scripted.close)
        caring = redis.scripted(timeout=CARE_SECONDS, connections=CARE_CONNECTIONS)
        stack.push_async_callback(caring.close)

        ledger, raids, people = Ledger(pool, pause), Raids(pool), People(pool)
        store, care = RaidStore(scripted), RaidCare(caring, pause)
        board_store = BoardStore(scripted)
        notifier = _notifier(stack, ledger, scripted, board_store)
        healer = Healer(care, RaidStore(caring), ledger, pause)
        sessions = Sessions(people, scripted)
        jobs = Jobs(pool, PAGES)
        hub = _hub(stack, settings, redis, pool, scripted, store, healer, sessions)
        yield Services(
            settings=settings,
            pool=pool,
            scripted=scripted,
            ledger=ledger,
            raids=raids,
            courses=Courses(pool),
            people=people,
            store=store,
            care=care,
            agenda=Agenda(caring),
            inspector=Inspector(caring, care),
            healer=healer,
            auditor=Auditor(care, ledger, raids, healer, pause),
            notifier=notifier,
            write_path=_write_path(stack, settings, scripted, store, ledger, notifier, healer, pause),
            hub=hub,
            sessions=sessions,
            tickets=Tickets(TicketStore(scripted), sessions),
            profiles=Profiles(pool),
            streak_keeping=StreakKeeping(pool),
            streak_pages=StreakPages(pool),
            definitions=Definitions(pool),
            achievements=Achievements(pool),
            jobs=jobs,
            job_runner=JobRunner(jobs, notifier),
            board_store=board_store,
            leaderboards=_leaderboards(stack, board_store, pool),
            ready_made=_ready_made(stack, scripted, hub, notifier),
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


def _notifier(stack: AsyncExitStack, ledger: Ledger, scripted: Scripting, boards: BoardStore) -> Notifier:
    background = Background()
    stack.push_async_callback(background.close)
    return Notifier(ledger, scripted, boards, background)


def _write_path(
    stack: AsyncExitStack,
    settings: Settings,
    scripted: Scripting,
    store: RaidStore,
    ledger: Ledger,
    notifier: Notifier,
    healer: Healer,
    pause: Pause,
) -> WritePath:
    background, breaker, pressure = Background(), Breaker(ledger.ping), Pressure(scripted)
    ack_seconds = settings.ack_timeout_ms / 1000
    recorder = Recorder(ledger, notifier, breaker, ack_seconds=ack_seconds, pause=pause)
    write_path = WritePath(store, healer, recorder, Hints(scripted, background), pressure, pause)
    for part in (background, breaker, recorder, write_path):
        stack.push_async_callback(part.close)
    background.start(pressure.watch())
    return write_path


def _leaderboards(stack: AsyncExitStack, store: BoardStore, pool: Pool) -> Leaderboards:
    leaderboards = Leaderboards(store, Boards(pool))
    stack.push_async_callback(leaderboards.close)
    return leaderboards


def _ready_made(stack: AsyncExitStack, scripted: Scripting, hub: Hub, notifier: Notifier) -> ReadyMade:
    background = Background()
    store = ReadyMadeStore(scripted, open_lane(scripted, ACHIEVEMENTS_VERSION))
    ready_made = ReadyMade(store, background, lambda: hub.announcements.hears_of_pages)
    hub.announcements.on_pages_dropped(ready_made.forget)
    notifier.on_pages_dropped(ready_made.forget)
    for part in (background, ready_made):
        stack.push_async_callback(part.close)
    return ready_made


def _hub(
    stack: AsyncExitStack,
    settings: Settings,
    redis: RedisService,
    pool: Pool,
    scripted: Scripting,
    store: RaidStore,
    healer: Healer,
    sessions: Sessions,
) -> Hub:
    limits = HubSettings(max_streams=settings.max_connections)
    own = Own(OwnLogs(scripted), functools.partial(own_snapshot, Profiles(pool), StreakPages(pool)))
    hub = Hub(store, redis.listener(), healer.ensure, limits, sessions.gone, own, PresenceStore(scripted))
    hub.announcements.on_session_ended(sessions.forget)
    hub.announcements.on_person_changed(sessions.forget_person)
    hub.start()
    stack.push_async_callback(hub.stop)
    return hub
