"""The command: every error is one line that names what is at fault, every help is complete."""

import re
from pathlib import Path

import click
import pytest

from raidline import __version__
from server.cli import main, raidline
from server.serving import listen

COMMANDS = ["up", "serve", "worker", "migrate", "replay", "import", "audit", "recompute", "token", "version"]


def failing(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) != 0
    line = capsys.readouterr().err
    assert line.count("\n") == 1, line
    return line


def test_every_command_of_the_contract_is_there() -> None:
    assert sorted(raidline.commands) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_of_every_option(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main([name, "--help"]) == 0
    told = capsys.readouterr().out
    options = [option for option in raidline.commands[name].params if isinstance(option, click.Option)]
    for option in options:
        assert option.help
        assert option.opts[0] in told
    assert len(told.splitlines()) > 4


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    assert all(re.search(rf"^  {name} ", told, re.MULTILINE) for name in COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["ups"], "'ups'"),
        (["up", "--port", "x"], "'--port'"),
        (["up", "--ports", "1"], "--ports"),
        (["serve", "--workers", "0"], "'--workers'"),
        (["replay"], "'FILE'"),
        (["replay", "/no/such.csv"], "/no/such.csv"),
        (["import"], "'FILE'"),
        (["import", "/no/such.csv"], "/no/such.csv"),
        (["serve"], "DATABASE_URL: is not set"),
        (["worker"], "DATABASE_URL: is not set"),
        (["migrate"], "DATABASE_URL: is not set"),
        (["recompute", "none"], "'ID'"),
        (["recompute", "1", "--data", "/no/such"], "--data: /no/such holds no data"),
        (["token", "ann"], "RAIDLINE_ADMIN_TOKEN: is not set"),
    ],
)
def test_errors_are_one_line_that_names_what_is_at_fault(
    capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert named in failing(capsys, *arguments)


def test_a_wrong_setting_stops_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAIDLINE_LATE_DAYS", "soon")
    for name in ("up", "serve", "worker", "migrate", "audit"):
        assert failing(capsys, name).startswith("raidline: RAIDLINE_LATE_DAYS: ")


def test_serve_needs_a_redis_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/db")
    assert "REDIS_URL: is not set" in failing(capsys, "serve")


def test_a_database_that_is_not_there_is_named_without_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:hunter2@/db?host={tmp_path}")
    line = failing(capsys, "migrate")
    assert line.startswith("raidline: DATABASE_URL: cannot connect")
    assert "hunter2" not in line


def test_audit_names_the_service_that_is_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:hunter2@/db?host={tmp_path}")
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/redis.sock")
    line = failing(capsys, "audit")
    assert line.startswith("raidline: DATABASE_URL: ")
    assert "hunter2" not in line


def test_audit_of_a_folder_that_is_not_there_finds_no_perfect_order(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = failing(capsys, "audit", "--data", str(tmp_path / "typo"))
    assert line == f"raidline: --data: {tmp_path}/typo holds no data\n"
    assert not (tmp_path / "typo").exists()


def test_the_list_of_commands_is_whole_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_a_taken_port_is_named_before_anything_is_started(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        line = failing(capsys, "up", "--port", str(port), "--data", str(tmp_path / "data"))
    assert line == f"raidline: PORT: {port} is taken, choose another\n"
    assert not (tmp_path / "data").exists()


def test_a_server_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAIDLINE_ADMIN_TOKEN", "hunter2")
    line = failing(capsys, "token", "ann", "--url", "http://127.0.0.1:1")
    assert "--url http://127.0.0.1:1: " in line
    assert "hunter2" not in line
