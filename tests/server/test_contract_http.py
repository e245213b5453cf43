"""Small promises of the contract that no other test is about, over HTTP."""

from typing import Any

import pytest

from tests.server.conftest import OpenServer
from tests.server.people import People, code_of


async def test_a_refused_method_is_told_all_that_are_allowed(people: People) -> None:
    answer = await (await people.person()).call("PUT", "/raids", {})
    assert code_of(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_a_path_that_is_not_there_is_a_problem(people: People) -> None:
    for path in ("/nope", "/raids/0", "/raids/007", "/raids/1/nope", "/raids/"):
        assert code_of(await (await people.person()).get(path)) == (404, "not_found")


async def test_every_contributions_answer_carries_its_key(people: People) -> None:
    anna = await people.person()
    raid = await anna.starts_raid()
    path = f"/raids/{raid['id']}/contributions"
    bodies: list[tuple[dict[str, Any], int]] = [({"xp": 1}, 201), ({"xp": 1}, 200), ({"xp": 2}, 422), ({}, 422)]
    for body, status in bodies:
        answer = await anna.post(path, body, Idempotency_Key='"one"')
        assert (answer.status_code, answer.headers["idempotency-key"]) == (status, "one")


@pytest.mark.parametrize("scopes", [(), ("backdate",)])
async def test_a_time_before_all_clocks_is_out_of_range(people: People, scopes: tuple[str, ...]) -> None:
    anna = await people.person(scopes=scopes)
    raid = await anna.starts_raid()
    for time in ("1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00+01:00", "0001-01-01T00:00:00+14:00"):
        answer = await anna.post(f"/raids/{raid['id']}/contributions", {"xp": 1, "occurredAt": time})
        assert code_of(answer) == (422, "occurred_at_out_of_range")


async def test_who_was_put_out_sees_nothing_by_leaving(people: People) -> None:
    anna, ben, cleo = await people.person(), await people.person(), await people.person()
    for public, answer in ((False, 404), (True, 200)):
        raid = await anna.starts_raid(ben, cleo, public=public)
        path = f"/raids/{raid['id']}"
        assert (await anna.call("DELETE", f"{path}/members/{ben.id}")).status_code == 200
        assert (await ben.post(f"{path}/leave")).status_code == answer
        left = await cleo.post(f"{path}/leave")
        assert (await cleo.post(f"{path}/leave")).json() == left.json()


@pytest.mark.usefixtures("one_day")
async def test_the_local_day_is_the_persons_own_where_no_time_is_given(open_server: OpenServer) -> None:
    _, people = await open_server()
    days = set()
    for tz in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart
        person = await people.person(tz=tz)
        raid = await person.starts_raid()
        assert (await person.post(f"/raids/{raid['id']}/contributions", {"xp": 1})).status_code == 201
        ledger = (await person.get(f"/raids/{raid['id']}/contributions")).json()
        days.add(ledger["contributions"][0]["day"])
    assert len(days) == 2
