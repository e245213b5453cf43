"""`make bench`."""

import asyncio
import sys

from loadtests.bench import ledger, write

BENCHES = {"write": write.run, "ledger": ledger.run}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"bench: no bench named {unknown[0]}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        asyncio.run(BENCHES[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
