"""The key of a contribution: read from the header, made into an id, and told apart by its body."""

import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from raidline.ids import RaidId, UserId
from server.bodies import ContributionBody
from server.idempotency import checked_key, contribution_id, fingerprint, key_from
from server.problems import Problem

RAID, ANNA, BEN = RaidId(42), UserId(1), UserId(2)


def headers(*values: str) -> Headers:
    return Headers(raw=[(b"idempotency-key", value.encode("latin-1")) for value in values])


def body(**fields: object) -> ContributionBody:
    return ContributionBody.model_validate({"xp": 10, **fields})


def test_without_a_header_there_is_no_key() -> None:
    assert key_from(headers().raw) is None


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        (r'"a\"b\\c"', r'a"b\c'),
        (r'a"b\c', r'a"b\c'),
        ("k" * 255, "k" * 255),
        ('"' + "k" * 255 + '"', "k" * 255),
        ("!~", "!~"),
    ],
)
def test_quoted_and_bare_are_the_same_key(given: str, key: str) -> None:
    assert key_from(headers(given).raw) == key


@pytest.mark.parametrize(
    "given",
    [
        "",
        '""',
        '"',
        '"abc',
        '"abc"; a=1',
        '"a b"',
        "a b",
        "a, b",
        "k" * 256,
        "schlüssel",
        "a\tb",
        r'"\n"',
        '"a"b"',
    ],
)
def test_a_malformed_key_is_a_problem_that_names_the_header(given: str) -> None:
    with pytest.raises(Problem) as raised:
        key_from(headers(given).raw)
    assert (raised.value.status, raised.value.errors[0].field) == (400, "Idempotency-Key")


def test_two_keys_are_refused() -> None:
    with pytest.raises(Problem):
        key_from(headers("a", "a").raw)


@pytest.mark.parametrize("given", [None, 7, "", "a\r\nb", "a\x00", "k" * 256])
def test_a_key_from_json_has_to_be_visible_text(given: object) -> None:
    with pytest.raises(Problem):
        checked_key(given)


def test_the_id_depends_on_raid_user_and_key_alone() -> None:
    first = contribution_id(RAID, ANNA, "k")
    assert uuid.UUID(first).version == 5
    assert first == contribution_id(RAID, ANNA, "k")
    others = {
        contribution_id(RAID, BEN, "k"),
        contribution_id(RaidId(43), ANNA, "k"),
        contribution_id(RAID, ANNA, "l"),
    }
    assert len(others | {first}) == 4


def test_bodies_that_mean_the_same_have_one_fingerprint() -> None:
    plain = fingerprint(body(), ANNA)
    assert plain == fingerprint(body(type="task_complete", taskId=None, occurredAt=None, userId=1), ANNA)
    assert len(plain) == 32


def test_one_instant_written_in_two_ways_is_one_fingerprint_but_another_offset_is_not() -> None:
    zulu = fingerprint(body(occurredAt="2026-11-20T10:00:00Z"), ANNA)
    assert zulu == fingerprint(body(occurredAt="2026-11-20t10:00:00.000+00:00"), ANNA)
    assert zulu != fingerprint(body(occurredAt="2026-11-20T12:00:00+02:00"), ANNA)


@pytest.mark.parametrize(
    "change", [{"xp": 11}, {"type": "other"}, {"taskId": "t"}, {"occurredAt": "2026-11-20T10:00:00Z"}]
)
def test_another_body_has_another_fingerprint(change: dict[str, object]) -> None:
    assert fingerprint(body(**change), ANNA) != fingerprint(body(), ANNA)


def test_the_member_counted_is_part_of_the_fingerprint() -> None:
    assert fingerprint(body(), ANNA) != fingerprint(body(), BEN)


@given(st.integers(1, 10**18 - 1), st.integers(1, 10**18 - 1), st.text(string.printable, min_size=1))
def test_the_id_is_the_uuid_of_the_name(raid_id: int, user_id: int, key: str) -> None:
    namespace = uuid.UUID("5f0c8a3e-6a51-4d0b-9b51-7c1f6a2d9e04")

    made = contribution_id(RaidId(raid_id), UserId(user_id), key)

    assert made == str(uuid.uuid5(namespace, f"{raid_id}/{user_id}/{key}"))
