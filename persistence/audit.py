"""The ledger against itself: every sum against the rows it is the sum of, both ways.

Set-based and in pages, so that a large ledger is neither read into memory nor locked. Each comparison is
one statement and so sees one moment: recording goes on meanwhile and shows no difference of its own. Only
what two servers record out of order (a header before the join it counts) can show for an instant.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from persistence.pool import Connection, Pool, connection, transaction
from persistence.statements import statement

RAIDS_PER_PAGE = 200
USERS_PER_PAGE = 1000
LEFTOVERS_SHOWN = 1000
PATIENCE_SECONDS = 65.0
"""A little longer than a comparison may take, see audit_patience.sql."""

LOWEST, HIGHEST = -(2**63), 2**63 - 1

OF_RAIDS = (
    "audit_raid_totals",
    "audit_raid_headers",
    "audit_members",
    "audit_memberships",
    "audit_keys",
    "audit_voids",
)
OF_USERS = ("audit_users", "audit_user_days")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that should be one way and is another."""

    kind: str
    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Owned:
    """A difference, and the raid or user whose it is."""

    owner: int
    difference: Difference


class LedgerAudit:
    """Every method raises `LedgerAway` where Postgres cannot be used now."""

    def __init__(
        self, pool: Pool, *, raids_per_page: int = RAIDS_PER_PAGE, users_per_page: int = USERS_PER_PAGE
    ) -> None:
        self._pool = pool
        self._pages = (
            ("audit_raid_bound", raids_per_page, OF_RAIDS),
            ("audit_user_bound", users_per_page, OF_USERS),
        )

    async def differences(self) -> AsyncIterator[Difference]:
        """All there are: raids by id, then people by id, then what waits for somebody."""
        for bound, size, comparisons in self._pages:
            async for page in self._compared(bound, size, comparisons):
                for owned in page:
                    yield owned.difference
        async with connection(self._pool) as held:
            rows = await held.fetch(statement("audit_leftovers"), LEFTOVERS_SHOWN)
        for row in rows:
            yield Difference(row["kind"], row["place"], row["expected"], row["found"])

    async def repair_folds(self) -> int:
        """Set anew whatever `differences` finds wrong about raids and people; how many of these that was.

        Rows first, for every sum hangs on them: a key and a contribution make up for one another. Record
        from the logs before: what a log still says is better than what can be guessed here. What is in
        quarantine and what waits in the outbox is left as it is.
        """
        mended = 0
        for (bound, size, comparisons), repair in zip(self._pages, (_mend_raids, _mend_users), strict=True):
            async for page in self._compared(bound, size, comparisons):
                owners = sorted({owned.owner for owned in page})
                if owners:
                    async with transaction(self._pool) as held:
                        await held.execute(statement("audit_patience"))
                        await repair(held, owners)
                mended += len(owners)
        return mended

    async def _compared(self, bound: str, size: int, comparisons: tuple[str, ...]) -> AsyncIterator[list[Owned]]:
        """Page by page, over every id there can be: rows of raids and users that are not are found too."""
        low: int | None = LOWEST
        while low is not None:
            async with transaction(self._pool) as held:
                await held.execute(statement("audit_patience"))
                high: int | None = await held.fetchval(statement(bound), low, size)
                page = [
                    owned
                    for name in comparisons
                    for owned in await _compare(held, name, low, HIGHEST if high is None else high)
                ]
            yield page
            low = high


async def _compare(held: Connection, name: str, low: int, high: int) -> list[Owned]:
    rows = await held.fetch(statement(name), low, high, timeout=PATIENCE_SECONDS)
    return [Owned(row["owner"], Difference(row["kind"], row["place"], row["expected"], row["found"])) for row in rows]


async def _mend_raids(held: Connection, raids: list[int]) -> None:
    """Under the lock of the raids, so that nothing is recorded into them between counting and setting."""
    await held.fetch(statement("lock"), raids, [], timeout=PATIENCE_SECONDS)
    for name in (
        "repair_contributions",
        "repair_voids",
        "repair_members",
        "repair_strangers",
        "repair_raids",
        "repair_codes",
    ):
        await held.fetch(statement(name), raids, timeout=PATIENCE_SECONDS)


async def _mend_users(held: Connection, users: list[int]) -> None:
    """Under the lock of the people, which every recorder of their contributions takes too."""
    await held.fetch(statement("lock"), [], users, timeout=PATIENCE_SECONDS)
    for name in ("repair_users", "repair_user_days"):
        await held.fetch(statement(name), users, timeout=PATIENCE_SECONDS)
