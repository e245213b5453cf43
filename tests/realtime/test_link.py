"""One connection to a node that refuses, gives up slots, goes and comes back: what stands is never in doubt."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import ConnectionPool
from redis.crc import key_slot
from redis.exceptions import ClusterDownError, MovedError

from realtime.link import SHARDED, Link, Refusal
from tests.helpers import eventually
from tests.realtime.shard import Shard

QUIET = 1.0
A, A_TOO, B = b"{a}1", b"{a}2", b"{b}1"
NAMES = [b"{%d}%d" % (slot, number) for slot in range(4) for number in range(4)]


class Owner:
    """Keeps what stands; what was refused is homeless until a test joins it again."""

    def __init__(self) -> None:
        self.standing: set[bytes] = set()
        self.homeless: set[bytes] = set()
        self.said: list[Refusal | None] = []
        self.heard: list[tuple[bytes, bytes]] = []
        self.downs = 0

    def on_standing(self, link: Link, name: bytes) -> None:
        assert name in link.wanted
        self.standing.add(name)

    def on_down(self, link: Link, reason: str) -> None:
        self.downs += 1
        self.standing.clear()

    def on_refused(self, link: Link, names: Collection[bytes], said: Refusal | None) -> None:
        assert link.wanted.keys().isdisjoint(names)
        self.standing.difference_update(names)
        self.homeless.update(names)
        self.said.append(said)

    def hear(self, name: bytes, payload: bytes) -> None:
        self.heard.append((name, payload))


@asynccontextmanager
async def linked(folder: Path, seed: int = 1) -> AsyncIterator[tuple[Link, Owner, Shard]]:
    """A link to a shard that serves every slot of the names here."""
    socket, chance, owner = folder / "shard.sock", random.Random(seed), Owner()
    pool = ConnectionPool.from_url(f"unix://{socket}", protocol=2, socket_timeout=None)
    link = Link(pool, SHARDED, owner, quiet=QUIET, connect_timeout=2.0)
    async with Shard.at(socket, chance, sorted({key_slot(name) for name in [*NAMES, A, B]})) as shard:
        link.start(owner.hear)
        try:
            yield link, owner, shard
        finally:
            await link.close()


async def test_what_is_served_elsewhere_is_refused_and_the_rest_stands(tmp_path: Path) -> None:
    async with linked(tmp_path) as (link, owner, shard):
        shard.give_up(key_slot(A))
        for name in (A, A_TOO, B):
            link.join(name)
        await eventually(lambda: owner.homeless == {A, A_TOO} and owner.standing == {B})
        assert isinstance(owner.said[0], MovedError)
        assert set(link.wanted) == {B}


async def test_a_slot_that_is_given_up_takes_only_its_own_along(tmp_path: Path) -> None:
    async with linked(tmp_path) as (link, owner, shard):
        for name in (A, A_TOO, B):
            link.join(name)
        await eventually(lambda: owner.standing == {A, A_TOO, B})
        shard.give_up(key_slot(A))
        await eventually(lambda: owner.homeless == {A, A_TOO})
        assert owner.standing == {B}
        assert owner.said == [None, None]
        assert owner.downs == 0


async def test_a_cluster_that_is_down_refuses_what_is_new_and_keeps_what_stands(tmp_path: Path) -> None:
    async with linked(tmp_path) as (link, owner, shard):
        link.join(B)
        await eventually(lambda: owner.standing == {B})
        shard.is_down = True
        link.join(A)
        await eventually(lambda: owner.homeless == {A})
        assert isinstance(owner.said[0], ClusterDownError)
        assert owner.standing == {B}
        shard.publish(B, b"still")
        await eventually(lambda: owner.heard == [(B, b"still")])


async def test_joined_again_before_the_parting_is_answered_it_stands_in_the_end(tmp_path: Path) -> None:
    async with linked(tmp_path) as (link, owner, shard):
        link.join(A)
        await eventually(lambda: A in owner.standing)
        owner.standing.clear()
        link.part(A)
        link.join(A)
        await eventually(lambda: A in owner.standing)
        assert shard.subscribed == {A}


async def test_a_process_that_stood_still_asks_before_it_takes_the_connection_for_dead(tmp_path: Path) -> None:
    async with linked(tmp_path) as (link, owner, shard):
        link.join(B)
        await eventually(lambda: owner.standing == {B})
        time.sleep(2.5 * QUIET)  # nobody has asked, and nobody could have heard an answer
        for _ in range(10):
            await asyncio.sleep(0)
        assert owner.downs == 0
        shard.publish(B, b"after it")
        await eventually(lambda: owner.heard == [(B, b"after it")])
        assert owner.downs == 0


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_in_the_end_what_is_wanted_stands(seed: int, tmp_path: Path) -> None:
    """Names come and go, slots too, the node is down or cut off: no subscription is left over, and none is missing."""
    chance, wanted = random.Random(seed), set[bytes]()
    async with linked(tmp_path, seed) as (link, owner, shard):
        for _ in range(400):
            _something_happens(chance, wanted, link, owner, shard)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
        shard.is_down = False
        shard.serves.update(key_slot(name) for name in NAMES)
        await eventually(lambda: _all_stands(wanted, link, owner, shard), every=0.05)
        for name in wanted:
            assert shard.publish(name, b"in the end")
        await eventually(lambda: {name for name, payload in owner.heard if payload == b"in the end"} == wanted)


def _something_happens(chance: random.Random, wanted: set[bytes], link: Link, owner: Owner, shard: Shard) -> None:
    name = chance.choice(NAMES)
    match chance.choices(("turn", "home", "give up", "take", "down", "up", "cut"), (40, 20, 4, 6, 2, 4, 1))[0]:
        case "turn" if name in wanted:
            wanted.discard(name)
            owner.standing.discard(name)
            owner.homeless.discard(name)
            link.part(name)
        case "turn":
            wanted.add(name)
            link.join(name)
        case "home":
            _join_the_homeless(link, owner)
        case "give up":
            shard.give_up(key_slot(name))
        case "take":
            shard.serves.add(key_slot(name))
        case "down" | "up" as state:
            shard.is_down = state == "down"
        case "cut":
            shard.cut()


def _join_the_homeless(link: Link, owner: Owner) -> None:
    homeless, owner.homeless = owner.homeless, set()
    for name in homeless:
        link.join(name)


def _all_stands(wanted: set[bytes], link: Link, owner: Owner, shard: Shard) -> bool:
    _join_the_homeless(link, owner)
    return owner.standing == wanted == shard.subscribed
