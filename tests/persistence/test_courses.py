"""A raid's course: its totals along the time, never more points than were asked for."""

from persistence.courses import read_course
from raidline.ids import RaidId
from tests.persistence.conftest import World


async def test_no_raid_has_no_course(world: World) -> None:
    assert await read_course(world.pool, RaidId(404), 10) is None


async def test_a_raid_that_has_not_begun_has_no_points(world: World) -> None:
    (ada,) = await world.users(1)
    course = await read_course(world.pool, (await world.raid(ada)).raid_id, 10)
    assert course is not None
    assert course.points == []


async def test_the_last_point_is_the_total_and_no_total_falls(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.raid(ada, target_xp=10**9)
    log.start()
    for number in range(50):
        log.contribute(ada, xp=number)
    log.end("raid_failed")
    await world.ledger.record(log.entries)
    course = await read_course(world.pool, log.raid_id, 7)
    assert course is not None
    assert len(course.points) == 7
    assert (course.points[-1].current_xp, course.points[-1].current_tasks) == await world.sums(log) == (1225, 50)
    for before, after in zip(course.points, course.points[1:], strict=False):
        assert before.at_ms < after.at_ms
        assert before.current_xp < after.current_xp
        assert before.current_tasks < after.current_tasks


async def test_each_point_is_the_total_at_its_moment(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.raid(ada)
    log.start()
    stood: dict[int, tuple[int, int]] = {}
    for xp in (5, 0, 30):
        log.contribute(ada, xp=xp)
        stood[log.at] = (log.xp, log.tasks)
    log.end("raid_failed")
    await world.ledger.record(log.entries)
    course = await read_course(world.pool, log.raid_id, 500)
    assert course is not None
    assert {point.at_ms: (point.current_xp, point.current_tasks) for point in course.points} == stood


async def test_what_was_voided_never_counted(world: World) -> None:
    (ada,) = await world.users(1)
    log = await world.active_raid(ada)
    mistaken = log.contribute(ada, xp=700)
    log.contribute(ada, xp=7)
    log.void(mistaken)
    await world.ledger.record(log.entries[1:])
    course = await read_course(world.pool, log.raid_id, 100)
    assert course is not None
    assert [(point.current_xp, point.current_tasks) for point in course.points] == [(7, 1)]
