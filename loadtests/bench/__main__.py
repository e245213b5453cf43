"""`make bench` and `make bench-ledger`."""

import argparse
import asyncio

import uvloop

from loadtests.bench import cached, ledger_path, ledger_size, ledger_sql, write

BENCHES = {
    "write": write.run,
    "cached": cached.run,
    "ledger-path": ledger_path.run,
    "ledger-sql": ledger_sql.run,
    "ledger-size": ledger_size.run,
}
GROUPS = {"ledger": [name for name in BENCHES if name.startswith("ledger-")]}


def main() -> None:
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
