"""Requests that are sent again until the server has answered, over a few kept connections.

What is sent again may happen twice without harm: it is a read, it is so already, or it carries an
idempotency key. `attempt` is for the rest. aiohttp, because an httpx request costs 1.9 ms of CPU and
one of these 0.09.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from server.replay.patience import FIRST_PAUSE_S, Patience, ServerAway
from server.replay.rows import ReplayError

__all__ = ["Answer", "Client", "ServerAway", "open_client"]

_AWAY = frozenset({429, 502, 503, 504})
_REQUEST_TIMEOUT_S = 30.0
_REACH_S = 5.0
_FAILURES = 5
"""So often a request that the server itself fails on (500) is sent before that is its answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def failed(self) -> bool:
        """The server broke on it: neither done nor refused."""
        return self.status >= 500

    @property
    def problem(self) -> str:
        """The refusal in the server's words: its code, and its detail where it has one."""
        code = str(self.body.get("code") or f"HTTP {self.status}")
        detail = self.body.get("detail") or self.body.get("title")
        return f"{code}: {detail}" if detail else code


class Client:
    """Speaks to one server. `patience` is how long one request may go without a real answer."""

    def __init__(self, http: aiohttp.ClientSession, url: str, patience: float) -> None:
        self._http = http
        self._base = url.rstrip("/")
        self._patience = patience

    async def reach(self) -> None:
        """Raise ReplayError soon where no server listens at all."""
        await self._ask("GET", "/healthz", {}, None, min(self._patience, _REACH_S))

    async def get(self, path: str, token: str) -> Answer:
        return await self._ask("GET", path, _headers(token), None, self._patience)

    async def post(self, path: str, token: str, body: Mapping[str, Any], key: str | None = None) -> Answer:
        headers = _headers(token)
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self._ask("POST", path, headers, orjson.dumps(body), self._patience)

    async def patch(self, path: str, token: str, body: Mapping[str, Any]) -> Answer:
        return await self._ask("PATCH", path, _headers(token), orjson.dumps(body), self._patience)

    async def attempt(self, path: str, token: str, body: Mapping[str, Any]) -> Answer | None:
        """POST once. None: it may have happened or not, the caller has to look."""
        answer, _, pause = await self._once("POST", self._base + path, _headers(token), orjson.dumps(body))
        if answer is None or answer.failed:
            await asyncio.sleep(pause + random.uniform(FIRST_PAUSE_S, 1.0))
            return None
        return answer

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, patience: float
    ) -> Answer:
        waiting = Patience(self._base, patience)
        failures = 0
        while True:
            answer, why, asked_pause = await self._once(method, self._base + path, headers, body)
            if answer is not None:
                failures += answer.failed
                if not answer.failed or failures >= _FAILURES:
                    return answer
            await waiting.wait(why, asked_pause)

    async def _once(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[Answer | None, str, float]:
        """An answer, or why there is none and how long the server asked to be left alone."""
        try:
            async with self._http.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
                content = await response.read()
                if response.status in _AWAY:
                    return None, f"HTTP {response.status}", _retry_after(response.headers)
                return Answer(response.status, _json(content)), f"HTTP {response.status}", 0.0
        except aiohttp.InvalidURL as error:
            raise ReplayError(f"{self._base}: not an http address") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return None, str(error) or type(error).__name__, 0.0


@asynccontextmanager
async def open_client(url: str, *, connections: int, patience: float) -> AsyncIterator[Client]:
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_REQUEST_TIMEOUT_S),
        headers={"User-Agent": "raidline-replay"},
    ) as http:
        yield Client(http, url, patience)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
