"""After every fault: what was promised is kept, once, and every total is the sum of what there is."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import asyncpg

from persistence.errors import LedgerAway
from raidline.ids import RaidId, UserId
from realtime.errors import RedisAway
from server.reconciliation import Reconciliation
from server.services import Services, open_services
from server.settings import Settings
from tests.faults.crowd import Crowd, Person, Post
from tests.helpers import eventually

CAUGHT_UP_SECONDS = 90.0
"""For heals, the auditor's sweep, and whatever still waits for locks of a process that is no more."""

Row = asyncpg.Record


class Ground(Protocol):
    """Where the ledger is, and the live state."""

    @property
    def database_url(self) -> str: ...

    def settings(self) -> Settings: ...


async def verify(
    ground: Ground, crowd: Crowd, raids: Sequence[RaidId], viewer: Person, *, redis_lost_data: bool = False
) -> None:
    """`redis_lost_data`: then what was only in Redis may be gone (202), and nothing else."""
    posts = [post for post in crowd.posts if post.raid_id in raids]
    assert all(post.answers for post in posts), "somebody was never answered"
    async with asyncpg.create_pool(ground.database_url, min_size=0, max_size=2) as pool:
        book = Book(pool, crowd, raids, viewer)
        await eventually(lambda: book.holds(posts, redis_lost_data=redis_lost_data), CAUGHT_UP_SECONDS, every=0.1)
        await eventually(book.adds_up, CAUGHT_UP_SECONDS, every=0.1)
        await no_difference(ground, raids)
        assert await book.holds(posts, redis_lost_data=redis_lost_data), "also after all was caught up with"
    await _repeats_are_answered_as_at_first(crowd, [post for post in posts if post.durable])


async def no_difference(ground: Ground, raids: Sequence[RaidId]) -> None:
    """What `raidline audit` would say of these raids: nothing, once the auditor has caught up."""
    async with open_services(ground.settings()) as services:
        await eventually(lambda: _finds_nothing(services, raids), CAUGHT_UP_SECONDS, every=0.2)


async def _finds_nothing(services: Services, raids: Sequence[RaidId]) -> bool:
    reconciliation = Reconciliation(services)
    try:
        found = [one for raid_id in raids for one in await reconciliation.of_raid(raid_id)]
    except (LedgerAway, RedisAway) as away:
        raise AssertionError("half of it is away: nothing can be said yet") from away
    assert not found, found
    return True


class Book:
    """The ledger and the snapshots of some raids, held against what people were told."""

    def __init__(self, pool: Any, crowd: Crowd, raids: Sequence[RaidId], viewer: Person) -> None:
        self._pool = pool
        self._crowd = crowd
        self._raids = list(raids)
        self._viewer = viewer

    async def holds(self, posts: Sequence[Post], *, redis_lost_data: bool) -> bool:
        """What was answered 2xx is in the ledger once, what was refused is not, nothing else is."""
        rows = await self._rows("contributions")
        found = Counter((row["raid_id"], str(row["contribution_id"])) for row in rows)
        keys = {(row["raid_id"], str(row["contribution_id"])) for row in await self._rows("contribution_keys")}
        accepted = {(post.raid_id, post.contribution_id): post for post in posts if post.answer.accepted}
        lost = [post for name, post in accepted.items() if name not in found and (post.durable or not redis_lost_data)]
        assert not lost, f"lost: {[(post.key, [answer.status for answer in post.answers]) for post in lost]}"
        assert set(found.values()) <= {1}, "a contribution stands in the ledger twice"
        assert keys == set(found), "keys and contributions are not the same"
        assert set(found) <= set(accepted), "the ledger holds what nobody was told of"
        places = Counter((row["raid_id"], row["epoch"], row["seq"]) for row in rows)
        assert set(places.values()) <= {1}, "two contributions have one cursor"
        return True

    async def adds_up(self) -> bool:
        """Rows, sums and snapshots say the same, and no raid has ended twice or wrongly."""
        contributions = await self._rows("contributions")
        for raid in await self._rows("raids", "id"):
            own = [row for row in contributions if row["raid_id"] == raid["id"]]
            sums = (sum(row["xp"] for row in own), len(own), len(own))
            totals = (raid["current_xp"], raid["current_tasks"], raid["contribution_count"])
            same(totals, sums, f"totals of raid {raid['id']} and its rows")
            await self._members_add_up(raid, own)
            await self._ended_rightly(raid, own)
        for user_id in {row["user_id"] for row in contributions}:
            await self._stats_add_up(user_id)
        return True

    async def _members_add_up(self, raid: Row, contributions: Sequence[Row]) -> None:
        snapshot = await self._snapshot(raid["id"])
        totals = (raid["current_xp"], raid["current_tasks"], raid["status"])
        told = (snapshot["currentXp"], snapshot["currentTasks"], snapshot["status"])
        same(told, totals, f"snapshot and row of raid {raid['id']}")
        shown = {one["userId"]: (one["xpContributed"], one["tasksContributed"]) for one in snapshot["members"]}
        members = await self._pool.fetch("SELECT * FROM raid_members WHERE raid_id = $1", raid["id"])
        for member in members:
            own = [row["xp"] for row in contributions if row["user_id"] == member["user_id"]]
            name, sums = f"member {member['user_id']} of raid {raid['id']}", (sum(own), len(own))
            same((member["xp"], member["tasks"]), sums, f"row of {name} and their rows")
            same(shown.get(member["user_id"]), sums, f"{name} in the snapshot, and their rows")

    async def _snapshot(self, raid_id: RaidId) -> dict[str, Any]:
        answer: dict[str, Any] = (await self._crowd.call("GET", f"/raids/{raid_id}", self._viewer.token)).json()
        return answer

    async def _ended_rightly(self, raid: Row, contributions: Sequence[Row]) -> None:
        ends = await self._pool.fetch(
            "SELECT * FROM raid_events WHERE raid_id = $1"
            " AND event IN ('raid_complete', 'raid_failed', 'raid_cancelled')",
            raid["id"],
        )
        met = raid["current_xp"] >= raid["target_xp"] and raid["current_tasks"] >= raid["target_tasks"]
        same([end["event"] for end in ends], ["raid_complete"] if met else [], f"ends of raid {raid['id']}")
        same(raid["status"], "completed" if met else "active", f"status of raid {raid['id']}")
        for end in ends:
            after = [row for row in contributions if (row["epoch"], row["seq"]) > (end["epoch"], end["seq"])]
            assert not after, "something was counted after the end"

    async def _stats_add_up(self, user_id: UserId) -> None:
        own = await self._pool.fetchrow(
            "SELECT coalesce(sum(xp), 0) AS xp, count(*) AS tasks FROM contributions WHERE user_id = $1", user_id
        )
        for table in ("user_stats", "user_daily_stats"):
            kept = await self._pool.fetchrow(
                f"SELECT sum(xp) AS xp, sum(tasks) AS tasks FROM {table} WHERE user_id = $1", user_id
            )
            same((kept["xp"], kept["tasks"]), (own["xp"], own["tasks"]), f"{table} of user {user_id}")

    async def _rows(self, table: str, column: str = "raid_id") -> list[Row]:
        rows: list[Row] = await self._pool.fetch(
            f"SELECT * FROM {table} WHERE {column} = ANY ($1::bigint[])", self._raids
        )
        return rows


def same(found: object, expected: object, what: str) -> None:
    assert found == expected, f"{what}: {found} and {expected}"


async def _until_it_is_durable(crowd: Crowd, post: Post) -> None:
    """What the ledger holds is answered 202 while the ledger does not answer."""

    async def durable() -> bool:
        await crowd.insist(post)
        assert post.answer.status in (200, 202), post.answer
        return post.answer.status == 200

    await eventually(durable, CAUGHT_UP_SECONDS, every=0.2)


async def _repeats_are_answered_as_at_first(crowd: Crowd, posts: Sequence[Post]) -> None:
    """The same key again: 200, and the contribution and the place it was given first."""
    first = {post.key: next(one for one in post.answers if one.status in (200, 201)) for post in posts}
    await asyncio.gather(*(_until_it_is_durable(crowd, post) for post in posts))
    for post in posts:
        for name in ("contributionId", "seq", "cursor", "effects"):
            same(post.answer.body[name], first[post.key].body[name], f"{name} of a repeat and of the first answer")
