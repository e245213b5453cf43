"""Import a log in every way there is, and hold what the database says of it against what the file says.

    python -m loadtests.import_figures FILE

Each way has a Postgres and a Redis of its own. Prints the figures of both and exits 1 where they differ in anything
about anybody, or where `raidline audit` finds a difference.

Knobs
    --way NAME   order, shuffled, streams, killed, twice, or all of them (all)
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from loadtests.bench.world import world
from loadtests.figures import Figures, from_database, from_files
from loadtests.import_ways import WAYS, Importer

SHOWN = 10


async def run(file: Path, name: str) -> bool:
    """Whether all is as it should be after that way."""
    async with world() as services:
        with tempfile.TemporaryDirectory(prefix="raidline-figures-") as folder:
            importer = Importer(services.urls.database_url, services.urls.redis_url, Path(folder))
            began = time.monotonic()
            files = await WAYS[name](importer, file)
            seconds = time.monotonic() - began
            await importer.settles()
            wanted, found = from_files(files), await from_database(importer.database_url)
            return show(name, seconds, wanted, found, await importer.audits())


def show(name: str, seconds: float, wanted: Figures, found: Figures, audited: str) -> bool:
    print(f"{name}, {seconds:.0f} s")
    for line in wanted.lines():
        print(f"  file      {line}")
    for line in found.lines():
        print(f"  database  {line}")
    differences = wanted.unlike(found)
    for line in [*differences[:SHOWN], f"{len(differences)} people differ"]:
        print(f"  differs   {line}")
    told = audited.splitlines() or ["no difference"]
    for line in [*told[:-1][:SHOWN], told[-1]]:
        print(f"  audit     {line}", flush=True)
    return not differences and not audited


async def main() -> int:
    parser = argparse.ArgumentParser(description="Hold an imported log against its file.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--way", choices=[*WAYS, "all"], default="all")
    options = parser.parse_args()
    names = list(WAYS) if options.way == "all" else [options.way]
    right = [await run(options.file, name) for name in names]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
