"""A contribution as the HTTP face has it: from a body to a command, from what was decided to an answer.

The POST, the batch and the WebSocket frame all come through here, so that they cannot answer differently.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from raidline.ids import CommandId, ContributionId, RaidId, UserId
from realtime.commands import Contribute
from server import idempotency
from server.bodies import BatchItem, ContributionBody
from server.caller import Caller
from server.failures import problem_of, refusal
from server.json_body import validate
from server.outcomes import Accepted, Refused
from server.problems import PROBLEM_JSON, Problem, insufficient_scope
from server.times import milliseconds, not_over, today_in

if TYPE_CHECKING:
    from server.services import Services

FOR_OTHERS = "contributions:write"
BACKDATE = "backdate"

_DAY_MS = 24 * 3600 * 1000

_ACCEPTED = ((b"content-type", b"application/json"),)
_REPLAYED = (*_ACCEPTED, (b"idempotent-replayed", b"true"))


class ContributionAnswer(NamedTuple):
    """Ready to be sent: `body` is JSON, a problem's where `ok` is false."""

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]
    """As the wire has them, without the length."""

    @property
    def ok(self) -> bool:
        return self.status < 300


async def contribute(
    services: Services,
    caller: Caller,
    raid_id: RaidId,
    key: str,
    body: Mapping[str, Any],
    *,
    request_id: str = "",
) -> ContributionAnswer:
    """Decide and record one contribution. Whatever is refused or not possible now is an answer too."""
    try:
        command = await prepare(services, caller, raid_id, key, validate(ContributionBody, body))
        return answer_to(command, await services.write_path.submit(command), caller)
    except Exception as failure:
        return refused(problem_of(failure), request_id)


async def contribute_all(
    services: Services, caller: Caller, items: Sequence[object], request_id: str
) -> list[ContributionAnswer]:
    """One answer per item, in order. Items of one raid are decided in their order."""
    prepared = [await _prepared(services, caller, item) for item in items]
    # Tasks begin in the order in which they are made and submit without waiting before, so all of them
    # stand in the gathering line in their order, and go as one flight.
    return await asyncio.gather(*(_submitted(services, caller, one, request_id) for one in prepared))


async def _prepared(services: Services, caller: Caller, raw: object) -> Contribute | Problem:
    try:
        item = validate(BatchItem, raw)
        return await prepare(services, caller, RaidId(item.raid_id), item.key, item)
    except Exception as failure:
        return problem_of(failure)


async def _submitted(
    services: Services, caller: Caller, prepared: Contribute | Problem, request_id: str
) -> ContributionAnswer:
    if isinstance(prepared, Problem):
        return refused(prepared, request_id)
    try:
        return answer_to(prepared, await services.write_path.submit(prepared), caller)
    except Exception as failure:
        return refused(problem_of(failure), request_id)


async def prepare(services: Services, caller: Caller, raid_id: RaidId, key: str, body: ContributionBody) -> Contribute:
    user_id = counts_for(caller, body)
    key = idempotency.checked_key(key)
    occurred = body.occurred_at
    contribution_id = idempotency.contribution_id(raid_id, user_id, key)
    return Contribute(
        raid_id=raid_id,
        command_id=CommandId(contribution_id),
        contribution_id=contribution_id,
        fingerprint=idempotency.fingerprint(body, user_id),
        user_id=user_id,
        actor_id=caller.user.id if caller.user else None,
        may_write_for_others=FOR_OTHERS in caller.scopes,
        xp=body.xp,
        type=body.type,
        task_id=body.task_id,
        occurred_at_ms=milliseconds(occurred) if occurred else None,
        day=occurred.date().isoformat() if occurred else today_in(await _tz_of(services, caller, user_id)),
        live=occurred is None or not_over(occurred),
        late_ms=None if BACKDATE in caller.scopes else services.settings.late_days * _DAY_MS,
    )


def counts_for(caller: Caller, body: ContributionBody) -> UserId:
    """Whose contribution it is. Raises Problem when it is not the caller's to post."""
    own = caller.user.id if caller.user else None
    if body.user_id is None:
        return caller.require_user().id
    if body.user_id != own and FOR_OTHERS not in caller.scopes:
        raise insufficient_scope(FOR_OTHERS)
    return UserId(body.user_id)


async def _tz_of(services: Services, caller: Caller, user_id: UserId) -> str:
    if caller.user is not None and caller.user.id == user_id:
        return caller.user.tz
    return await services.sessions.time_zone_of(user_id)


def answer_to(command: Contribute, outcome: Accepted | Refused, caller: Caller) -> ContributionAnswer:
    if isinstance(outcome, Refused):
        raise refusal(outcome.code, trusted=FOR_OTHERS in caller.scopes)
    is_repeat = outcome.outcome == "duplicate"
    status = 202 if not outcome.durable else 200 if is_repeat else 201
    return ContributionAnswer(
        status, _accepted_json(command.contribution_id, outcome), _REPLAYED if is_repeat else _ACCEPTED
    )


def _accepted_json(contribution_id: ContributionId, accepted: Accepted) -> bytes:
    assert accepted.totals is not None, "a contribution's outcome has them"
    effects = accepted.effects if accepted.durable else None
    own = {
        "contributionId": contribution_id,
        "seq": accepted.cursor.seq,
        "cursor": str(accepted.cursor),
        "outcome": accepted.outcome,
        "durable": accepted.durable,
        "effects": orjson.Fragment(effects) if effects else None,
    }
    # The totals are members of the same object: not read to be written again.
    return orjson.dumps(own)[:-1] + b"," + accepted.totals[1:]


def refused(problem: Problem, request_id: str) -> ContributionAnswer:
    headers = {"content-type": PROBLEM_JSON, **problem.headers}
    as_bytes = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return ContributionAnswer(problem.status, orjson.dumps(problem.as_json(request_id)), as_bytes)
