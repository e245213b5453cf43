"""nginx with nchan and its Redis store, from Debian's packages, which are unpacked and not installed."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import aiohttp

from loadtests.bench.fanout.errors import Unavailable
from loadtests.bench.fanout.ground import Ground, RunningRedis
from loadtests.bench.fanout.payload import event
from loadtests.bench.fanout.peer import SSE, WEBSOCKET, Peer, Served
from loadtests.bench.fanout.places import HERE, built
from loadtests.bench.fanout.processes import START_SECONDS
from loadtests.bench.fanout.publisher import Outlet, http_post
from loadtests.bench.fanout.subscribers import Door
from loadtests.bench.world import free_port

PACKAGES = ("nginx", "libnginx-mod-nchan")
CONFIGURATION = HERE / "peers" / "nchan.conf"
PROTOCOLS = {SSE: "sse", WEBSOCKET: "websocket"}
FETCH_SECONDS = 120
READY = "ready"
PUBLISH, SUBSCRIBE = "/publish", "/subscribe"


class Nchan(Peer):
    name = "nchan, Redis store"
    transports = (SSE, WEBSOCKET)

    def prepare(self) -> None:
        folder = built("nchan")
        if not (folder / READY).exists():
            _fetch(folder)
            (folder / READY).touch()

    @contextlib.asynccontextmanager
    async def serve(self, ground: Ground, transport: str) -> AsyncIterator[Served]:
        port, home = free_port(), ground.own_folder("nginx")
        async with ground.redis() as redis:
            configuration = home / "nginx.conf"
            configuration.write_text(_configuration(port, redis))
            command = [str(_program(built("nchan"))), "-p", str(home), "-c", str(configuration), "-e", "stderr"]
            async with ground.serving("nchan", command, port) as pid:
                await _has_its_redis(port)
                door = Door(PROTOCOLS[transport], port, SUBSCRIBE)
                yield Served(pid, redis.pid, door, Outlet(port, _publish))


async def _has_its_redis(port: int) -> None:
    """It listens before it is connected, and refuses until then."""
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        while True:
            async with http.post(PUBLISH, data=b"{}") as answer:
                if answer.status < HTTPStatus.BAD_REQUEST:
                    return
            await asyncio.sleep(0.1)


def _publish(seq: int, sent: int) -> bytes:
    return http_post(PUBLISH, event(1, seq, sent))


def _program(folder: Path) -> Path:
    return folder / "usr" / "sbin" / "nginx"


def _module(folder: Path) -> Path:
    return folder / "usr" / "lib" / "nginx" / "modules" / "ngx_nchan_module.so"


def _configuration(port: int, redis: RunningRedis) -> str:
    filled = {
        "MODULE": str(_module(built("nchan"))),
        "USER": "user root;" if os.geteuid() == 0 else "",
        "PORT": str(port),
        "REDIS": f"redis://127.0.0.1:{redis.port}",
    }
    text = CONFIGURATION.read_text()
    for name, value in filled.items():
        text = text.replace(f"@{name}@", value)
    return text


def _fetch(folder: Path) -> None:
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise Unavailable(f"its packages are Debian's, and there is no {program}")
    try:
        _run(["apt-get", "download", *PACKAGES], folder)
        for package in folder.glob("*.deb"):
            _run(["dpkg", "-x", package.name, "."], folder)
        _keep_below_its_prefix(_program(folder), _module(folder))
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise Unavailable(f"its packages cannot be fetched: {said.strip().splitlines()[-1]}") from None


def _keep_below_its_prefix(*files: Path) -> None:
    """The folders for temporary files that Debian has built in are made relative, to `-p`.

    They exist only where nginx is installed; nchan has them made whatever its configuration says.
    """
    told = subprocess.run([str(files[0]), "-V"], check=True, capture_output=True, text=True).stderr
    for file in files:
        content = file.read_bytes()
        for path in re.findall(r"--http-\S+-temp-path=(\S+)", told):
            inside = path.lstrip("/").replace("/", "_").ljust(len(path), "_")
            content = content.replace(b"\0" + path.encode() + b"\0", b"\0" + inside.encode() + b"\0")
        file.write_bytes(content)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS)
