"""The results as a drawing: CPU per delivery of every peer, by rate, on a scale of powers of ten.

    python -m loadtests.bench.fanout.plot RESULTS.json docs/performance.svg

An SVG by itself, without a script or a style from elsewhere, readable on light and dark pages.
"""

import json
import math
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from loadtests.bench.fanout.knobs import RATES
from loadtests.bench.fanout.results import Results
from loadtests.bench.fanout.wanted import MANY, in_words

WIDTH, NAMES, RIGHT = 860, 230, 70
"""Pixels: of all, of the names on the left, and of the figures on the right."""

BAR, GAP, PANEL_HEAD, PANEL_GAP, FOOT = 18, 6, 34, 18, 40
LOWEST, HIGHEST = 0.01, 100.0
"""Microseconds: the ends of the scale."""

OURS_COLOUR, OTHER_COLOUR, TEXT, LINE = "#2a7f9e", "#b08a3c", "#6b7280", "#9ca3af"
FONT = "font-family='system-ui, sans-serif'"

Bar = tuple[str, float]
"""Who, and how many microseconds."""


def draw(results: Results) -> str:
    """The whole file: of 1,000 subscribers, or of the most there were in a run without so many."""
    measured = {cell.subscribers for cell in results.cells}
    subscribers = MANY if MANY in measured else max(measured, default=0)
    panels = [(rate, bars) for rate in RATES if (bars := bars_of(results, subscribers, rate))]
    body: list[str] = []
    top = 56
    for rate, bars in panels:
        body.extend(_panel(top, rate, bars))
        top += PANEL_HEAD + len(bars) * (BAR + GAP) + PANEL_GAP
    height = top + FOOT
    title = f"Server CPU per delivery, {subscribers} subscribers"
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' {FONT} font-size='13'>",
            f"<title>{escape(title)}</title>",
            _text(12, 24, f"{title}: microseconds, shorter is better", size=16),
            _text(12, 42, escape(", ".join(results.conditions.values()))),
            *_scale(64, top),
            *body,
            "</svg>",
            "",
        ]
    )


def bars_of(results: Results, subscribers: int, rate: str) -> list[Bar]:
    """The cheapest first."""
    whose = dict.fromkeys((cell.peer, cell.transport) for cell in results.cells)
    costs = ((f"{peer}, {way}", results.cost(peer, way, subscribers, rate)) for peer, way in whose)
    return sorted(((name, cost) for name, cost in costs if cost), key=lambda bar: bar[1])


def place(cost: float) -> float:
    """Where on the scale this is, in pixels from the left."""
    inside = min(max(cost, LOWEST), HIGHEST)
    part = math.log(inside / LOWEST) / math.log(HIGHEST / LOWEST)
    return NAMES + part * (WIDTH - NAMES - RIGHT)


def _panel(top: int, rate: str, bars: list[Bar]) -> Iterator[str]:
    yield _text(12, top + 22, in_words(rate), size=14)
    for number, (name, cost) in enumerate(bars):
        y = top + PANEL_HEAD + number * (BAR + GAP)
        colour = OURS_COLOUR if name.startswith("ours") else OTHER_COLOUR
        yield _text(NAMES - 8, y + 14, escape(name), anchor="end")
        yield f"<rect x='{NAMES}' y='{y}' width='{place(cost) - NAMES:.1f}' height='{BAR}' fill='{colour}'/>"
        yield _text(place(cost) + 6, y + 14, f"{cost:.3g}")


def _scale(top: int, bottom: int) -> Iterator[str]:
    power = LOWEST
    while power <= HIGHEST:
        x = place(power)
        yield f"<line x1='{x:.1f}' y1='{top}' x2='{x:.1f}' y2='{bottom}' stroke='{LINE}' stroke-opacity='0.4'/>"
        yield _text(x, bottom + 18, f"{power:g} us", anchor="middle")
        power *= 10


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    return f"<text x='{x:.1f}' y='{y}' font-size='{size}' fill='{TEXT}' text-anchor='{anchor}'>{text}</text>"


def main() -> None:
    source, target = sys.argv[1:]
    Path(target).write_text(draw(Results.read(json.loads(Path(source).read_text()))))


if __name__ == "__main__":
    main()
