"""One WebSocket of several raids and one's own events: what it follows changes while it is open."""

from websockets.asyncio.client import ClientConnection

from realtime.websocket import MAX_RAIDS
from tests.helpers import eventually
from tests.server.serving import Served, hear, say
from tests.server.watching import contribute


async def alive(socket: ClientConnection) -> bool:
    await say(socket, type="ping", ref="alive")
    return bool((await hear(socket, "reply"))["ref"] == "alive")


async def test_raids_are_added_left_and_taken_up_again_from_where_they_were(server: Served) -> None:
    person = await server.people.person()
    first, second = await person.starts_raid(targetTasks=100), await person.starts_raid(targetTasks=100)
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="subscribe", ref=1, raidId=first["id"])
        await hear(socket, "reply")
        await contribute(person, first)
        left_at = (await hear(socket, "contribution"))["id"]
        await say(socket, type="subscribe", ref=2, raidId=second["id"])
        await hear(socket, "reply")
        await say(socket, type="unsubscribe", ref=3, raidId=first["id"])
        await hear(socket, "reply")
        missed = [(await contribute(person, first))["cursor"] for _ in range(2)]
        await contribute(person, second)
        assert (await hear(socket, "contribution"))["raidId"] == second["id"]
        await say(socket, type="subscribe", ref=4, raidId=first["id"], since=left_at)
        assert (await hear(socket, "hello"))["data"]["recovered"] == "full"
        assert [(await hear(socket, "contribution"))["id"] for _ in missed] == missed


async def test_one_that_is_not_there_is_an_error_and_the_others_go_on(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    own, foreign = await person.starts_raid(), await stranger.starts_raid()
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="subscribe", ref=1, raidId=own["id"])
        await hear(socket, "reply")
        for raid_id in (foreign["id"], 999_999):
            await say(socket, type="subscribe", ref=2, raidId=raid_id)
            error = await hear(socket, "error")
            assert (error["ref"], error["code"]) == (2, "not_found")
        await contribute(person, own)
        assert (await hear(socket, "contribution"))["raidId"] == own["id"]


async def test_one_that_becomes_private_is_told_once_and_may_be_asked_for_again(server: Served) -> None:
    person, stranger = await server.people.person(), await server.people.person()
    raid = await person.starts_raid(public=True)
    async with server.socket(stranger, "/ws") as socket:
        await say(socket, type="subscribe", ref=1, raidId=raid["id"])
        await hear(socket, "reply")
        await person.call("PATCH", f"/raids/{raid['id']}", {"public": False})
        assert (await hear(socket, "raid_update", "error"))["event"] == "raid_update"
        error = await hear(socket, "error")
        assert (error["code"], error["raidId"]) == ("no_permission", raid["id"])
        await contribute(person, raid)
        await say(socket, type="unsubscribe", ref=2, raidId=raid["id"])
        assert (await hear(socket, "error", "contribution"))["code"] == "not_subscribed"
        await person.call("PATCH", f"/raids/{raid['id']}", {"public": True})
        await say(socket, type="subscribe", ref=3, raidId=raid["id"])
        assert (await hear(socket, "hello"))["data"]["recovered"] == "none"
        assert (await hear(socket, "reply"))["ref"] == 3


async def test_a_bad_cursor_of_one_raid_is_a_reset_of_that_one_alone(server: Served) -> None:
    person = await server.people.person()
    first, second = await person.starts_raid(), await person.starts_raid()
    cursor = (await contribute(person, first))["cursor"]
    async with server.socket(person, "/ws") as socket:
        # The cursor of a stream of several is none of a single raid.
        for raid, since, verdict in ((second, "pSCA", "reset"), (first, cursor, "full")):
            await say(socket, type="subscribe", ref=1, raidId=raid["id"], since=since)
            assert (await hear(socket, "hello"))["data"]["recovered"] == verdict
            await hear(socket, "reply")
        await say(socket, type="subscribe", ref=1, own=True, since="nonsense")
        assert (await hear(socket, "hello"))["data"]["recovered"] == "reset"


async def test_at_most_fifty_raids_at_once(server: Served) -> None:
    person = await server.people.person()
    raids = [await person.starts_raid() for _ in range(2)]
    async with server.socket(person, "/ws") as socket:
        await say(socket, type="subscribe", ref=0, own=True)
        await hear(socket, "reply")
        public = [await person.makes_raid(public=True) for _ in range(MAX_RAIDS - 1)]
        for raid in (*public, raids[0]):
            await say(socket, type="subscribe", ref=1, raidId=raid["id"])
            assert (await hear(socket, "reply", "error"))["type"] == "reply"
        await say(socket, type="subscribe", ref=2, raidId=raids[1]["id"])
        assert (await hear(socket, "error"))["code"] == "too_many_subscriptions"
        await say(socket, type="unsubscribe", ref=3, raidId=raids[0]["id"])
        await hear(socket, "reply")
        await say(socket, type="subscribe", ref=4, raidId=raids[1]["id"])
        assert (await hear(socket, "reply", "error"))["type"] == "reply"
        assert await alive(socket)
    await eventually(lambda: server.hub.stream_count == 0)
