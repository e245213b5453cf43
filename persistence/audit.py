"""The ledger against itself: every sum against the rows it is the sum of, both ways, and all that hangs on the sums.

Set-based and in pages, so that a large ledger is neither read into memory nor locked. Each comparison is
one statement and so sees one moment: recording goes on meanwhile and shows no difference of its own. Only
what two servers record out of order (a header before the join it counts) can show for an instant.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass

from persistence.boards import Boards
from persistence.mending import PATIENCE_SECONDS, mend_achievements, mend_raids, mend_users
from persistence.pool import Connection, Pool, connection, transaction
from persistence.statements import statement
from raidline.boards import BoardName, Period, parse_board

RAIDS_PER_PAGE = 200
USERS_PER_PAGE = 1000
ACHIEVEMENTS_PER_PAGE = 50
LEFTOVERS_SHOWN = 1000

LOWEST, HIGHEST = -(2**63), 2**63 - 1

OF_RAIDS = (
    "audit_raid_totals",
    "audit_raid_headers",
    "audit_members",
    "audit_memberships",
    "audit_keys",
    "audit_voids",
    "audit_completions",
)
OF_USERS = (
    "audit_users",
    "audit_user_days",
    "audit_user_items",
    "audit_streak_days",
    "audit_streaks",
    "audit_user_progress",
    "audit_unlocks",
)
OF_ACHIEVEMENTS = ("audit_tallies",)

Mend = Callable[[Connection, list[int]], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that should be one way and is another."""

    kind: str
    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Owned:
    """A difference, and the raid, user or achievement whose it is."""

    owner: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class Pages:
    """What is compared page by page: where each page ends, the comparisons, and what mends those it finds."""

    bound: str
    size: int
    comparisons: tuple[str, ...]
    mend: Mend


class LedgerAudit:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(
        self, pool: Pool, *, raids_per_page: int = RAIDS_PER_PAGE, users_per_page: int = USERS_PER_PAGE
    ) -> None:
        self._pool = pool
        self._pages = (
            Pages("audit_raid_bound", raids_per_page, OF_RAIDS, mend_raids),
            Pages("audit_user_bound", users_per_page, OF_USERS, mend_users),
            Pages("audit_achievement_bound", ACHIEVEMENTS_PER_PAGE, OF_ACHIEVEMENTS, mend_achievements),
        )

    async def differences(self) -> AsyncIterator[Difference]:
        """All there are: raids by id, people by id, achievements by id, final boards, then what waits for somebody."""
        for pages in self._pages:
            async for page in self._compared(pages):
                for owned in page:
                    yield owned.difference
        async for _, found in self._final_boards():
            for difference in found:
                yield difference
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("audit_leftovers"), LEFTOVERS_SHOWN)
        for row in rows:
            yield Difference(row["kind"], row["place"], row["expected"], row["found"])

    async def repair_folds(self) -> int:
        """Set anew whatever `differences` finds wrong about all but what waits; how many owners that were.

        Rows first, for every sum hangs on them: a key and a contribution make up for one another. Record
        from the logs before: what a log still says is better than what can be guessed here. What is in
        quarantine and what waits in the outbox is left as it is.
        """
        mended = 0
        for pages in self._pages:
            async for page in self._compared(pages):
                owners = sorted({owned.owner for owned in page})
                if owners:
                    async with transaction(self._pool) as held:
                        await held.execute(statement("audit_patience"))
                        await pages.mend(held, owners)
                mended += len(owners)
        async for board, found in self._final_boards():
            if found:
                await self._store_anew(board)
            mended += bool(found)
        return mended

    async def _compared(self, pages: Pages) -> AsyncIterator[list[Owned]]:
        """Page by page, over every id there can be: rows of raids and users that are not are found too."""
        low: int | None = LOWEST
        while low is not None:
            async with transaction(self._pool) as held:
                await held.execute(statement("audit_patience"))
                high: int | None = await held.fetchval(statement(pages.bound), low, pages.size)
                page = [
                    owned
                    for name in pages.comparisons
                    for owned in await _compare(held, name, low, HIGHEST if high is None else high)
                ]
            yield page
            low = high

    async def _final_boards(self) -> AsyncIterator[tuple[BoardName, list[Difference]]]:
        board = BoardName("")
        while True:
            async with transaction(self._pool) as held:
                await held.execute(statement("audit_patience"))
                following: str | None = await held.fetchval(statement("final_boards_next"), board)
                if following is None:
                    return
                board = BoardName(following)
                found = await _compare(held, "audit_final_board", board)
            yield board, [owned.difference for owned in found]

    async def _store_anew(self, board: BoardName) -> None:
        async with transaction(self._pool) as held:
            await held.execute(statement("audit_patience"))
            await held.execute(statement("repair_final_board"), board, timeout=PATIENCE_SECONDS)
        period = parse_board(board)
        if isinstance(period, Period):
            await Boards(self._pool).finalise(period)


async def _compare(held: Connection, name: str, *arguments: int | str) -> list[Owned]:
    rows = await held.fetch(statement(name), *arguments, timeout=PATIENCE_SECONDS)
    return [Owned(row["owner"], Difference(row["kind"], row["place"], row["expected"], row["found"])) for row in rows]
