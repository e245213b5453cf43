"""What JSON itself leaves open, and which problem each answer to it is."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.bodies import RaidBody
from server.json_body import check_content_type, parse_object, validate
from server.problems import Problem


def code_of(body: bytes) -> str:
    with pytest.raises(Problem) as raised:
        parse_object(body)
    return raised.value.code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\x00"}',
        b"\xef\xbb\xbf{}",
        b"[" * 2000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
    ],
)
def test_what_is_no_json_is_invalid_json(body: bytes) -> None:
    assert code_of(body) == "invalid_json"


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null"])
def test_json_that_is_no_object_fails_validation(body: bytes) -> None:
    assert code_of(body) == "validation_failed"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": 1, "a": 1}',
        b'{"a" : 1, "\\u0061":2}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": [{"b": ":", "b"\n:2}]}',
        b'{"at": "10:00:00+02:00", "at": "10:00:01+02:00"}',
        b'{"a": "\\":", "b": 1, "b": 2}',
    ],
)
def test_a_name_given_twice_is_a_duplicate_field(body: bytes) -> None:
    assert code_of(body) == "duplicate_field"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "10:00", "b": "\\":", "c": "x\\" :"}',
        b'{"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 2}]}',
        b'{"a": "' + b":" * 1000 + b'"}',
    ],
)
def test_colons_in_texts_are_no_duplicates(body: bytes) -> None:
    assert parse_object(body) == json.loads(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(':"\\ a'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(':"\\ a', max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text(':"\\ a', max_size=3), values, max_size=4))
def test_every_object_without_duplicates_is_taken_as_it_is(value: dict[str, object]) -> None:
    assert parse_object(json.dumps(value).encode()) == value


@pytest.mark.parametrize("depth", [10, 500, 800, 1000, 1024, 1025])
def test_a_deep_object_is_read_or_refused_but_never_a_fault(depth: int) -> None:
    with contextlib.suppress(Problem):
        assert parse_object(b'{"a:":' * depth + b"1" + b"}" * depth)


@pytest.mark.parametrize("given", [None, "application/json", "Application/JSON; charset=utf-8"])
def test_json_is_what_is_read(given: str | None) -> None:
    check_content_type(given)


@pytest.mark.parametrize("given", ["", "text/plain", "application/x-www-form-urlencoded", "application/json+x"])
def test_another_content_type_is_not(given: str) -> None:
    with pytest.raises(Problem) as raised:
        check_content_type(given)
    assert raised.value.status == 415


def test_every_field_at_fault_is_named_as_the_caller_wrote_it() -> None:
    with pytest.raises(Problem) as raised:
        validate(RaidBody, {"title": " ", "targetXp": "5", "targetTasks": 1, "maxMembers": 0})
    assert {error.field for error in raised.value.errors} == {"title", "targetXp", "maxMembers"}
    assert "' '" not in str(raised.value.as_json("r"))
