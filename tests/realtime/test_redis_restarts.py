"""One Redis that restarts under contributions: every stream goes on by itself, and is told every entry once."""

from functools import partial

from redis.asyncio import Redis

from server.embedded import EmbeddedRedis
from tests.helpers import all_written, eventually
from tests.realtime.posting import Raids, followed


async def test_after_a_kill_and_a_restart_streams_go_on(lonely_redis: EmbeddedRedis) -> None:
    async with followed(lonely_redis.url, 6) as raids:
        for restarts in (1, 2):
            await all_written(lonely_redis.url)
            await lonely_redis.kill()
            await eventually(partial(_were_told, raids, 2 * restarts - 1))
            await lonely_redis.start()
            await raids.go_on(raids.ids)
            await eventually(partial(_were_told, raids, 2 * restarts))
        await raids.agree()


async def test_a_subscription_that_is_cut_costs_nothing_but_a_reading(redis_url: str) -> None:
    async with followed(redis_url, 6) as raids, Redis.from_url(redis_url) as redis:
        for cuts in (1, 2, 3):
            await redis.client_kill_filter(_type="pubsub")
            await eventually(partial(_were_told, raids, 2 * cuts))
        await raids.agree()
        assert {raids.told(raid_id, "hello") for raid_id in raids.ids} == {1}


def _were_told(raids: Raids, times: int) -> bool:
    """Of the loss, and that it is over, one after the other."""
    return all(raids.told(raid_id, "status") == times for raid_id in raids.ids)
