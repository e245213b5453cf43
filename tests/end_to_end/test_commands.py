"""The commands as processes: what they start, what they say, and what is left when they end."""

import re
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest_asyncio

from tests.conftest import Launch
from tests.helpers import ADMIN_TOKEN, Launched, clean_environment, eventually, free_port, is_alive

Up = Callable[..., Launched]


@pytest_asyncio.fixture
async def up(service_folder: Path, tmp_path: Path) -> AsyncIterator[Up]:
    """`raidline up` and others with services of their own in one data folder."""
    started: list[Launched] = []

    def start(*arguments: str, **settings: str) -> Launched:
        log = tmp_path / f"raidline-{len(started)}.log"
        given = (*arguments, "--data", str(service_folder / "data"))
        started.append(Launched(given, clean_environment(**settings), log))
        return started[-1]

    yield start
    for process in reversed(started):
        process.finish()


async def served(up: Up, *arguments: str, **settings: str) -> Launched:
    port = free_port()
    process = up("up", "--port", str(port), *arguments, **settings)
    await process.serving(f"http://127.0.0.1:{port}")
    return process


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if is_alive(one)]


CLIENTS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


async def connected(connection: asyncpg.Connection) -> bool:
    """Whether a client beside the one who asks is connected; Postgres' own autovacuum is none."""
    return bool(await connection.fetchval(CLIENTS))


async def test_up_serves_a_raid_that_moves_and_ctrl_c_stops_all_of_it(up: Up) -> None:
    """Nobody is asked for anything; no process is left; the data is."""
    process = await served(up)
    assert f"Raidline runs on {process.url} " in process.output
    async with httpx.AsyncClient(base_url=process.url) as client:
        guest = (await client.post("/api/v1/sessions/guest", json={"name": "Ann"})).json()
        headers = {"Authorization": f"Bearer {guest['token']}"}

        async def demo_has_moved() -> bool:
            raids = (await client.get("/api/v1/raids", headers=headers)).json()["raids"]
            return any(raid["currentTasks"] > 1 for raid in raids)

        await eventually(demo_has_moved, 60)
    children = family(process.pid)
    process.process.send_signal(signal.SIGINT)
    assert await process.ended() == 0
    assert alive(children) == []
    assert "Traceback" not in process.output


async def test_killed_it_leaves_no_process_and_starts_again(up: Up) -> None:
    process = await served(up, "--no-demo")
    children = family(process.pid)
    assert children
    await process.kill()
    await eventually(lambda: not alive(children))
    assert await (await served(up, "--no-demo")).stop() == 0


async def test_a_second_one_on_the_folder_says_so_and_ends(up: Up) -> None:
    first = await served(up, "--no-demo")
    second = up("up", "--port", "0")
    assert await second.ended() == 1
    assert f"is in use by another raidline (pid {first.pid})" in second.output
    assert second.output.count("\n") == 1


async def test_guests_are_off_when_the_setting_says_so(up: Up) -> None:
    process = await served(up, "--no-demo", RAIDLINE_GUESTS="off")
    async with httpx.AsyncClient(base_url=process.url) as client:
        assert (await client.post("/api/v1/sessions/guest", json={"name": "Ann"})).status_code in (403, 404)


async def test_the_admin_token_it_makes_is_never_told(up: Up) -> None:
    """It is random, and nobody else can be admin."""
    process = await served(up)
    async with httpx.AsyncClient(base_url=process.url) as client:
        identity = {"provider": "p", "subject": "s", "name": "n"}
        for token in ("nothing", "None", ADMIN_TOKEN):
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.post("/api/v1/admin/sessions", json=identity, headers=headers)
            assert answer.status_code in (401, 403)
    assert "token" not in process.output.lower()


async def test_audit_looks_at_a_raidline_at_work_and_at_one_at_rest(up: Up) -> None:
    process = await served(up, "--no-demo")
    assert await up("audit").ended() == 0
    await process.stop()
    assert await up("audit").ended() == 0


async def test_replay_alone_brings_its_own_server(up: Up, tmp_path: Path) -> None:
    """Without a running server, without a setting; the second run repeats everything."""
    log = tmp_path / "activity.csv"
    log.write_text("user,occurred_at,files\n1,2024-02-01T10:00:00Z,3\n2,2024-02-02T10:00:00Z,4\n")
    for counted in ("accepted", "repeated"):
        process = up("replay", str(log))
        assert await process.ended() == 0, process.output
        assert [line.split()[1:4] for line in process.output.splitlines() if counted in line] == [[counted, "│", "2"]]
    assert await up("audit").ended() == 0


async def test_import_works_alone_and_beside_a_raidline_at_work(up: Up, tmp_path: Path) -> None:
    log = tmp_path / "activity.csv"
    log.write_text("user,occurred_at,files\n1,2024-02-01T10:00:00Z,3\n2,2024-02-02T10:00:00Z,4\n")

    async def counts(counted: str) -> None:
        process = up("import", str(log))
        assert await process.ended() == 0, process.output
        assert [line.split()[1:4] for line in process.output.splitlines() if counted in line] == [[counted, "│", "2"]]

    await counts("accepted")
    beside = await served(up, "--no-demo")
    await counts("repeated")
    assert await beside.stop() == 0
    assert await up("audit").ended() == 0


async def test_token_makes_a_session_that_works(launch: Launch) -> None:
    server = await launch()
    process = await launch("token", "Ann", "--url", server.url, "--scope", "backdate")
    assert await process.ended() == 0, process.output
    token = process.output.strip()
    async with httpx.AsyncClient(base_url=server.url) as client:
        headers = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/api/v1/raids", headers=headers)).status_code == 200


async def test_token_with_a_wrong_admin_token_names_the_setting(launch: Launch) -> None:
    server = await launch()
    process = await launch("token", "Ann", "--url", server.url, RAIDLINE_ADMIN_TOKEN="another")
    assert await process.ended() == 1
    assert process.output.startswith("raidline: RAIDLINE_ADMIN_TOKEN: ")


async def test_serve_runs_as_many_processes_as_asked(launch: Launch) -> None:
    """They share one port; one that dies is replaced; a signal ends all."""
    server = await launch(WEB_CONCURRENCY="2")
    first = await eventually(lambda: len(family(server.pid)) == 2 and family(server.pid))
    first[0].kill()
    await eventually(lambda: len(alive(family(server.pid))) == 2 and first[0] not in family(server.pid))
    await server.serving(server.url)
    children = family(server.pid)
    assert await server.stop() == 0
    assert alive(children) == []


async def test_a_worker_ends_in_good_order(launch: Launch, database_url: str) -> None:
    process = await launch("worker")
    connection = await asyncpg.connect(database_url)
    await eventually(lambda: connected(connection), 90)
    await connection.close()
    assert await process.stop() == 0, process.output
    assert "Traceback" not in process.output


async def test_migrate_twice_is_harmless(launch: Launch, empty_database_url: str) -> None:
    first = await launch("migrate", DATABASE_URL=empty_database_url)
    assert await first.ended() == 0
    assert "applied " in first.output
    second = await launch("migrate", DATABASE_URL=empty_database_url)
    assert await second.ended() == 0
    assert second.output == "nothing to migrate\n"


async def test_port_0_takes_a_free_one_and_says_which(up: Up) -> None:
    process = up("up", "--port", "0", "--no-demo")
    said = await eventually(lambda: re.search(r"runs on (\S+) \(", process.output), 90)
    await process.serving(said[1])
