"""What `raidline audit` prints."""

from dataclasses import asdict

import click
import orjson

from persistence.audit import Difference
from server.reconciliation import Reconciliation
from server.services import open_services
from server.settings import Settings

SHOWN_MAX = 10_000
"""Differences printed; more than that are counted."""


async def audit(settings: Settings, repair: bool, as_json: bool) -> int:
    """Print every difference; 1 when there is one (with `repair`: when one is left), else 0.

    With `repair` what was found is printed, mended, and looked for again.
    """
    async with open_services(settings) as services:
        reconciliation = Reconciliation(services)
        found = [difference async for difference in reconciliation.look()]
        left = found
        if repair and found:
            await reconciliation.mend()
            left = [difference async for difference in reconciliation.look()]
    if as_json:
        click.echo(_as_json(found, left if repair else None))
    else:
        _as_text(found, left if repair else None)
    return 1 if left else 0


def _as_json(found: list[Difference], left: list[Difference] | None) -> str:
    report: dict[str, object] = {"differences": [asdict(one) for one in found[:SHOWN_MAX]], "count": len(found)}
    if left is not None:
        report["left"] = [asdict(one) for one in left[:SHOWN_MAX]]
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()


def _as_text(found: list[Difference], left: list[Difference] | None) -> None:
    for one in found[:SHOWN_MAX]:
        click.echo(f"{one.kind}: {one.where}: expected {one.expected}, found {one.found}")
    click.echo({0: "no difference", 1: "1 difference"}.get(len(found), f"{len(found)} differences"))
    if left is None or not found:
        return
    click.echo("all mended" if not left else f"{len(left)} not mended:")
    for one in left[:SHOWN_MAX]:
        click.echo(f"{one.kind}: {one.where}: expected {one.expected}, found {one.found}")
