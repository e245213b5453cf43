"""What a client says over a WebSocket: everything is a value, nothing raises."""

import json

import pytest

from raidline.ids import RaidId
from realtime.client_frames import Broken, Contribute, Ping, Subscribe, Unsubscribe, parse

OWN = RaidId(42)


def test_frames_of_every_type() -> None:
    assert parse('{"type":"ping","ref":1}') == Ping(1)
    assert parse('{"type":"subscribe","ref":"a","raidId":42}') == Subscribe("a", OWN, None)
    assert parse('{"type":"subscribe","raidId":42,"since":"7-1"}') == Subscribe(None, OWN, "7-1")
    assert parse('{"type":"unsubscribe","ref":"a","raidId":42}') == Unsubscribe("a", OWN)
    assert parse('{"type":"subscribe","ref":"a","own":true,"since":"7-1"}') == Subscribe("a", None, "7-1")
    assert parse('{"type":"unsubscribe","ref":"a","own":true}') == Unsubscribe("a", None)
    assert parse('{"type":"subscribe","ref":"a","own":true,"raidId":42}') == Subscribe("a", OWN, None)
    assert isinstance(parse('{"type":"contribute","ref":"a","own":true,"xp":5}'), Broken)


def test_a_contribution_keeps_its_fields_and_loses_its_envelope() -> None:
    frame = parse('{"type":"contribute","ref":9,"raidId":42,"key":"k","xp":5,"contributionType":"run","taskId":"t"}')
    assert frame == Contribute(9, OWN, "k", {"xp": 5, "type": "run", "taskId": "t"})


def test_a_socket_of_one_raid_need_not_name_it() -> None:
    assert parse('{"type":"contribute","ref":1,"xp":5}', OWN) == Contribute(1, OWN, None, {"xp": 5})


def test_a_cursor_that_is_not_text_is_a_bad_cursor() -> None:
    assert parse('{"type":"subscribe","raidId":42,"since":7}') == Subscribe(None, OWN, "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "bad_frame"),
        (b'{"type":"ping"}', "bad_frame"),
        ("", "bad_frame"),
        ("nonsense", "bad_frame"),
        ("[]", "bad_frame"),
        ("1", "bad_frame"),
        ("null", "bad_frame"),
        ('"ping"', "bad_frame"),
        ('{"type":"ping"', "bad_frame"),
        ('{"type":"ping","ref":NaN}', "bad_frame"),
        ('{"type":"ping","ref":"\\ud800"}', "bad_frame"),
        ('{"type":"ping","ref":1.5}', "bad_frame"),
        ('{"type":"ping","ref":true}', "bad_frame"),
        ('{"type":"ping","ref":{}}', "bad_frame"),
        ('{"type":"ping","ref":99999999999999999999}', "bad_frame"),
        (json.dumps({"type": "ping", "ref": "x" * 65}), "bad_frame"),
        ('{"type":"ping","a":' + "[" * 5000 + "]" * 5000 + "}", "bad_frame"),
        ('{"type":"ping","type":"ping"}', "duplicate_field"),
        ('{"type":"contribute","raidId":1,"xp":1,"xp":2}', "duplicate_field"),
        ("{}", "unknown_type"),
        ('{"type":null}', "unknown_type"),
        ('{"type":["ping"]}', "unknown_type"),
        ('{"type":"PING"}', "unknown_type"),
        ('{"type":"shout"}', "unknown_type"),
        ('{"type":"subscribe"}', "validation_failed"),
        ('{"type":"subscribe","raidId":null}', "validation_failed"),
        ('{"type":"subscribe","raidId":"42"}', "validation_failed"),
        ('{"type":"subscribe","raidId":true}', "validation_failed"),
        ('{"type":"subscribe","raidId":0}', "validation_failed"),
        ('{"type":"subscribe","raidId":-1}', "validation_failed"),
        ('{"type":"subscribe","raidId":4.2}', "validation_failed"),
        ('{"type":"subscribe","raidId":1000000000000000000}', "validation_failed"),
        ('{"type":"subscribe","raidId":1e30}', "validation_failed"),
        ('{"type":"unsubscribe","raidId":[]}', "validation_failed"),
        ('{"type":"contribute","raidId":42,"key":5,"xp":1}', "validation_failed"),
    ],
)
def test_broken_frames_are_told_by_their_code(text: str | bytes | None, code: str) -> None:
    frame = parse(text)
    assert isinstance(frame, Broken)
    assert frame.code == code


def test_a_broken_frame_keeps_its_mark() -> None:
    frame = parse('{"type":"shout","ref":"a"}')
    assert isinstance(frame, Broken)
    assert frame.ref == "a"
