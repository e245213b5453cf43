"""What every request goes through, on a tiny app that fails in every way."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from server.middleware import BATCH_LIMIT, BATCH_PATH, BODY_LIMIT, RequestFrame


async def length(request: Request) -> Response:
    return Response(str(len(await request.body())))


async def broken(request: Request) -> Response:
    raise RuntimeError("the password is 1234")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    routes = [Route(path, length, methods=["POST"]) for path in ("/length", BATCH_PATH)]
    app = Starlette(routes=[*routes, Route("/broken", broken)], middleware=[Middleware(RequestFrame)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://raidline") as opened:
        yield opened


async def in_chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        await asyncio.sleep(0)
        yield b"x" * 1000


async def test_the_callers_request_id_is_kept_where_it_is_sane(client: httpx.AsyncClient) -> None:
    for given in ("a", "A-1_b.c", "x" * 64):
        answer = await client.post("/length", headers={"X-Request-Id": given})
        assert answer.headers.get_list("x-request-id") == [given]


async def test_another_request_id_is_made_where_it_is_not(client: httpx.AsyncClient) -> None:
    seen = set()
    for given in (b"", b"x" * 65, b"a b", b"<script>", "ä".encode()):
        answer = await client.post("/length", headers=[(b"X-Request-Id", given)])
        seen.add(answer.headers["x-request-id"])
    assert len(seen) == 5
    assert all(len(made) == 16 for made in seen)


@pytest.mark.parametrize(("path", "limit"), [("/length", BODY_LIMIT), (BATCH_PATH, BATCH_LIMIT)])
async def test_a_body_of_the_limit_passes_and_one_byte_more_does_not(
    client: httpx.AsyncClient, path: str, limit: int
) -> None:
    assert (await client.post(path, content=b"x" * limit)).text == str(limit)
    refused = await client.post(path, content=b"x" * (limit + 1))
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_body_without_a_declared_length_is_counted(client: httpx.AsyncClient) -> None:
    assert (await client.post("/length", content=in_chunks(60_000))).text == "60000"
    assert (await client.post("/length", content=in_chunks(70_000))).status_code == 413


async def test_a_fault_is_a_problem_with_its_request_id_and_says_nothing_of_its_cause(
    client: httpx.AsyncClient,
) -> None:
    with capture_logs() as logs:
        answer = await client.get("/broken", headers={"X-Request-Id": "find-me"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["requestId"] == answer.headers["x-request-id"] == "find-me"
    assert [(log["request_id"], log["error"], log["route"]) for log in logs] == [("find-me", "RuntimeError", "/broken")]
    assert "1234" not in answer.text + str(logs)


@pytest.mark.parametrize("path", ["/length%0A", "/length%00", "/%7F"])
async def test_a_path_with_control_characters_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
