"""Tickets for streams: the authority of a session for one connection, in a place where its token must never be."""

from __future__ import annotations

from raidline.ids import RaidId
from realtime.tickets import Admission, Ticket, TicketStore
from server.caller import Caller
from server.problems import Problem
from server.sessions import Sessions


class Tickets:
    """Both raise RedisAway."""

    def __init__(self, store: TicketStore, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions

    async def issue(self, caller: Caller, raid_id: RaidId | None) -> Ticket:
        """For this raid, or for everything else that can be followed. Raises Problem.

        Whether there is such a raid is for the stream to say: a ticket for one that is not opens nothing.
        """
        user = caller.require_user()
        if caller.token_hash is None:
            raise Problem("user_required", "A ticket is of a session, and the caller has none.")
        return await self._store.issue(user.id, Admission(caller.token_hash, raid_id))

    async def use(self, text: str, raid_id: RaidId | None) -> Caller | None:
        """Whose it is; None if it does not open this. It is used up either way. Raises LedgerAway."""
        admission = await self._store.use(text)
        if admission is None or admission.raid_id != raid_id:
            return None
        return await self._sessions.alive(admission.token_hash)
