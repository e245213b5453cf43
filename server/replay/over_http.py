"""The way of `raidline replay`: requests to a running server."""

from collections.abc import Mapping
from typing import Any

from server.replay.client import Answer, Client
from server.replay.people import Person, sign_in
from server.replay.raids import RAIDS
from server.replay.rows import Row
from server.replay.way import Fate, NoRaid, Sent, body_of, key_of

_PAGE = 100


class OverHttp:
    def __init__(self, client: Client, admin_token: str) -> None:
        self._client = client
        self._admin_token = admin_token

    async def reach(self) -> None:
        await self._client.reach()

    async def sign_in(self, number: int) -> Person:
        return await sign_in(self._client, self._admin_token, number)

    async def page(self, person: Person, cursor: str | None) -> Mapping[str, Any]:
        further = f"&cursor={cursor}" if cursor else ""
        return (await self._client.get(f"{RAIDS}?mine=true&limit={_PAGE}{further}", person.token)).body

    async def snapshot(self, raid_id: int, person: Person) -> Mapping[str, Any]:
        return (await self._client.get(f"{RAIDS}/{raid_id}", person.token)).body

    async def make_raid(self, leader: Person, fields: Mapping[str, Any]) -> Mapping[str, Any] | NoRaid | None:
        made = await self._client.attempt(RAIDS, leader.token, fields)
        if made is None:
            return None
        return made.body if made.ok else NoRaid(made.problem)

    async def join(self, raid_id: int, invite_code: str, person: Person) -> None:
        await self._client.post(f"{RAIDS}/join", person.token, {"inviteCode": invite_code})

    async def start(self, raid_id: int, leader: Person) -> None:
        await self._client.post(f"{RAIDS}/{raid_id}/start", leader.token, {})

    async def send(self, raid_id: int, person: Person, row: Row) -> Sent:
        path = f"{RAIDS}/{raid_id}/contributions"
        return _sent(await self._client.post(path, person.token, body_of(row), key=key_of(row)))


def _sent(answer: Answer) -> Sent:
    if answer.failed or answer.status == 401:
        return Sent(Fate.FAILED, reason=answer.problem)
    if not answer.ok:
        return Sent(Fate.REFUSED, reason=answer.problem)
    is_repeat = answer.body.get("outcome") == "duplicate"
    return Sent(Fate.REPEATED if is_repeat else Fate.ACCEPTED, durable=answer.status != 202)
