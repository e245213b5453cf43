"""Logs: one line per event, in either format, and no secret in any of them."""

import json
import logging

import pytest
import structlog

from server.logs import configure_logs, hide_secrets


def test_secrets_are_hidden_at_any_depth() -> None:
    event = {"event": "e", "adminToken": "s", "headers": [{"Authorization": "s", "Accept": "a"}], "n": 1}
    assert hide_secrets(None, "info", event) == {
        "event": "e",
        "adminToken": "[hidden]",
        "headers": [{"Authorization": "[hidden]", "Accept": "a"}],
        "n": 1,
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_every_logger_is_free_of_secrets(capsys: pytest.CaptureFixture[str], form: str) -> None:
    configure_logs("info", form)
    structlog.get_logger("ours").info("happened", token="hunter2", raid_id=42)
    logging.getLogger("theirs").warning("happened too", extra={"cookie": "hunter2"})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "hunter2" not in "".join(lines)
    assert "42" in lines[0]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str], form: str) -> None:
    configure_logs("info", form)
    password = "hunter2"
    try:
        raise ValueError(len(password))
    except ValueError:
        structlog.get_logger("ours").exception("failed")
    logged = capsys.readouterr().err
    assert "ValueError: 7" in logged
    assert logged.count("hunter2") == 0


def test_json_is_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    structlog.get_logger("ours").info("happened", raid_id=42)
    logged = json.loads(capsys.readouterr().err)
    assert (logged["event"], logged["level"], logged["raid_id"]) == ("happened", "info", 42)
    assert logged["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning", "text")
    structlog.get_logger("ours").info("happened")
    logging.getLogger("theirs").info("happened")
    assert capsys.readouterr().err == ""


def test_query_strings_of_websockets_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Uvicorn tells of each WebSocket with its whole address, at info."""
    configure_logs("info", "text")
    logging.getLogger("uvicorn.error").info('"WebSocket /api/v1/ws?ticket=hunter2" [accepted]')
    assert "hunter2" not in capsys.readouterr().err
