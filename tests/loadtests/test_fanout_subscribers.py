"""The subscribers that check deliveries must themselves see what is wrong with them."""

import shutil
import sys
from collections.abc import Sequence

import pytest

from loadtests.bench.fanout.errors import BenchError
from loadtests.bench.fanout.payload import event, now
from loadtests.bench.fanout.subscribers import Delivery, Door, subscribers
from tests.helpers import eventually
from tests.loadtests.fake_server import CHUNKED_HEAD, HEAD, UPGRADE_HEAD, fake_server

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="the subscribers are C over epoll"
)

PATIENCE = 30.0
"""Seconds for what comes."""

IN_VAIN = 5.0
"""Seconds for what never comes: whoever waits for it waits as long."""


def block(seq: int) -> bytes:
    return b"id: 7-%d\nevent: contribution\ndata: %s\n\n" % (seq, event(42, seq, now()))


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


def frame(content: bytes, opcode: int = 1) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + content


def in_pieces(stream: bytes, size: int) -> list[bytes]:
    return [stream[place : place + size] for place in range(0, len(stream), size)]


async def told(
    pieces: Sequence[bytes],
    *,
    protocol: str = "sse",
    head: bytes = HEAD,
    count: int = 4,
    connections: int = 3,
    patience: float = PATIENCE,
) -> Delivery:
    """What subscribers who expect events 1 to `count` say of these bytes."""
    async with fake_server(head) as (server, port), subscribers(Door(protocol, port, "/")) as clients:
        await clients.connect(connections)
        await clients.expect(1, count, patience)
        await server.say(pieces)
        return await clients.report()


async def test_what_comes_once_and_in_order_is_correct() -> None:
    begun = now()
    delivery = await told([block(seq) for seq in (1, 2, 3, 4)])
    seconds = (now() - begun) / 1e9
    assert delivery.correct
    assert (delivery.subscribers, delivery.deliveries) == (3, 12)
    assert 0 < delivery.p50_ms <= delivery.p99_ms <= delivery.max_ms < seconds * 1000
    assert 0 < delivery.wall_s < seconds


@pytest.mark.parametrize(
    ("seqs", "wrong"),
    [
        ((1, 2, 4), {"lost": 3, "doubled": 0, "strays": 0}),
        ((1, 2, 3), {"lost": 3, "doubled": 0, "strays": 0}),
        ((), {"lost": 12, "doubled": 0, "strays": 0}),
        ((1, 2, 2, 3, 4), {"lost": 0, "doubled": 3, "strays": 0}),
        ((1, 2, 3, 4, 4), {"lost": 0, "doubled": 3, "strays": 0}),
        ((1, 3, 2, 4), {"lost": 3, "doubled": 3, "strays": 0}),
        ((1, 2, 3, 4, 5), {"lost": 0, "doubled": 0, "strays": 3}),
    ],
)
async def test_lost_doubled_and_disordered_events_are_noticed(seqs: Sequence[int], wrong: dict[str, int]) -> None:
    # At once: what comes twice, or was not expected, is waited for 50 ms after all the rest is there.
    together = b"".join(block(seq) for seq in seqs)
    delivery = await told([together], patience=PATIENCE if 4 in seqs else IN_VAIN)
    assert not delivery.correct
    assert {name: getattr(delivery, name) for name in wrong} == wrong


async def test_one_subscriber_who_misses_an_event_is_noticed() -> None:
    async with fake_server() as (server, port), subscribers(Door("sse", port, "/")) as clients:
        await clients.connect(2)
        await clients.expect(1, 2, PATIENCE)
        await server.say([block(1)])
        server.hang_up(0)
        await server.say([block(2)])
        delivery = await clients.report()
    assert (delivery.lost, delivery.closed, delivery.correct) == (1, 1, False)


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
async def test_pieces_of_any_size_are_put_together(size: int) -> None:
    aside = b": heartbeat\n\nevent: sync\ndata: {}\n\n"
    stream = aside + b"".join(block(seq) + aside for seq in (1, 2, 3, 4))
    assert (await told(in_pieces(stream, size))).correct
    chunks = b"".join(chunk(piece) for piece in in_pieces(stream, 50))
    assert (await told(in_pieces(chunks, size), head=CHUNKED_HEAD)).correct
    lines = stream.replace(b"\n", b"\r\n")
    assert (await told(in_pieces(lines, size))).correct
    frames = b"".join(frame(event(42, seq, now())) for seq in (1, 2, 3, 4))
    assert (await told(in_pieces(frames, size), protocol="websocket", head=UPGRADE_HEAD)).correct


async def test_pings_are_answered() -> None:
    """Servers cut off whoever does not."""
    async with fake_server(UPGRADE_HEAD) as (server, port), subscribers(Door("websocket", port, "/")) as clients:
        await clients.connect(1)
        await clients.expect(1, 1, PATIENCE)
        await server.say([frame(b"there?", opcode=9), frame(event(42, 1, now()))])
        assert (await clients.report()).correct
        await eventually(lambda: bytes(server.heard) == b"\x8a\x86\0\0\0\0there?")


async def test_a_subscriber_of_socket_io_joins_and_says_that_it_is_there() -> None:
    head = UPGRADE_HEAD + frame(b'0{"sid":"one"}') + frame(b'40{"sid":"two"}')
    async with fake_server(head) as (server, port), subscribers(Door("socket.io", port, "/")) as clients:
        await clients.connect(1)
        await clients.expect(1, 1, PATIENCE)
        await server.say([frame(b"2"), frame(b'42["contribution",%s]' % event(42, 1, now()))])
        assert (await clients.report()).correct
        said = b"\x81\x8240"[:2] + b"\0\0\0\0" + b"40" + b"\x81\x81\0\0\0\0" + b"3"
        await eventually(lambda: bytes(server.heard) == said)


async def test_a_server_that_refuses_is_quoted() -> None:
    head = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
    async with fake_server(head) as (_, port), subscribers(Door("sse", port, "/")) as clients:
        with pytest.raises(BenchError, match=r"2 of 2 .*: HTTP/1\.1 503 Service Unavailable"):
            await clients.connect(2)


async def test_whoever_has_stopped_is_not_waited_for() -> None:
    async with fake_server() as (server, port), subscribers(Door("sse", port, "/")) as clients:
        await clients.connect(3)
        await clients.stall(1)
        await clients.expect(1, 1, PATIENCE)
        await server.say([block(1)])
        delivery = await clients.report()
    assert (delivery.subscribers, delivery.deliveries, delivery.correct) == (2, 2, True)
