"""Replay a log while one SSE and one WebSocket client per raid watch it.

    python -m loadtests.watch_replay FILE

Starts a Raidline of its own (`raidline up` on a folder that is deleted afterwards) and exits 1 when a
watcher missed an entry, saw one twice or out of order, or ended with totals that are not the snapshot's.

Knobs
    --concurrency N   requests under way at once (64)
    --url URL         a running server instead; RAIDLINE_ADMIN_TOKEN is then its admin token
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from loadtests.bench.world import free_port
from loadtests.watching import Sight, Transport, watch
from server.replay import CONCURRENCY, Raid, replay

TRANSPORTS: tuple[Transport, Transport] = ("sse", "ws")
START_TIMEOUT_S = 60.0
LAST_EVENTS_S = 30.0
"""So long after the replay the last events may still be on their way."""


@dataclass(slots=True)
class Watchers:
    """Two watchers for every raid, opened before anyone but the leader is in it."""

    http: aiohttp.ClientSession
    url: str
    sights: list[Sight] = field(default_factory=list)
    _raids: dict[int, Raid] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def open(self, raid: Raid) -> None:
        self._raids[raid.raid_id] = raid
        for transport in TRANSPORTS:
            sight = Sight(raid.raid_id, transport)
            self.sights.append(sight)
            self._tasks.append(asyncio.create_task(watch(self.http, self.url, raid.leader.token, sight)))
            await sight.ready.wait()

    async def close(self) -> None:
        """Wait for the ends, then hold every sight against its raid's snapshot."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=LAST_EVENTS_S)
            for task in late:
                task.cancel()
            await asyncio.wait(self._tasks)
        for task in self._tasks:
            if not task.cancelled():
                task.result()
        for sight in self.sights:
            token = self._raids[sight.raid_id].leader.token
            headers = {"Authorization": f"Bearer {token}"}
            async with self.http.get(f"{self.url}/api/v1/raids/{sight.raid_id}", headers=headers) as answer:
                sight.compare(await answer.json())


@contextlib.asynccontextmanager
async def watchers(url: str) -> AsyncIterator[Watchers]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as http:
        yield Watchers(http, url)


async def run(file: Path, url: str, admin_token: str, concurrency: int) -> int:
    async with watchers(url) as watching:
        code = await replay(
            file, url=url, admin_token=admin_token, concurrency=concurrency, raids_watcher=watching.open
        )
        await watching.close()
    violations = [text for sight in watching.sights for text in sight.violations]
    for transport in TRANSPORTS:
        sights = [sight for sight in watching.sights if sight.transport == transport]
        counted = Counter[str]()
        for sight in sights:
            counted["events"] += sight.events
            counted["from 1"] += sight.started_at == 0
            counted["wrong"] += len(sight.violations)
        print(
            f"{transport}: {len(sights)} streams, {counted['from 1']} from seq 1 on, "
            f"{counted['events']:,} events, {counted['wrong']} violations"
        )
    for text in violations[:50]:
        print(f"violation: {text}")
    return 1 if violations or code else 0


@contextlib.asynccontextmanager
async def own_server(admin_token: str) -> AsyncIterator[str]:
    """`raidline up` on a folder of its own and a free port, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="raidline-watch-") as folder:
        port = free_port()
        arguments = ["-m", "server", "up", "--no-demo", "--port", str(port), "--data", f"{folder}/data"]
        environment = {**os.environ, "RAIDLINE_ADMIN_TOKEN": admin_token}
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment)
        try:
            url = f"http://127.0.0.1:{port}"
            await _until_ready(url, process)
            yield url
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _until_ready(url: str, process: asyncio.subprocess.Process) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < until and process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise SystemExit("the server did not start")


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY)
    parser.add_argument("--url")
    given = parser.parse_args()
    if given.url:
        return await run(given.file, given.url, os.environ["RAIDLINE_ADMIN_TOKEN"], given.concurrency)
    admin_token = secrets.token_urlsafe(32)
    async with own_server(admin_token) as url:
        return await run(given.file, url, admin_token, given.concurrency)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
