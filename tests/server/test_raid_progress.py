"""GET /raids/{id}/progress: what the page draws its chart from."""

import asyncio

import pytest

from persistence.courses import read_course
from server import courses
from tests.server.conftest import OpenServer
from tests.server.people import People, code_of


async def test_it_begins_with_nothing_and_ends_with_the_totals(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid()
    path = f"/raids/{raid['id']}"
    for xp in (10, 20):
        assert (await anna.post(f"{path}/contributions", {"xp": xp})).status_code == 201
    answer = await anna.get(f"{path}/progress?points=2")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["raidId"], body["from"]) == (raid["id"], raid["startedAt"])
    assert body["points"][0] == {"at": raid["startedAt"], "currentXp": 0, "currentTasks": 0}
    assert {**body["points"][-1], "at": ""} == {"at": "", "currentXp": 30, "currentTasks": 2}
    assert len(body["points"]) == 2
    assert body["from"] < body["to"]


async def test_before_the_start_there_is_nothing_to_draw(people: People) -> None:
    anna = await people.person()
    raid = await anna.makes_raid()
    body = (await anna.get(f"/raids/{raid['id']}/progress")).json()
    assert (body["points"], body["from"]) == ([], raid["createdAt"])


async def test_outsiders_see_it_only_of_a_public_raid(people: People) -> None:
    anna, eve = await people.person(), await people.person()
    hidden, shown = await anna.starts_raid(), await anna.starts_raid(public=True)
    assert code_of(await eve.get(f"/raids/{hidden['id']}/progress")) == (404, "not_found")
    assert (await eve.get(f"/raids/{shown['id']}/progress")).status_code == 200


@pytest.mark.parametrize("points", ["1", "501", "-3", "x", "2.5", "9999999"])
async def test_a_number_of_points_that_is_none_is_named(people: People, points: str) -> None:
    anna = await people.person()
    raid = await anna.makes_raid()
    answer = await anna.get(f"/raids/{raid['id']}/progress?points={points}")
    assert code_of(answer) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == ["points"]


async def test_many_who_ask_at_once_are_one_read_of_the_ledger(
    open_server: OpenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courses, "IN_MEMORY_S", 3600)
    _, people = await open_server()
    anna = await people.person()
    raid = await anna.starts_raid()
    reads: list[int] = []

    async def counted(*arguments: object) -> object:
        reads.append(1)
        return await read_course(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(courses, "read_course", counted)
    path = f"/raids/{raid['id']}/progress"
    answers = await asyncio.gather(*(anna.get(path) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(reads) == 1
    # Nor is it read anew for every number that somebody can think of.
    answers = await asyncio.gather(*(anna.get(f"{path}?points={points}") for points in range(480, 500)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(reads) == 2
