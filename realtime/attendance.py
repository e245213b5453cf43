"""Who watches a raid through this process, and what of that Redis has not been told yet. Pure: it never waits."""

from collections import Counter
from collections.abc import Hashable, Set
from dataclasses import dataclass

from raidline.ids import UserId


@dataclass(frozen=True, slots=True)
class Delta:
    """Who is in both came and went within one gathering: they were online all the same, and may have been seen."""

    came: tuple[UserId, ...]
    went: tuple[UserId, ...]
    stays: bool
    """Whether anybody watches here after this."""


class Attendance:
    """A visitor is one stream's following; a user is here while any of theirs is."""

    def __init__(self) -> None:
        self._visitors: dict[Hashable, UserId] = {}
        self._here: Counter[UserId] = Counter()
        self._claimed: set[UserId] = set()
        """Whom Redis has been told of."""
        self._touched: set[UserId] = set()
        """Who came or went since it was told."""
        self._taken: set[UserId] = set()
        """Those of them whom it is being told of now."""

    @property
    def here(self) -> Set[UserId]:
        return self._here.keys()

    @property
    def is_restless(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._touched)

    @property
    def has_claims(self) -> bool:
        """Whether Redis keeps anybody online for us."""
        return bool(self._claimed)

    @property
    def is_empty(self) -> bool:
        return not (self._visitors or self._touched or self._claimed)

    def arrived(self, visitor: Hashable, user_id: UserId | None) -> None:
        """Nobody in particular is nobody to be shown."""
        if user_id is not None and visitor not in self._visitors:
            self._visitors[visitor] = user_id
            self._here[user_id] += 1
            self._touched.add(user_id)

    def left(self, visitor: Hashable) -> None:
        """Harmless for who never arrived."""
        user_id = self._visitors.pop(visitor, None)
        if user_id is None:
            return
        self._here[user_id] -= 1
        if not self._here[user_id]:
            del self._here[user_id]
        self._touched.add(user_id)

    def take(self) -> Delta:
        """What to tell now. `told` or `untold` has to follow; what happens until then is gathered for the next time."""
        self._taken, self._touched = self._touched, set()
        came = self._taken - self._claimed
        went = self._taken - self._here.keys()
        stays = bool((self._claimed | came) - went)
        return Delta(tuple(sorted(came)), tuple(sorted(went)), stays)

    def told(self, delta: Delta, *, known: bool) -> None:
        """`known` as the reply says. Where Redis knew nothing of what it was told before, it is told all again."""
        is_forgotten = self.has_claims and not known
        self._taken = set()
        self._claimed = (self._claimed | set(delta.came)) - set(delta.went)
        if is_forgotten:
            self._claimed.clear()
            self._touched |= self._here.keys()

    def untold(self) -> None:
        """Whether Redis heard it is not known. Telling it again does no harm."""
        self._touched |= self._taken
        self._taken = set()
