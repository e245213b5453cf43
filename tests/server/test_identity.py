"""Whether a write by cookie comes from our own page."""

import contextlib

import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from server.identity import check_origin, is_same_origin, is_same_secret
from server.problems import Problem


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://raid.example", "raid.example"),
        ("https://raid.example", "raid.example"),
        ("https://raid.example", "raid.example:443"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("HTTPS://Raid.Example", "raid.example"),
    ],
)
def test_the_page_of_this_host_may_write(origin: str, host: str) -> None:
    assert is_same_origin(Headers({"origin": origin, "host": host}))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "raid.example"),
        ("null", "raid.example"),
        ("https://evil.example", "raid.example"),
        ("https://raid.example.evil", "raid.example"),
        ("https://raid.example:8443", "raid.example"),
        ("http://127.0.0.1:8001", "127.0.0.1:8000"),
        ("https://user@raid.example", "raid.example"),
        ("https://[broken", "raid.example"),
        ("file://", ""),
        ("raid.example", "raid.example"),
    ],
)
def test_a_page_of_another_host_may_not(origin: str, host: str) -> None:
    assert not is_same_origin(Headers({"origin": origin, "host": host}))


def test_an_empty_secret_is_nobodys() -> None:
    assert is_same_secret("s3cret", "s3cret")
    assert not is_same_secret("", "")
    assert not is_same_secret("s3cret", "other")


@pytest.mark.parametrize(
    ("scope", "is_write"),
    [
        ({"type": "http", "method": "GET"}, False),
        ({"type": "http", "method": "HEAD"}, False),
        ({"type": "http", "method": "POST"}, True),
        ({"type": "http", "method": "DELETE"}, True),
        ({"type": "websocket"}, True),
    ],
)
def test_a_write_by_cookie_and_every_websocket_has_to_say_where_it_comes_from(
    scope: dict[str, str], is_write: bool
) -> None:
    connection = HTTPConnection({**scope, "headers": [(b"host", b"raid.example")]})
    with pytest.raises(Problem) if is_write else contextlib.nullcontext():
        check_origin(connection)
