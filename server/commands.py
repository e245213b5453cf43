"""What the commands do, in order. `cli` says what they are called and what they take."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import asyncpg
import click
import uvloop
from pydantic import SecretStr

from server.embedded import FolderInUse, ServiceUrls, embedded_services, running_services
from server.logs import configure_logs
from server.prefork import STARTUP_FAILED, Prefork
from server.serving import Companion, ServingError, WebServer, address_of, listen, serve
from server.settings import Settings, SettingsError, require_database_url, require_urls

LOCAL = "127.0.0.1"
CANNOT_CONNECT = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.ClientConfigurationError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TooManyConnectionsError,
    asyncpg.UndefinedObjectError,  # an option in the URL that the server does not know
)
"""What says that a database cannot be reached under its URL, rather than that a statement is wrong."""

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of a command that a signal ended before it was done."""


def run(main: Coroutine[Any, Any, int | None]) -> int:
    """Run a command's body on uvloop to its exit code. SIGINT and SIGTERM cancel it in good order."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_until_a_signal(main))


async def _until_a_signal(main: Coroutine[Any, Any, int | None]) -> int:
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task or 0
    except asyncio.CancelledError:
        return INTERRUPTED


async def up(settings: Settings, data: Path, demo: bool) -> None:
    """Services, server, worker and demo, all in this process and its children."""
    with contextlib.closing(listen(LOCAL, settings.port)) as listener:
        async with _started_services(settings, data) as ready:
            companions = [Companion("announce", _announce), Companion("worker", _work)]
            if demo:
                companions.append(_demo(ready))
            await serve(ready, listener, companions)


def serve_web(settings: Settings, host: str) -> int:
    """One web process here, or several children of this one."""
    require_urls(settings)
    with contextlib.closing(listen(host, settings.port)) as listener:
        click.echo(f"Raidline serves on {address_of(listener)}")
        if settings.web_concurrency == 1:
            return run(serve(settings, listener))
        return Prefork(settings.web_concurrency, lambda: _serve_as_child(settings, listener)).run()


def _serve_as_child(settings: Settings, listener: socket.socket) -> int:
    try:
        return run(serve(settings, listener))
    except ServingError as error:
        click.echo(f"raidline serve: {error}", err=True)
        return STARTUP_FAILED


async def work(settings: Settings) -> None:
    from server.services import open_services
    from server.worker import run_worker

    require_urls(settings)
    async with open_services(settings) as services:
        await run_worker(services)


async def migrate(settings: Settings) -> None:
    applied = await prepare_database(require_database_url(settings))
    click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to migrate")


async def audit(settings: Settings, data: Path, repair: bool, as_json: bool) -> int:
    from server.audit_command import audit as compare

    async with _reached_services(settings, data) as ready:
        return await compare(ready, repair, as_json)


async def recompute(settings: Settings, data: Path, achievement_id: int, dry_run: bool) -> int:
    from server.recompute_command import recompute as work_off

    async with _reached_services(settings, data) as ready:
        return await work_off(ready, achievement_id, dry_run)


async def replay(settings: Settings, file: Path, url: str | None, data: Path, concurrency: int | None) -> int:
    """Feed `file` to the server at `url`, or to one of our own for as long as it takes."""
    if url is not None:
        return await _replay(settings, file, url, concurrency)
    if "log_level" not in settings.model_fields_set:
        configure_logs("warning", settings.log_format)  # the progress bar is what there is to see
    with contextlib.closing(listen(LOCAL, 0)) as listener:
        async with _started_services(settings, data) as ready:
            code: asyncio.Future[int] = asyncio.get_running_loop().create_future()

            async def feed(server: WebServer) -> None:
                try:
                    code.set_result(await _replay_beside(ready, file, server.address, concurrency))
                except Exception:
                    code.set_result(1)
                    raise
                finally:
                    server.leave()

            await serve(ready, listener, [Companion("worker", _work), Companion("replay", feed)])
            return code.result() if code.done() else INTERRUPTED


async def import_(settings: Settings, file: Path, data: Path, concurrency: int | None) -> int:
    """Feed `file` to the services themselves; beside a raidline at work in `data`, to its services."""
    from server.replay.importing import CONCURRENCY, import_log

    if "log_level" not in settings.model_fields_set:
        configure_logs("warning", settings.log_format)
    async with _shared_services(settings, data) as ready:
        return await import_log(file, ready, concurrency=concurrency or CONCURRENCY)


async def _replay(settings: Settings, file: Path, url: str, concurrency: int | None) -> int:
    from server.replay import CONCURRENCY
    from server.replay import replay as feed

    token = require_admin_token(settings)
    return await feed(file, url=url, admin_token=token, concurrency=concurrency or CONCURRENCY)


async def _replay_beside(settings: Settings, file: Path, url: str, concurrency: int | None) -> int:
    """In a process of its own: in one with the server, the two would take turns on one core."""
    knobs = ["--concurrency", str(concurrency)] if concurrency else []
    feeding = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "replay", str(file), "--url", url, *knobs),
        env={**os.environ, "RAIDLINE_ADMIN_TOKEN": require_admin_token(settings)},
    )
    try:
        return await feeding.wait()
    finally:
        if feeding.returncode is None:
            feeding.terminate()
            await feeding.wait()


def require_admin_token(settings: Settings) -> str:
    if settings.admin_token is None:
        raise SettingsError("RAIDLINE_ADMIN_TOKEN: is not set")
    return settings.admin_token.get_secret_value()


async def prepare_database(url: str) -> list[str]:
    """Migrations and the months ahead. Twice is harmless. Returns the names of what was applied."""
    from persistence.migrations import migrate as apply
    from persistence.partitions import ensure_partitions
    from persistence.pool import open_pool

    try:
        applied = await apply(url)
        pool = await open_pool(url, size=1, statement_timeout_ms=60_000)
        try:
            await ensure_partitions(pool)
        finally:
            await pool.close()
    except CANNOT_CONNECT as error:
        raise SettingsError(f"DATABASE_URL: cannot connect: {' '.join(str(error).split())}") from error
    return applied


@contextlib.asynccontextmanager
async def _started_services(settings: Settings, data: Path) -> AsyncIterator[Settings]:
    """Settings with services to work with, migrated, and with an admin token nobody else knows."""
    async with embedded_services(data, settings.database_url, settings.redis_url) as urls:
        await prepare_database(urls.database_url)
        token = settings.admin_token or SecretStr(secrets.token_urlsafe(32))
        yield _with_urls(settings, urls).model_copy(update={"admin_token": token})


@contextlib.asynccontextmanager
async def _reached_services(settings: Settings, data: Path) -> AsyncIterator[Settings]:
    """For a command that only looks: given services are left as they are, and no folder is made.

    What cannot be reached is named by its setting.
    """
    from persistence.errors import LedgerAway
    from realtime.errors import RedisAway

    is_given = bool(settings.database_url and settings.redis_url)
    if not is_given and not data.is_dir():
        raise SettingsError(f"--data: {data} holds no data")
    try:
        async with contextlib.nullcontext(settings) if is_given else _shared_services(settings, data) as ready:
            yield ready
    except LedgerAway as error:
        raise SettingsError(f"DATABASE_URL: {error}") from error
    except RedisAway as error:
        raise SettingsError(f"REDIS_URL: {error}") from error


@contextlib.asynccontextmanager
async def _shared_services(settings: Settings, data: Path) -> AsyncIterator[Settings]:
    """Started services, or those of a raidline that is at work in `data`."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            ready = await stack.enter_async_context(_started_services(settings, data))
        except FolderInUse:
            urls = running_services(data)
            if urls is None:
                raise
            ready = _with_urls(settings, urls)
        yield ready


def _with_urls(settings: Settings, urls: ServiceUrls) -> Settings:
    return settings.model_copy(update={"database_url": urls.database_url, "redis_url": urls.redis_url})


async def _announce(server: WebServer) -> None:
    click.echo(f"Raidline runs on {server.address} (Ctrl-C stops it)")


async def _work(server: WebServer) -> None:
    from server.worker import run_worker

    await run_worker(server.app.state.services)


def _demo(settings: Settings) -> Companion:
    from server.demo import run_demo

    return Companion("demo", lambda server: run_demo(server.address, require_admin_token(settings)))
