"""`raidline`: the commands, their options and their help. `commands` does the work.

Every error is one line on stderr that names the setting or the argument at fault.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from raidline import __version__
from server.embedded import EmbeddedError
from server.logs import configure_logs
from server.serving import ServingError
from server.settings import Settings, SettingsError, load_settings

EXPECTED = (SettingsError, EmbeddedError, ServingError)

SCOPES_HELP = (
    "A scope of the session: backdate, unlimited, contributions:write, achievements:write or admin; "
    "may be given several times."
)

port_option = click.option(
    "--port", type=click.IntRange(0, 65535), help="Where to serve; 0 takes a free port.  [PORT, 8000]"
)
data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".raidline"),
    show_default=True,
    help="Folder for the data of services we start ourselves.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = raidline.main(given or ["--help"], prog_name="raidline", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"{_command_path(error)}: {_in_one_line(error.format_message())}", err=True)
        return error.exit_code
    except click.Abort:
        return 130
    except EXPECTED as error:
        click.echo(f"raidline: {_in_one_line(str(error))}", err=True)
        return 1
    return int(code or 0)


@click.group()
def raidline() -> None:
    """Raidline: a real-time server for co-op raids.

    Settings come from the environment; a wrong one stops the start with its name.
    """


@raidline.command(short_help="Services, web server, worker and a demo raid, all at once.")
@port_option
@data_option
@click.option("--no-demo", is_flag=True, help="Without the demo raid that moves by itself.")
def up(port: int | None, data: Path, no_demo: bool) -> int:
    """Everything at once: services, migrations, web server, worker and a demo raid.

    Starts PostgreSQL where DATABASE_URL is not set and Redis where REDIS_URL is not set. Guests
    may come in unless RAIDLINE_GUESTS says no. Ctrl-C stops all of it; the data stays.
    """
    from server import commands

    settings = _settings(_given(port=port), guests=True)
    return commands.run(commands.up(settings, data, demo=not no_demo))


@raidline.command()
@port_option
@click.option("--host", default="0.0.0.0", show_default=True, help="The address to listen on.")
@click.option("--workers", type=click.IntRange(1, 256), help="Number of web processes.  [WEB_CONCURRENCY, 1]")
def serve(port: int | None, host: str, workers: int | None) -> int:
    """The web server. Needs DATABASE_URL and REDIS_URL, and a worker beside it."""
    from server import commands

    return commands.serve_web(_settings(_given(port=port, web_concurrency=workers)), host)


@raidline.command()
def worker() -> int:
    """Deadlines, auditor and upkeep. Needs DATABASE_URL and REDIS_URL; any number may run."""
    from server import commands

    code = commands.run(commands.work(_settings()))
    return 0 if code == commands.INTERRUPTED else code


@raidline.command()
def migrate() -> int:
    """Bring the database at DATABASE_URL up to date. Twice is harmless."""
    from server import commands

    return commands.run(commands.migrate(_settings()))


@raidline.command(short_help="Feed a recorded activity log through the HTTP API.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="A running server; RAIDLINE_ADMIN_TOKEN must be its admin token.")
@click.option("--concurrency", type=click.IntRange(1, 1000), help="Requests under way at once.  [64]")
@data_option
def replay(file: Path, url: str | None, concurrency: int | None, data: Path) -> int:
    """Feed a recorded activity log (.csv, .csv.gz: user,occurred_at,files) through the HTTP API.

    Without --url a server of our own runs for as long as it takes. A second run of the same file
    changes nothing. Exits 1 only when something was lost.
    """
    from server import commands

    return commands.run(commands.replay(_settings(), file, url, data, concurrency))


@raidline.command("import", short_help="Feed a recorded activity log in-process, without HTTP.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--concurrency", type=click.IntRange(1, 4096), help="Rows under way at once.  [512]")
@data_option
def import_(file: Path, concurrency: int | None, data: Path) -> int:
    """Feed a recorded activity log (.csv, .csv.gz: user,occurred_at,files) in-process, without HTTP.

    For history too large for replay, and to the same effect: people and raids of earlier runs of
    either are found again, and a file that is already in changes nothing. A row that is none is
    told with its line number and left out.

    Writes to DATABASE_URL and REDIS_URL, or to the services in --data, also while a raidline runs
    there. Interrupted or killed, the next run goes on. Exits 1 only when something was lost, 2 when
    it could not begin.
    """
    from server import commands

    return commands.run(commands.import_(_settings(), file, data, concurrency))


@raidline.command(short_help="Hold everything against everything, and print each difference.")
@click.option("--repair", is_flag=True, help="Record what the log has, then mend the state from the ledger.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@data_option
def audit(repair: bool, as_json: bool, data: Path) -> int:
    """Compare state, log, ledger, progress and boards, and print every difference. Exits 1 when there is one.

    Looks at DATABASE_URL and REDIS_URL, or at the services in --data, also while they are in use.
    """
    from server import commands

    return commands.run(commands.audit(_settings(), data, repair, as_json))


@raidline.command(short_help="Give an achievement to everybody past its threshold.")
@click.argument("achievement_id", metavar="ID", type=click.IntRange(1, 10**18 - 1))
@click.option("--dry-run", is_flag=True, help="Only count who would unlock it.")
@data_option
def recompute(achievement_id: int, dry_run: bool, data: Path) -> int:
    """Give the achievement ID to everybody who is past its threshold, for one that is new or was changed.

    Prints how many unlocked it, had it already, and were looked at. Silent to them: no event tells
    it. In pages, at DATABASE_URL and REDIS_URL or the services in --data, also while a raidline runs
    there; interrupted, the next worker goes on. Exits 1 when it failed.
    """
    from server import commands

    return commands.run(commands.recompute(_settings(), data, achievement_id, dry_run))


@raidline.command()
@click.argument("name")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The running server.")
@click.option("--subject", help="Who it is for the provider.  [NAME]")
@click.option("--provider", default="cli", show_default=True, help="Who vouches for the subject.")
@click.option("--tz", default="UTC", show_default=True, help="The person's time zone.")
@click.option("--scope", "scopes", multiple=True, help=SCOPES_HELP)
def token(name: str, url: str, subject: str | None, provider: str, tz: str, scopes: tuple[str, ...]) -> int:
    """Print a session token for the user NAME, made if new. Needs RAIDLINE_ADMIN_TOKEN."""
    from server.token_command import make_token

    wanted = {
        "provider": provider,
        "subject": subject or name,
        "name": name,
        "tz": tz,
        "scopes": list(scopes),
    }
    click.echo(make_token(_settings(), url, wanted))
    return 0


@raidline.command()
def version() -> int:
    """Print the version."""
    click.echo(__version__)
    return 0


def _settings(given: dict[str, Any] | None = None, **defaults: Any) -> Settings:
    """The environment's settings under the given options, over the command's defaults; logs set up."""
    settings = load_settings(**defaults).model_copy(update=given or {})
    configure_logs(settings.log_level, settings.log_format)
    return settings


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _command_path(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if isinstance(context, click.Context) else "raidline"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
