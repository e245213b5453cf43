"""Whether the process lives, and whether it should be sent requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from persistence.errors import LedgerAway
from server.app import create_app
from server.routes.health import REDIS_PATIENCE_S, Readiness
from server.settings import Settings
from tests.server.people import code_of


class Parts:
    """Stands for the services: what each part says when it is asked."""

    ledger: Exception | list[str]
    redis: dict[str, bool]

    def __init__(self) -> None:
        self.ledger = []
        self.redis = {"redis": True}

    async def redis_answers(self) -> dict[str, bool]:
        return self.redis

    async def pending_migrations(self) -> list[str]:
        if isinstance(self.ledger, Exception):
            raise self.ledger
        return self.ledger


async def look(readiness: Readiness, parts: Parts) -> tuple[list[str], list[str]]:
    failing, degraded = await readiness.look(parts)  # type: ignore[arg-type]
    return [error.field for error in failing], degraded


async def test_all_well() -> None:
    assert await look(Readiness(), Parts()) == ([], [])


async def test_raids_go_on_without_postgres() -> None:
    parts = Parts()
    parts.ledger = LedgerAway("gone")
    assert await look(Readiness(), parts) == ([], ["postgres"])


async def test_a_database_without_migrations_is_not_ready() -> None:
    parts = Parts()
    parts.ledger = ["0001_people.sql"]
    assert await look(Readiness(), parts) == (["postgres"], [])


async def test_a_part_that_hangs_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.routes.health.CHECK_TIMEOUT_S", 0.01)
    parts = Parts()
    parts.pending_migrations = lambda: asyncio.sleep(60)  # type: ignore[method-assign, assignment, return-value]
    assert await look(Readiness(), parts) == ([], ["postgres"])


async def test_only_ten_seconds_without_redis_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("server.routes.health.time.monotonic", lambda: now)
    readiness, parts = Readiness(), Parts()
    parts.redis = {"redis": False}
    assert await look(readiness, parts) == ([], ["redis"])
    now += REDIS_PATIENCE_S + 0.1
    assert await look(readiness, parts) == (["redis"], ["redis"])
    parts.redis = {"redis": True}
    assert await look(readiness, parts) == ([], [])
    parts.redis = {"redis": False}
    assert await look(readiness, parts) == ([], ["redis"])


async def test_a_node_of_a_cluster_is_named_and_no_reason_to_go_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("server.routes.health.time.monotonic", lambda: now)
    readiness, parts = Readiness(), Parts()
    parts.redis = {"redis one:1": False, "redis two:1": True}
    for _ in range(2):
        assert await look(readiness, parts) == ([], ["redis one:1"])
        now += REDIS_PATIENCE_S + 0.1
    parts.redis = dict.fromkeys(parts.redis, False)
    assert await look(readiness, parts) == ([], ["redis one:1", "redis two:1"])
    now += REDIS_PATIENCE_S + 0.1
    assert await look(readiness, parts) == (["redis"], ["redis one:1", "redis two:1"])


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, object]]:
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
        yield client, app.state.drain


async def test_a_server_in_order_is_alive_and_ready_until_it_drains(settings: Settings) -> None:
    async with served(settings) as (client, drain):
        for path in ("healthz", "readyz"):
            answer = await client.get(f"http://raidline/{path}")
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert callable(drain)
        drain()
        draining = await client.get("http://raidline/readyz")
        assert code_of(draining) == (503, "not_ready")
        assert draining.json()["errors"][0]["field"] == "process"
        assert (await client.get("http://raidline/healthz")).status_code == 200


async def test_a_server_whose_database_is_empty_says_so(settings: Settings, empty_database_url: str) -> None:
    async with served(settings.model_copy(update={"database_url": empty_database_url})) as (client, _):
        answer = await client.get("http://raidline/readyz")
    assert code_of(answer) == (503, "not_ready")
    assert "raidline migrate" in answer.json()["detail"]
