"""No script and no command has keys of several slots: all scripts are run on a cluster, which would refuse them."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

import realtime
from raidline.ids import Epoch, RaidId
from realtime.presence_store import PresenceStore
from realtime.scripts import script, sharded
from server.reconciliation import Reconciliation
from server.services import Services
from server.settings import Settings
from tests.cluster.nodes import Nodes
from tests.helpers import eventually
from tests.server.people import Person
from tests.server.serving import Served, served
from tests.server.watching import contribute, watching

SCRIPTS = sorted(path.stem for path in (Path(realtime.__file__).parent / "lua").glob("*.lua"))


async def test_every_script_runs_and_every_command_has_one_slot(nodes: Nodes, settings: Settings) -> None:
    async with served(settings) as server:
        services: Services = server.app.state.services
        leader, member = await server.people.person(), await server.people.person()
        raid = await leader.starts_raid(member, targetXp=10**6, public=True)
        await _followed_and_changed(server, leader, member, raid)
        await _read(leader, raid)
        await _audited_and_healed(services, RaidId(raid["id"]))
        await _left(services, leader, member, raid)
        await eventually(lambda: _all_have_run(nodes))
    assert [node for node in nodes.all if await node.has_refused("CROSSSLOT")] == []


async def _followed_and_changed(server: Served, leader: Person, member: Person, raid: dict[str, Any]) -> None:
    path = f"/raids/{raid['id']}"
    await _ok(leader.get(f"/leaderboards/raids/{raid['id']}"))
    async with watching(member, raid["id"]) as stream:
        await stream.next("snapshot")
        made = await contribute(member, raid)
        await stream.next("contribution")
        await _ok(member.call("DELETE", f"{path}/contributions/{made['contributionId']}"))
    async with watching(member, raid["id"], last_event_id=made["cursor"]) as stream:
        await stream.next("contribution_voided")
    await _ok(leader.call("PATCH", path, {"title": "Autumn"}))
    await _ok(leader.call("PATCH", "/me", {"name": "Anne"}))
    await contribute(leader, raid)
    await _own_events_by_ticket(server, leader)


async def _own_events_by_ticket(server: Served, leader: Person) -> None:
    ticket = (await leader.post("/stream-tickets", {})).json()["ticket"]
    async with server.people.client.stream("GET", f"/api/v1/me/stream?ticket={ticket}") as answer:
        assert answer.status_code == 200
        await anext(answer.aiter_lines())


async def _read(leader: Person, raid: dict[str, Any]) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for path in (
        *(f"/raids/{raid['id']}", f"/raids/{raid['id']}/events", "/me/achievements", "/me/achievements/next"),
        *(f"/leaderboards/daily/{today}", f"/leaderboards/daily/{today}?around=me"),
    ):
        await _ok(leader.get(path))
    await _ok(leader.post("/raids/hydrate", {"ids": [raid["id"]]}))


async def _audited_and_healed(services: Services, raid_id: RaidId) -> None:
    await services.auditor.audit([raid_id])
    head = (await services.store.heads([raid_id]))[raid_id]
    await services.healer.ensure(raid_id, Epoch(head.epoch + 1))
    assert [one async for one in Reconciliation(services).look()] == []
    await services.agenda.deadlines_due(10)
    await PresenceStore(services.scripted).wholes([raid_id], settle=0)


async def _left(services: Services, leader: Person, member: Person, raid: dict[str, Any]) -> None:
    path = f"/raids/{raid['id']}"
    await _ok(leader.post(f"{path}/lead", {"userId": member.id}))
    await _ok(member.call("DELETE", f"{path}/members/{leader.id}"))
    other = await member.starts_raid(leader)
    await _ok(leader.post(f"/raids/{other['id']}/leave"))
    await _ok(member.post(f"/raids/{other['id']}/cancel"))
    await services.auditor.audit([RaidId(other["id"])])
    await _ok(member.call("DELETE", "/me"))


async def _ok(call: Any) -> None:
    answer: httpx.Response = await call
    assert answer.is_success, answer.text


async def _all_have_run(nodes: Nodes) -> bool:
    """Whether some node has each of them. A node that has one has run it: they are loaded when they are called."""
    shas = [sharded(script(name)).sha for name in SCRIPTS]
    known = await asyncio.gather(*(node.ask("SCRIPT", "EXISTS", *shas) for node in nodes.all))
    missing = [name for name, at in zip(SCRIPTS, zip(*known, strict=True), strict=True) if not any(at)]
    assert not missing
    return True
