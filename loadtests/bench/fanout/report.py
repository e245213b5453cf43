"""The results as text."""

from collections.abc import Iterator

from loadtests.bench.fanout.cell import Cell
from loadtests.bench.fanout.results import Results, place_of
from loadtests.bench.fanout.wanted import Row, in_words, rows


def lines(results: Results) -> Iterator[str]:
    yield ", ".join(results.conditions.values())
    for count in sorted({cell.subscribers for cell in results.cells}):
        yield from _table(results, count)
    yield from _weights(results)
    yield from _left_out(results)
    yield ""
    yield from (_verdict(row) for row in rows(results))


def _table(results: Results, subscribers: int) -> Iterator[str]:
    yield ""
    yield f"{subscribers} subscribers: microseconds of CPU per delivery, p99 and wall time"
    yield f"  {'':34} {'rate':>7} {'server':>8} {'Redis':>7} {'p99 ms':>9} {'wall s':>7}"
    places = dict.fromkeys(place_of(cell) for cell in results.cells if cell.subscribers == subscribers)
    for place in sorted(places, key=lambda place: (place[1], list(places).index(place))):
        peer, transport, _, rate = place
        mine = [cell for cell in results.cells if place_of(cell) == place]
        figures = [
            results.median(lambda cell: cell.server_us, *place),
            results.median(lambda cell: cell.redis_us, *place),
            results.median(lambda cell: cell.delivery.p99_ms, *place),
            results.median(lambda cell: cell.delivery.wall_s, *place),
        ]
        server, redis, p99, wall = (figure or 0.0 for figure in figures)
        name = f"{transport:10} {peer}"
        yield f"  {name:34} {rate:>7} {server:8.2f} {redis:7.2f} {p99:9.1f} {wall:7.2f}{_remark(mine)}"


def _remark(cells: list[Cell]) -> str:
    wrong = [cell.delivery for cell in cells if not cell.delivery.correct]
    return f"   NOT CORRECT: {wrong[0].faults}" if wrong else ""


def _weights(results: Results) -> Iterator[str]:
    yield ""
    yield "KiB of the server per idle connection"
    for peer, transport in dict.fromkeys((weight.peer, weight.transport) for weight in results.weights):
        yield f"  {transport:10} {peer:23} {results.weight(peer, transport) or 0.0:6.1f}"


def _left_out(results: Results) -> Iterator[str]:
    for peer, reason in results.left_out.items():
        yield f"LEFT OUT: {peer}: {reason}"


def _verdict(row: Row) -> str:
    value = "" if row.value is None else f"{row.value:.3f}"
    return f"  {row.what:62} {value:>9}   (at most {row.most}: {row.verdict})"


def progress(cell: Cell) -> str:
    delivery = cell.delivery
    return (
        f"{cell.peer}, {cell.transport}, {cell.subscribers}, {in_words(cell.rate)}, round {cell.repeat + 1}: "
        f"{cell.server_us:.2f} us, p99 {delivery.p99_ms:.1f} ms"
        f"{'' if delivery.correct else ', ' + delivery.faults}"
    )
