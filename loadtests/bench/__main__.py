"""`make bench` and its parts, `bench-write`, `bench-ledger` and `bench-fanout`."""

import argparse
import asyncio
import sys

import uvloop

from loadtests.bench import cached, ledger_path, ledger_size, ledger_sql, write
from loadtests.bench.fanout.command import main as fanout

BENCHES = {
    "write": write.run,
    "cached": cached.run,
    "ledger-path": ledger_path.run,
    "ledger-sql": ledger_sql.run,
    "ledger-size": ledger_size.run,
}
GROUPS = {"ledger": [name for name in BENCHES if name.startswith("ledger-")]}


FANOUT = "fanout"
"""Has options of its own, and takes half an hour: only by name."""


def main() -> None:
    if sys.argv[1:2] == [FANOUT]:
        fanout(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench", description="All benchmarks, or those named.")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES, *GROUPS], metavar="|".join([*BENCHES, *GROUPS]))
    parser.add_argument("--profile", action="store_true", help="also print where the time goes; that itself takes time")
    given = parser.parse_args()
    named = given.names or list(BENCHES)
    for name in (one for group in named for one in GROUPS.get(group, [group])):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(BENCHES[name](profiled=given.profile))


if __name__ == "__main__":
    main()
