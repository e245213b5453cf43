"""Malformed requests of every kind: each gets its documented problem, and the server goes on."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.conftest import Launch
from tests.server.people import People, Person, code_of

INVALID = (422, "validation_failed")
NOT_JSON = (400, "invalid_json")
TWICE = (400, "duplicate_field")
BAD_HEADER = (400, "bad_header")
NOT_FOUND = (404, "not_found")
NOT_ALLOWED = (405, "method_not_allowed")
TOO_LARGE = (413, "body_too_large")
NO_JSON_TYPE = (415, "unsupported_media_type")

RAIDS = "/raids"
RAID = "/raids/{mine}"
POSTS = "/raids/{mine}/contributions"
BATCH = "/contributions"
GUEST = "/sessions/guest"

A_RAID = {"title": "t", "targetXp": 10, "targetTasks": 1}
VOID = "00000000-0000-5000-8000-000000000000"

Body = bytes | dict[str, Any] | list[Any] | None


@dataclass(frozen=True)
class Case:
    """`{mine}`, `{others}` and `{me}` in the path stand for ids."""

    method: str
    path: str
    body: Body
    expected: tuple[int, str]
    headers: tuple[tuple[str, str | bytes], ...] = ()


def key(value: str | bytes) -> tuple[tuple[str, str | bytes], ...]:
    return (("Idempotency-Key", value),)


BODIES = {
    "empty": Case("POST", POSTS, b"", NOT_JSON),
    "no object": Case("POST", POSTS, [1], INVALID),
    "null": Case("POST", POSTS, b"null", INVALID),
    "cut off": Case("POST", POSTS, b'{"xp": 1', NOT_JSON),
    "trailing comma": Case("POST", POSTS, b'{"xp": 1,}', NOT_JSON),
    "single quotes": Case("POST", POSTS, b"{'xp': 1}", NOT_JSON),
    "not a number": Case("POST", POSTS, b'{"xp": NaN}', NOT_JSON),
    "infinite": Case("POST", POSTS, b'{"xp": 1e999}', NOT_JSON),
    "invalid utf-8": Case("POST", POSTS, b'{"xp": 1, "taskId": "\xc3\x28"}', NOT_JSON),
    "lone surrogate": Case("POST", POSTS, b'{"xp": 1, "taskId": "\\ud800"}', NOT_JSON),
    "utf-16": Case("POST", POSTS, '{"xp": 1}'.encode("utf-16"), NOT_JSON),
    "byte order mark": Case("POST", POSTS, b'\xef\xbb\xbf{"xp": 1}', NOT_JSON),
    "deep list": Case("POST", POSTS, b'{"xp": ' + b"[" * 30_000, NOT_JSON),
    "deep and closed": Case("POST", POSTS, b'{"xp":' + b"[" * 1000 + b"]" * 1000 + b"}", INVALID),
    "deep and doubled": Case("POST", POSTS, b'{"a":' * 1000 + b'{"b":1,"b":2}' + b"}" * 1000, NOT_JSON),
    "field twice": Case("POST", POSTS, b'{"xp": 1, "xp": 2}', TWICE),
    "field twice, escaped": Case("POST", POSTS, b'{"xp": 1, "\\u0078p": 1}', TWICE),
    "field twice, within": Case("POST", POSTS, b'{"xp": 1, "x": {"a": 1, "a": 2}}', TWICE),
    "too large": Case("POST", POSTS, b'{"xp": 1, "taskId": "' + b"x" * 65_536 + b'"}', TOO_LARGE),
    "too large, of nothing": Case("POST", RAID + "/start", b" " * 65_537, TOO_LARGE),
    "too large, nowhere": Case("POST", "/nowhere", b" " * 65_537, TOO_LARGE),
    "batch too large": Case("POST", BATCH, b" " * (1024 * 1024 + 1), TOO_LARGE),
    "form": Case("POST", POSTS, b"xp=1", NO_JSON_TYPE, (("Content-Type", "application/x-www-form-urlencoded"),)),
    "text": Case("POST", POSTS, b'{"xp": 1}', NO_JSON_TYPE, (("Content-Type", "text/plain"),)),
}

FIELDS = {
    "xp missing": Case("POST", POSTS, {}, INVALID),
    "xp null": Case("POST", POSTS, {"xp": None}, INVALID),
    "xp text": Case("POST", POSTS, {"xp": "1"}, INVALID),
    "xp bool": Case("POST", POSTS, {"xp": True}, INVALID),
    "xp fraction": Case("POST", POSTS, {"xp": 1.5}, INVALID),
    "xp whole float": Case("POST", POSTS, b'{"xp": 1.0}', INVALID),
    "xp negative": Case("POST", POSTS, {"xp": -1}, INVALID),
    "xp 2^53": Case("POST", POSTS, {"xp": 2**53}, INVALID),
    "xp 2^64": Case("POST", POSTS, {"xp": 2**64}, INVALID),
    "xp huge": Case("POST", POSTS, b'{"xp": 1' + b"0" * 5000 + b"}", NOT_JSON),
    "xp 300 digits": Case("POST", POSTS, b'{"xp": 1' + b"0" * 300 + b"}", INVALID),
    "xp above any cap": Case("POST", POSTS, {"xp": 10**12}, (422, "xp_above_cap")),
    "type empty": Case("POST", POSTS, {"xp": 1, "type": ""}, INVALID),
    "type null": Case("POST", POSTS, {"xp": 1, "type": None}, INVALID),
    "type long": Case("POST", POSTS, {"xp": 1, "type": "x" * 51}, INVALID),
    "type NUL": Case("POST", POSTS, {"xp": 1, "type": "a\x00"}, INVALID),
    "type list": Case("POST", POSTS, {"xp": 1, "type": ["a"]}, INVALID),
    "taskId number": Case("POST", POSTS, {"xp": 1, "taskId": 7}, INVALID),
    "taskId long": Case("POST", POSTS, {"xp": 1, "taskId": "x" * 256}, INVALID),
    "taskId CR LF": Case("POST", POSTS, {"xp": 1, "taskId": "a\r\ndata: x"}, INVALID),
    "time without offset": Case("POST", POSTS, {"xp": 1, "occurredAt": "2026-11-20T10:00:00"}, INVALID),
    "time as number": Case("POST", POSTS, {"xp": 1, "occurredAt": 1795168800}, INVALID),
    "time of no day": Case("POST", POSTS, {"xp": 1, "occurredAt": "2026-02-30T10:00:00Z"}, INVALID),
    "time before all": Case(
        "POST", POSTS, {"xp": 1, "occurredAt": "0001-01-01T00:00:00+14:00"}, (422, "occurred_at_out_of_range")
    ),
    "time after all": Case(
        "POST", POSTS, {"xp": 1, "occurredAt": "9999-12-31T23:59:59-12:00"}, (422, "occurred_at_out_of_range")
    ),
    "userId text": Case("POST", POSTS, {"xp": 1, "userId": "me"}, INVALID),
    "userId 0": Case("POST", POSTS, {"xp": 1, "userId": 0}, INVALID),
    "userId of another": Case("POST", POSTS, {"xp": 1, "userId": 999999}, (403, "insufficient_scope")),
    "title blank": Case("POST", RAIDS, {**A_RAID, "title": " \t "}, INVALID),
    "title of what nobody sees": Case("POST", RAIDS, {**A_RAID, "title": "\u200b\u202e\u3164\u0301"}, INVALID),
    "name of what nobody sees": Case("PATCH", "/me", {"name": "\u2066\ufeff"}, INVALID),
    "title NUL": Case("POST", RAIDS, {**A_RAID, "title": "a\x00b"}, INVALID),
    "title newline": Case("POST", RAIDS, {**A_RAID, "title": "a\nb"}, INVALID),
    "title C1": Case("POST", RAIDS, {**A_RAID, "title": "a\x85b"}, INVALID),
    "description CR": Case("POST", RAIDS, {**A_RAID, "description": "a\rb"}, INVALID),
    "no target": Case("POST", RAIDS, {**A_RAID, "targetXp": 0, "targetTasks": 0}, INVALID),
    "target negative": Case("POST", RAIDS, {**A_RAID, "targetXp": -1}, INVALID),
    "target beyond": Case("POST", RAIDS, {**A_RAID, "targetXp": 10**12 + 1}, INVALID),
    "no hours": Case("POST", RAIDS, {**A_RAID, "timeLimitHours": 0}, INVALID),
    "half an hour": Case("POST", RAIDS, {**A_RAID, "timeLimitHours": 0.5}, INVALID),
    "too many members": Case("POST", RAIDS, {**A_RAID, "maxMembers": 10_001}, INVALID),
    "public as text": Case("POST", RAIDS, {**A_RAID, "public": "yes"}, INVALID),
    "cap of 0": Case("POST", RAIDS, {**A_RAID, "maxXpPerContribution": 0}, INVALID),
    "patch of nothing": Case("PATCH", RAID, {}, INVALID),
    "patch to null": Case("PATCH", RAID, {"title": None}, INVALID),
    "code number": Case("POST", "/raids/join", {"inviteCode": 12345678}, INVALID),
    "code NUL": Case("POST", "/raids/join", {"inviteCode": "ABC\x00DEFG"}, INVALID),
    "code unknown": Case("POST", "/raids/join", {"inviteCode": "AAAAAAAA"}, (404, "unknown_invite_code")),
    "code of no letters": Case("POST", "/raids/join", {"inviteCode": "';--%_*?"}, (404, "unknown_invite_code")),
    "lead to nobody": Case("POST", RAID + "/lead", {"userId": None}, INVALID),
    "lead to a stranger": Case("POST", RAID + "/lead", {"userId": 999999}, (404, "unknown_member")),
    "hydrate too many": Case("POST", "/raids/hydrate", {"ids": list(range(1, 202))}, INVALID),
    "hydrate text": Case("POST", "/raids/hydrate", {"ids": ["1"]}, INVALID),
    "hydrate huge": Case("POST", "/raids/hydrate", {"ids": [10**18]}, INVALID),
    "batch no list": Case("POST", BATCH, {"items": {"0": {}}}, INVALID),
    "batch of 501": Case("POST", BATCH, {"items": [{}] * 501}, INVALID),
    "guest without name": Case("POST", GUEST, {"tz": "UTC"}, INVALID),
    "guest name long": Case("POST", GUEST, {"name": "x" * 65}, INVALID),
    "guest name NUL": Case("POST", GUEST, {"name": "\x00"}, INVALID),
    "guest nowhere": Case("POST", GUEST, {"name": "x", "tz": "../../etc/passwd"}, INVALID),
}

HEADERS_AND_PATHS = {
    "key empty": Case("POST", POSTS, {"xp": 1}, BAD_HEADER, key("")),
    "key long": Case("POST", POSTS, {"xp": 1}, BAD_HEADER, key("x" * 256)),
    "key with space": Case("POST", POSTS, {"xp": 1}, BAD_HEADER, key("a b")),
    "key unquoted": Case("POST", POSTS, {"xp": 1}, BAD_HEADER, key('"a')),
    "key not ascii": Case("POST", POSTS, {"xp": 1}, BAD_HEADER, key("ключ".encode())),
    "two keys": Case("POST", POSTS, {"xp": 1}, BAD_HEADER, key("a") + key("b")),
    "raid 0": Case("GET", "/raids/0", None, NOT_FOUND),
    "raid -1": Case("GET", "/raids/-1", None, NOT_FOUND),
    "raid 01": Case("GET", "/raids/01", None, NOT_FOUND),
    "raid huge": Case("GET", "/raids/" + "9" * 5000, None, NOT_FOUND),
    "raid 18 digits": Case("GET", "/raids/" + "9" * 18, None, NOT_FOUND),
    "raid with NUL": Case("GET", RAID + "%00", None, NOT_FOUND),
    "raid with LF": Case("GET", RAID + "%0A", None, NOT_FOUND),
    "raid with CR": Case("GET", RAID + "%0D", None, NOT_FOUND),
    "raid with slash": Case("GET", RAID + "/", None, NOT_FOUND),
    "raid in arabic digits": Case("GET", "/raids/%D9%A4%D9%A2", None, NOT_FOUND),
    "raid of others": Case("GET", "/raids/{others}", None, NOT_FOUND),
    "post to others": Case("POST", "/raids/{others}/contributions", {"xp": 1}, NOT_FOUND),
    "start others": Case("POST", "/raids/{others}/start", None, NOT_FOUND),
    "ledger of others": Case("GET", "/raids/{others}/contributions", None, NOT_FOUND),
    "log of others": Case("GET", "/raids/{others}/events", None, NOT_FOUND),
    "stream of others": Case("GET", "/raids/{others}/stream", None, NOT_FOUND),
    "void in others": Case("DELETE", "/raids/{others}/contributions/" + VOID, None, NOT_FOUND),
    "void unknown": Case("DELETE", POSTS + "/" + VOID, None, (404, "unknown_contribution")),
    "void no uuid": Case("DELETE", POSTS + "/1%20OR%201", None, NOT_FOUND),
    "remove nobody": Case("DELETE", RAID + "/members/999999", None, (404, "unknown_member")),
    "remove oneself": Case("DELETE", RAID + "/members/{me}", None, (422, "leader_cannot_be_removed")),
    "limit 0": Case("GET", "/raids?limit=0", None, INVALID),
    "limit huge": Case("GET", "/raids?limit=" + "9" * 5000, None, INVALID),
    "limit text": Case("GET", POSTS + "?limit=ten", None, INVALID),
    "limit twice": Case("GET", "/raids?limit=1&limit=2", None, INVALID),
    "status unknown": Case("GET", "/raids?status=%00", None, INVALID),
    "cursor malformed": Case("GET", "/raids?cursor=%27%3B--", None, INVALID),
    "cursor huge": Case("GET", "/raids?cursor=" + "9" * 5000, None, INVALID),
    "ledger cursor malformed": Case("GET", POSTS + "?cursor=1-%00", None, INVALID),
    "put": Case("PUT", RAID, {}, NOT_ALLOWED),
    "delete": Case("DELETE", RAID, None, NOT_ALLOWED),
    "nowhere": Case("GET", "/nowhere", None, NOT_FOUND),
    "traversal": Case("GET", "/..%2f..%2fetc%2fpasswd", None, NOT_FOUND),
    "token wrong": Case("GET", RAIDS, None, (401, "unauthenticated"), (("Authorization", "Bearer wrong"),)),
    "token not utf-8": Case("GET", RAIDS, None, (401, "unauthenticated"), (("Authorization", b"Bearer \xff"),)),
    "not the admin": Case("POST", "/admin/sessions", {}, (403, "insufficient_scope")),
}

CASES = BODIES | FIELDS | HEADERS_AND_PATHS


@pytest.fixture
async def server(launch: Launch) -> AsyncIterator[httpx.AsyncClient]:
    launched = await launch()
    async with httpx.AsyncClient(base_url=launched.url, timeout=20) as client:
        yield client
    assert "Traceback" not in launched.output


async def answer_to(client: httpx.AsyncClient, caller: Person, case: Case, ids: dict[str, int]) -> httpx.Response:
    path = case.path.replace("{mine}", str(ids["mine"])).replace("{others}", str(ids["others"]))
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
    kept = [(name, value) for name, value in headers.items() if name not in dict(case.headers)]
    content = case.body if isinstance(case.body, bytes) else json.dumps(case.body) if case.body is not None else None
    raw = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in case.headers]
    return await client.request(
        case.method,
        "/api/v1" + path.replace("{me}", str(caller.id)),
        content=content,
        headers=[*((name.encode(), value.encode()) for name, value in kept), *raw],
    )


async def test_every_malformed_request_gets_its_problem(server: httpx.AsyncClient) -> None:
    people = People(server)
    anna, ben = await people.person(), await people.person()
    ids = {"mine": (await anna.starts_raid())["id"], "others": (await ben.starts_raid())["id"]}
    server.cookies.clear()
    wrong = {}
    for name, case in CASES.items():
        answer = await answer_to(server, anna, case, ids)
        if answer.status_code != case.expected[0] or code_of(answer) != case.expected:
            wrong[name] = (answer.status_code, answer.text[:200])
    assert wrong == {}
    assert len(CASES) >= 60
    assert (await server.get("/healthz")).status_code == 200
    assert (await anna.get(f"/raids/{ids['mine']}")).json()["currentXp"] == 0


NO_HTTP = [
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\x00b\r\n\r\n",
    b"GET /healthz\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /api/v1/raids HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/raids HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /api/v1/raids HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"G" * 100_000,
]


async def test_what_is_no_http_is_refused_or_cut_off(server: httpx.AsyncClient) -> None:
    for sent in NO_HTTP:
        reader, writer = await asyncio.open_connection(server.base_url.host, server.base_url.port)
        answered = b""  # of one that is cut off in the midst of what it says, nothing need arrive
        with contextlib.suppress(ConnectionError):
            writer.write(sent)
            writer.write_eof()
            async with asyncio.timeout(30):
                answered = await reader.read(1000)
        writer.close()
        assert answered == b"" or answered.startswith(b"HTTP/1.1 4"), sent[:60]
    assert (await server.get("/healthz")).status_code == 200
