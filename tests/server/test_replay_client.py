"""Requests that are sent again until they are answered, against a small server on a real socket."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from server.replay.client import Client, ServerAway, open_client
from server.replay.rows import ReplayError

Script = list[Callable[[], web.Response | None]]


class Server:
    """Answers each request with the next of `answers`; None drops the connection."""

    def __init__(self) -> None:
        self.answers: Script = []
        self.keys: list[str | None] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Idempotency-Key"))
        answer = self.answers.pop(0)() if self.answers else web.json_response({"ok": True})
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with open_client(server.url, connections=2, patience=60) as opened:
        yield opened


def problem(status: int, code: str, **headers: str) -> Callable[[], web.Response]:
    return lambda: web.json_response({"code": code, "detail": "why"}, status=status, headers=headers)


async def test_what_was_not_answered_is_sent_again_with_the_same_key(server: Server, client: Client) -> None:
    server.answers = [
        problem(503, "unavailable"),
        lambda: None,
        problem(429, "slow"),
        problem(502, "gateway"),
    ]
    answer = await client.post("/x", "token", {}, key="row-7")
    assert answer.body == {"ok": True}
    assert server.keys == ["row-7"] * 5


async def test_a_refusal_is_an_answer_and_not_sent_again(server: Server, client: Client) -> None:
    server.answers = [problem(422, "xp_above_cap")]
    answer = await client.post("/x", "token", {})
    assert not answer.ok
    assert answer.problem == "xp_above_cap: why"
    assert len(server.keys) == 1


async def test_retry_after_is_waited_for(server: Server, client: Client) -> None:
    server.answers = [problem(429, "slow", **{"Retry-After": "1"})]
    began = time.monotonic()
    await client.get("/x", "token")
    assert time.monotonic() - began >= 1


async def test_a_server_that_stays_away_longer_than_our_patience_is_an_error(server: Server) -> None:
    server.answers = [problem(503, "unavailable")] * 100
    async with open_client(server.url, connections=1, patience=0.5) as client:
        with pytest.raises(ServerAway, match="HTTP 503"):
            await client.get("/x", "token")


async def test_a_request_the_server_breaks_on_is_bounded_and_no_answer_at_all(server: Server, client: Client) -> None:
    server.answers = [problem(500, "internal")] * 100
    answer = await client.post("/x", "token", {})
    assert answer.failed
    assert len(server.keys) == 5


async def test_an_attempt_is_never_sent_twice(server: Server, client: Client) -> None:
    server.answers = [lambda: None]
    assert await client.attempt("/x", "token", {}) is None
    assert len(server.keys) == 1


async def test_an_answer_that_is_no_json_object_has_an_empty_body(server: Server, client: Client) -> None:
    server.answers = [lambda: web.Response(text="<html>"), lambda: web.json_response([1])]
    assert (await client.get("/x", "token")).body == {}
    assert (await client.get("/x", "token")).body == {}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "ftp://127.0.0.1/"])
async def test_an_address_without_a_server_is_told_in_one_line(url: str) -> None:
    async with open_client(url, connections=1, patience=0.3) as client:
        with pytest.raises(ReplayError) as told:
            await client.reach()
    assert url.rstrip("/") in str(told.value)
    assert "\n" not in str(told.value)


async def test_cancelling_a_request_that_waits_ends_it_at_once(server: Server, client: Client) -> None:
    server.answers = [problem(503, "unavailable", **{"Retry-After": "4"})]
    asked: Awaitable[object] = asyncio.ensure_future(client.get("/x", "token"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asked, 0.3)
