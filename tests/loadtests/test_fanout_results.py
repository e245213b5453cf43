"""What is made of the measurements: medians, ratios, verdicts, a table, a drawing."""

import json
from xml.etree import ElementTree

import pytest

from loadtests.bench.fanout.cell import Cell
from loadtests.bench.fanout.packing import packed
from loadtests.bench.fanout.plot import bars_of, draw, place
from loadtests.bench.fanout.publisher import http_post, redis_publish
from loadtests.bench.fanout.report import lines
from loadtests.bench.fanout.results import Results, middle
from loadtests.bench.fanout.sitting import Weight
from loadtests.bench.fanout.stopping import Stopping
from loadtests.bench.fanout.subscribers import Delivery
from loadtests.bench.fanout.wanted import Row, rows


def delivery(p99: float = 10.0, lost: int = 0) -> Delivery:
    return Delivery(1000, 50_000, lost, 0, 0, 0, 5.0, 4.0, p99, 20.0, 5.0, p99, 21.0)


def cell(peer: str, cost: float, rate: str = "10", *, subscribers: int = 1000, repeat: int = 0, lost: int = 0) -> Cell:
    return Cell(peer, "SSE", subscribers, rate, repeat, cost, 0.1, delivery(lost=lost))


def verdicts(results: Results) -> dict[str, str]:
    return {row.what: row.verdict for row in rows(results)}


def test_a_figure_is_the_median_of_its_repeats() -> None:
    costs = [cell("ours", cost, repeat=repeat) for repeat, cost in enumerate((9.0, 100.0, 8.0))]
    results = Results(cells=[*costs, cell("ours", 1.0, "100"), cell("nchan", 2.0)])
    assert results.cost("ours", "SSE", 1000, "10") == 9.0
    assert results.cost("ours", "SSE", 200, "10") is None
    assert middle([]) is None


def test_a_ratio_is_the_median_of_what_it_is_in_each_repeat() -> None:
    """The second one ran on a machine half as fast, the third had no floor, and the last one's was too small to see."""
    mine = [cell("ours", cost, repeat=repeat) for repeat, cost in enumerate((9.0, 20.0, 50.0, 8.0))]
    floor = [cell("nchan", cost, repeat=repeat) for repeat, cost in ((0, 10.0), (1, 20.0), (3, 0.0), (4, 1.0))]
    results = Results(cells=mine + floor)
    assert results.beside(("ours", "SSE", 1000, "10"), ("nchan", "SSE", 1000, "10")) == pytest.approx(0.95)
    assert results.beside(("ours", "SSE", 1000, "10"), ("nchan", "SSE", 200, "10")) is None


def test_memory_is_told_of_the_most_subscribers() -> None:
    weights = [Weight("ours", "SSE", count, 0, kib) for count, kib in ((200, 40.0), (5000, 12.0), (5000, 14.0))]
    assert Results(weights=weights).weight("ours", "SSE") == 13.0


@pytest.mark.parametrize(("ours", "verdict"), [(9.0, "holds"), (9.1, "DOES NOT HOLD")])
def test_each_row_says_whether_it_holds(ours: float, verdict: str) -> None:
    results = Results(cells=[cell("ours", ours), cell("nchan, Redis store", 10.0)])
    assert verdicts(results)["ours, SSE, 1000, 10/s: of nchan's CPU"] == verdict


def test_what_was_not_measured_does_not_hold() -> None:
    assert set(verdicts(Results()).values()) == {"not measured"}
    assert Row("p99", None, 1.0).verdict == "not measured"


def test_those_who_stop_must_not_slow_the_others() -> None:
    stopping = [Stopping(delivery(10.0), delivery(after)) for after in (10.5, 30.0, 10.9)]
    name = "p99 of 990 while 10 do not read, beside that of all"
    assert verdicts(Results(stopping=stopping))[name] == "holds"
    assert verdicts(Results(stopping=stopping[1:2]))[name] == "DOES NOT HOLD"


def test_a_peer_that_lost_events_or_was_left_out_is_named() -> None:
    results = Results(cells=[cell("nchan, Redis store", 9.0, lost=3)], left_out={"socket.io, Redis": "no npm"})
    text = "\n".join(lines(results))
    assert "NOT CORRECT: 3 lost" in text
    assert "LEFT OUT: socket.io, Redis: no npm" in text


def test_results_are_read_back_from_their_file() -> None:
    whole = Results(
        {"cores": "2 cores"},
        [cell("ours", 9.0)],
        [Weight("ours", "SSE", 200, 0, 12.0)],
        [delivery()],
        [Stopping(delivery(), delivery())],
        {"nchan": "no dpkg"},
    )
    assert Results.read(json.loads(json.dumps(whole.as_json()))) == whole


def test_the_drawing_has_a_bar_for_each_peer_and_rate() -> None:
    cells = [cell("ours", 9.0), cell("a < b", 90.0), cell("ours", 0.2, "burst"), cell("ours", 1.0, subscribers=200)]
    results = Results({"cores": "2 cores"}, cells)
    assert bars_of(results, 1000, "10") == [("ours, SSE", 9.0), ("a < b, SSE", 90.0)]
    drawing = ElementTree.fromstring(draw(results))
    assert len(drawing.findall("{http://www.w3.org/2000/svg}rect")) == 3
    assert "200 subscribers" in draw(Results(cells=cells[-1:]))


def test_the_scale_of_the_drawing_is_of_powers_of_ten() -> None:
    assert place(1.0) - place(0.1) == pytest.approx(place(100.0) - place(10.0))
    assert place(0.000001) == place(0.01)
    assert place(10_000.0) == place(100.0)


def test_what_is_published_is_counted_in_bytes() -> None:
    assert redis_publish(b"a", "ü".encode()) == "*3\r\n$7\r\nPUBLISH\r\n$1\r\na\r\n$2\r\nü\r\n".encode()
    assert http_post("/p", "ü".encode()).endswith("Content-Length: 2\r\n\r\nü".encode())


def test_a_packet_is_packed_as_message_pack() -> None:
    assert packed({"a": [1]}) == b"\xde\0\x01" + b"\xda\0\x01a" + b"\xdc\0\x01" + b"\xcf" + b"\0" * 7 + b"\x01"
    with pytest.raises(TypeError, match=r"1\.5"):
        packed(1.5)
