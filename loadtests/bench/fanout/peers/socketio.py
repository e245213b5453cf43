"""socket.io with its Redis adapter, from npm, over WebSocket; published to as its own emitter does."""

import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import orjson

from loadtests.bench.fanout.errors import Unavailable
from loadtests.bench.fanout.ground import Ground
from loadtests.bench.fanout.packing import packed
from loadtests.bench.fanout.payload import event
from loadtests.bench.fanout.peer import WEBSOCKET, Peer, Served
from loadtests.bench.fanout.places import HERE, built
from loadtests.bench.fanout.publisher import Outlet, redis_publish
from loadtests.bench.fanout.subscribers import Door
from loadtests.bench.world import free_port

SOURCES = HERE / "peers" / "socketio"
ROOM = "raid"
CHANNEL = f"socket.io#/#{ROOM}#".encode()
EVENT_PACKET = 2
INSTALL_SECONDS = 300


class SocketIo(Peer):
    name = "socket.io, Redis"
    transports = (WEBSOCKET,)

    def prepare(self) -> None:
        folder = built("socketio")
        lock = "package-lock.json"
        is_new = not (folder / lock).exists() or (folder / lock).read_bytes() != (SOURCES / lock).read_bytes()
        for name in ("package.json", "server.mjs"):
            shutil.copy(SOURCES / name, folder / name)
        if is_new or not (folder / "node_modules").is_dir():
            _install(folder, lock)

    @contextlib.asynccontextmanager
    async def serve(self, ground: Ground, transport: str) -> AsyncIterator[Served]:
        port = free_port()
        async with ground.redis() as redis:
            environment = {"PORT": str(port), "REDIS_URL": redis.url, "ROOM": ROOM, "NODE_ENV": "production"}
            command = [_tool("node"), str(built("socketio") / "server.mjs")]
            async with ground.serving("socketio", command, port, environment) as pid:
                door = Door("socket.io", port, "/socket.io/?EIO=4&transport=websocket")
                yield Served(pid, redis.pid, door, Outlet(redis.port, _publish))


def _publish(seq: int, sent: int) -> bytes:
    """As @socket.io/redis-emitter has it: who says it, the packet, and whom it is for."""
    packet = {"type": EVENT_PACKET, "data": ["contribution", orjson.loads(event(1, seq, sent))], "nsp": "/"}
    options = {"rooms": [ROOM], "flags": {}, "except": []}
    return redis_publish(CHANNEL, packed(["emitter", packet, options]))


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"it runs on Node, and there is no {name}")
    return path


def _install(folder: Path, lock: str) -> None:
    _tool("node")
    shutil.copy(SOURCES / lock, folder / lock)
    command = [_tool("npm"), "ci", "--omit=dev", "--no-audit", "--no-fund"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        (folder / lock).unlink()
        said = getattr(error, "stderr", None) or str(error)
        raise Unavailable(f"npm cannot install it: {said.strip().splitlines()[-1]}") from None
