"""Who is in a raid, who leads it, and by which code one gets in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raidline.ids import InviteCode, UserId
from realtime.commands import Join, Lead, Leave, NewCode, Remove
from server import reading
from server.bodies import JoinBody, LeadBody
from server.context import services_of
from server.identity import caller_of
from server.json_body import read_model
from server.problems import Problem
from server.routes.answers import carried_out, carry_out, json_answer, raid_of


async def join_raid(request: Request) -> Response:
    caller = await caller_of(request)
    user = caller.require_user()
    code = InviteCode((await read_model(request, JoinBody)).invite_code.upper())
    raid_id = await services_of(request).raids.raid_of_code(code)
    if raid_id is None:
        raise Problem("unknown_invite_code")
    command = Join(raid_id=raid_id, user_id=user.id, username=user.name, invite_code=code)
    try:
        return await carried_out(request, caller, command)
    except Problem as problem:
        # An old code, or one who was removed: to them it is a code like any other that opens nothing.
        raise Problem("unknown_invite_code") if problem.code == "not_found" else problem from None


async def leave_raid(request: Request) -> Response:
    """Whoever left sees no more of a raid that is not public, so the answer shows nothing of it."""
    user_id, raid_id = (await caller_of(request)).require_user().id, raid_of(request)
    status = await carry_out(request, Leave(raid_id=raid_id, user_id=user_id))
    return json_answer({"raidId": raid_id, "userId": user_id, "left": True}, status)


async def hand_over_lead(request: Request) -> Response:
    caller = await caller_of(request)
    leader = caller.require_user()
    body = await read_model(request, LeadBody)
    command = Lead(raid_id=raid_of(request), actor_id=leader.id, user_id=UserId(body.user_id))
    return await carried_out(request, caller, command)


async def remove_member(request: Request) -> Response:
    caller = await caller_of(request)
    leader = caller.require_user()
    removed = UserId(request.path_params["user_id"])
    command = Remove(raid_id=raid_of(request), actor_id=leader.id, user_id=removed)
    return await carried_out(request, caller, command)


async def renew_invite_code(request: Request) -> Response:
    """The look at the raid only spares codes; who may have a new one is decided with the command."""
    leader = (await caller_of(request)).require_user()
    services, raid_id = services_of(request), raid_of(request)
    seen = await reading.view(services, raid_id, leader.id)
    if seen.snapshot is not None and seen.snapshot.leader_id != leader.id:
        raise Problem("not_leader")
    code = await services.raids.claim_invite_code(raid_id)
    status = await carry_out(request, NewCode(raid_id=raid_id, actor_id=leader.id, invite_code=code))
    return json_answer({"inviteCode": code}, status)


routes = [
    Route("/api/v1/raids/join", join_raid, methods=["POST"]),
    Route("/api/v1/raids/{raid_id:id}/leave", leave_raid, methods=["POST"]),
    Route("/api/v1/raids/{raid_id:id}/lead", hand_over_lead, methods=["POST"]),
    Route("/api/v1/raids/{raid_id:id}/invite-code", renew_invite_code, methods=["POST"]),
    Route("/api/v1/raids/{raid_id:id}/members/{user_id:id}", remove_member, methods=["DELETE"]),
]
