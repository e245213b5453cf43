"""`python -m loadtests.bench fanout`: measures, reports, and ends with 1 when ours lost or doubled an event."""

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from loadtests.bench.fanout.contributing import contribute
from loadtests.bench.fanout.errors import BenchError, Unavailable
from loadtests.bench.fanout.ground import Ground, ground
from loadtests.bench.fanout.knobs import RATES, REPEATS, SUBSCRIBERS
from loadtests.bench.fanout.peer import Peer
from loadtests.bench.fanout.peers.ours import Ours
from loadtests.bench.fanout.plot import draw
from loadtests.bench.fanout.registry import OURS, PEERS
from loadtests.bench.fanout.report import lines, progress
from loadtests.bench.fanout.results import Results
from loadtests.bench.fanout.sitting import Sitting
from loadtests.bench.fanout.stopping import stop_some

EXTRAS = ("contributing", "stopping")
"""Of ours alone, besides the table of all peers."""


def main(arguments: Sequence[str]) -> None:
    given = parser().parse_args(arguments)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results = runner.run(run(given))
    except BenchError as error:
        sys.exit(f"fanout: {error}")
    print("\n" + "\n".join(lines(results)))
    if given.json:
        given.json.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    if given.plot:
        given.plot.write_text(draw(results))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m loadtests.bench fanout", description="What a delivered event costs, of ours and of others."
    )
    _choice(made, "--peers", tuple(PEERS))
    made.add_argument("--subscribers", type=int, default=list(SUBSCRIBERS), nargs="+", metavar="N")
    _choice(made, "--rates", RATES)
    made.add_argument("--repeats", type=int, default=REPEATS)
    _choice(made, "--extras", EXTRAS)
    made.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured there")
    made.add_argument("--plot", type=Path, metavar="FILE", help="draw it there, as SVG")
    return made


def _choice(parser: argparse.ArgumentParser, name: str, choices: Sequence[str]) -> None:
    """Any of these, all by default."""
    told = f"of: {'; '.join(choices)}"
    parser.add_argument(name, choices=choices, default=list(choices), nargs="*", help=told, metavar="ONE")


async def run(given: argparse.Namespace) -> Results:
    results = Results(conditions(given))
    peers = list(_those_to_be_had([PEERS[name] for name in given.peers], results))
    async with ground() as place:
        for sitting in sittings(peers, given.subscribers, given.repeats):
            await _sit(sitting, place, given.rates, results)
        await _extras(place, given, results)
    return results


def conditions(given: argparse.Namespace) -> dict[str, str]:
    """What a figure is worth nothing without."""
    # `load` before we add to it: a figure from a machine that has other work says so.
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": f"{os.cpu_count()} cores",
        "python": f"Python {platform.python_version()}",
        "repeats": f"median of {given.repeats}",
        "load": f"load {os.getloadavg()[0]:.1f} at the start",
    }


def _those_to_be_had(peers: Sequence[Peer], results: Results) -> Iterator[Peer]:
    for peer in peers:
        try:
            peer.prepare()
        except Unavailable as reason:
            results.left_out[peer.name] = str(reason)
            print(f"LEFT OUT: {peer.name}: {reason}", flush=True)
        else:
            yield peer


def sittings(peers: Sequence[Peer], subscribers: Sequence[int], repeats: int) -> Iterator[Sitting]:
    """Peer after peer within each round, so that all of them see the same noise."""
    for count in subscribers:
        for repeat in range(repeats):
            for peer in peers:
                if count > (peer.most_subscribers or count) or repeat >= (peer.most_repeats or repeats):
                    continue
                yield from (Sitting(peer, transport, count, repeat) for transport in peer.transports)


async def _sit(sitting: Sitting, place: Ground, rates: Sequence[str], results: Results) -> None:
    try:
        weight, cells = await sitting.run(place, rates)
    except BenchError as error:
        if sitting.peer.must_be_correct:
            raise
        reason = f"{sitting.transport}, {sitting.subscribers} subscribers, round {sitting.repeat + 1}: {error}"
        results.left_out[sitting.peer.name] = reason
        print(f"LEFT OUT: {sitting.peer.name}: {reason}", flush=True)
        return
    results.weights.append(weight)
    results.cells.extend(cells)
    for cell in cells:
        print(progress(cell), flush=True)


async def _extras(place: Ground, given: argparse.Namespace, results: Results) -> None:
    if OURS not in given.peers:
        return
    for repeat in range(given.repeats):
        if "contributing" in given.extras:
            results.contributing.append(await contribute(Ours(), place))
            print(f"contributions, round {repeat + 1}: {results.contributing[-1].last_p99_ms:.1f} ms", flush=True)
        if "stopping" in given.extras:
            results.stopping.append(await stop_some(Ours(), place))
            last = results.stopping[-1]
            print(f"some stop, round {repeat + 1}: {last.before.p99_ms:.1f}, {last.after.p99_ms:.1f} ms", flush=True)
