"""A play that is disturbed is played anew, and nothing else is."""

import time

import pytest

from realtime.connection import Scripted
from tests.realtime.crowd_world import Crowded, undisturbed


async def test_what_fails_because_the_machine_stood_still_is_played_anew(scripted: Scripted, redis_url: str) -> None:
    played: list[Crowded] = []

    async def play(on: Crowded) -> None:
        played.append(on)
        if len(played) == 1:
            await on.world.redis.set("of", "the first")
            time.sleep(2 * on.terms.grace)
            await on.world.redis.ping()
            raise AssertionError("somebody was given up")

    await undisturbed(scripted, redis_url, play)
    assert played[1].terms.lease > played[0].terms.lease
    assert await scripted.redis.dbsize() == 0


async def test_what_fails_by_itself_fails(scripted: Scripted, redis_url: str) -> None:
    async def play(on: Crowded) -> None:
        raise AssertionError("out of order")

    with pytest.raises(AssertionError, match="out of order"):
        await undisturbed(scripted, redis_url, play)
