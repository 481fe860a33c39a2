"""Drawings of replicated stores, as SVG text: a cut through replicas, a write on its way, every R and W with its price.

Lines and text take the page's color; what a color says is also said by a sign or a word.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from infrapm.explore.charts import BLUE, GREEN, VERMILLION

_WIDTH = 360


@dataclass(frozen=True)
class SideShown:
    """One side of a cut: its name, its replicas by number, and whether it reads and writes."""

    name: str
    replicas: tuple[int, ...]
    reads: bool
    writes: bool


def partition_drawing(sides: Sequence[SideShown], R: int, W: int, outcome: str, control: str) -> str:
    """Replicas on both sides of a cut, what each side needs and has, and what comes of it.

    A replica is a place to click: it stands for the check box r<number> of *control*.
    """
    cut = all(side.replicas for side in sides)
    parts = [_words(_WIDTH / 2, 14, "in the partition: who answers?" if cut else "the network is whole", weight=600)]
    rows = 1 if max(len(side.replicas) for side in sides) <= 3 else 2
    bottom = 66 + 42 * rows + 60
    for side, left in zip(sides, (4, 190)):
        dash = "" if side.replicas else ' stroke-dasharray="3 5"'
        parts.append(f'<rect x="{left}" y="26" width="166" height="{bottom - 26}" rx="10" stroke-opacity="0.45"{dash}/>')
        count = len(side.replicas)
        title = f"{side.name}: {count} replica{'' if count == 1 else 's'}" if count else f"{side.name}: nobody"
        parts.append(_words(left + 83, 44, title))
        parts += _discs(side.replicas, left + 83, 68, control)
        if count:
            for line, (word, done, needs) in enumerate((("reads", side.reads, R), ("writes", side.writes, W))):
                y = 66 + 42 * rows + 14 + 24 * line
                parts.append(_answer(left + 10, y, word, done, f"needs {needs}, has {count}"))
    if cut:
        zigzag = "".join(f"L{180 + (4 if i % 2 else -4)} {24 + 9 * i}" for i in range(1, (bottom - 20) // 9))
        parts.append(f'<path d="M180 22{zigzag}" stroke="{VERMILLION}" stroke-width="2.5"/>')
    parts.append(_words(_WIDTH / 2, bottom + 20, outcome, weight=600))
    return _drawing(bottom + 28, parts)


def _discs(replicas: Sequence[int], middle: float, top: float, control: str) -> list[str]:
    parts = []
    for row in (replicas[:3], replicas[3:]):
        for place, replica in enumerate(row):
            x = middle + 46 * (place - (len(row) - 1) / 2)
            parts.append(
                f'<g data-toggle="{control}:r{replica}"><title>Move replica {replica} across the cut</title>'
                f'<circle cx="{x:.1f}" cy="{top}" r="17" fill="{BLUE}" stroke="none"/>'
                f'<text x="{x:.1f}" y="{top + 5}" text-anchor="middle" font-weight="600" font-size="14" stroke="none" '
                f'fill="#fff">{replica}</text></g>'
            )
        top += 42
    return parts


def _answer(x: float, y: float, word: str, done: bool, why: str) -> str:
    color, sign = (GREEN, "✓") if done else (VERMILLION, "✗")
    return (
        f'<rect x="{x}" y="{y - 12}" width="17" height="17" rx="4" fill="{color}" stroke="none"/>'
        f'<text x="{x + 8.5}" y="{y + 1.5}" text-anchor="middle" font-weight="700" stroke="none" fill="#fff">{sign}</text>'
        + _words(x + 23, y + 1, word, weight=600, anchor="start")
        + _words(x + 68, y + 1, why, size=11, anchor="start")
    )


@dataclass(frozen=True)
class Offer:
    """One choice of R and W in the price list."""

    R: int
    W: int
    fresh: str
    overlap: bool
    on_front: bool
    chosen: bool


def price_list(
    offers: Sequence[Offer], read_prices: Mapping[int, str], write_prices: Mapping[int, str], title: str
) -> str:
    """Every R (columns) and W (rows) with the P99.9 that each costs, and how many reads are fresh where they meet."""
    n = max(read_prices)
    left, top, row_h = 70, 74, 38
    column_w = min((_WIDTH - left - 4) / n, 110)
    parts = [_words(0, 14, title, weight=600, anchor="start")]
    parts.append(_words(left, 34, "a read waits for R: P99.9", size=11, anchor="start"))
    parts.append(_words(0, top - 18, "a write", size=11, anchor="start"))
    parts.append(_words(0, top - 5, "waits for W", size=11, anchor="start"))
    for r, price in read_prices.items():
        x = left + (r - 0.5) * column_w
        parts.append(_words(x, 51, f"R = {r}", weight=600))
        parts.append(_words(x, 66, price, size=11))
    for w, price in write_prices.items():
        y = top + (w - 0.5) * row_h
        parts.append(_words(0, y - 2, f"W = {w}", weight=600, anchor="start"))
        parts.append(_words(0, y + 12, price, size=11, anchor="start"))
    for offer in offers:
        x, y = left + (offer.R - 1) * column_w, top + (offer.W - 1) * row_h
        fill = f'fill="{BLUE}" stroke="none"' if offer.overlap else 'stroke-opacity="0.6"'
        parts.append(f'<rect class="ip-offer" x="{x + 3:.1f}" y="{y + 3}" width="{column_w - 6:.1f}" height="{row_h - 6}" rx="5" {fill}/>')
        ink = "#fff" if offer.overlap else "currentColor"
        lines = (offer.fresh, "★") if offer.on_front else (offer.fresh,)
        for line, text in enumerate(lines):
            parts.append(
                f'<text x="{x + column_w / 2:.1f}" y="{y + row_h / 2 + 4 + 14 * line - 7 * (len(lines) - 1)}" text-anchor="middle" '
                f'stroke="none" fill="{ink}" font-weight="{600 if offer.on_front else 400}">{escape(text)}</text>'
            )
        if offer.chosen:
            parts.append(
                f'<rect class="ip-yours" x="{x + 0.5:.1f}" y="{y + 0.5}" width="{column_w - 1:.1f}" height="{row_h - 1}" rx="7" '
                f'stroke="{VERMILLION}" stroke-width="3"/>'
            )
    below = top + n * row_h + 16
    parts.append(f'<rect x="0" y="{below - 10}" width="12" height="12" rx="3" fill="{BLUE}" stroke="none"/>')
    parts.append(_words(17, below, "quorums overlap", size=11, anchor="start"))
    if any(offer.chosen for offer in offers):
        parts.append(f'<rect x="151" y="{below - 10}" width="12" height="12" rx="3" stroke="{VERMILLION}" stroke-width="2.5"/>')
        parts.append(_words(168, below, "yours", size=11, anchor="start"))
    parts.append(_words(0, below + 18, "★ no other choice beats it", size=11, anchor="start"))
    return _drawing(below + 26, parts)


def latency_lanes(lanes: Mapping[str, Sequence[float]], labels: Mapping[str, str], title: str) -> str:
    """P50, P99 and P99.9 of reads and of writes on one logarithmic axis, in ms."""
    every = [value for values in lanes.values() for value in values]
    low = min(-1, math.floor(math.log10(min(every))))
    high = max(4, math.ceil(math.log10(max(every))))

    def at(value: float) -> float:
        return 12 + (_WIDTH - 24) * (math.log10(value) - low) / (high - low)

    parts = [_words(0, 14, title, weight=600, anchor="start")]
    bottom = 42 + 62 * len(lanes)
    step = 1 if high - low <= 6 else 2
    for decade in range(low, high + 1, step):
        x = at(10.0**decade)
        label = f"{10.0**decade:g} ms" if decade < 3 else f"{10 ** (decade - 3):g} s"
        parts.append(f'<path d="M{x:.1f} 26V{bottom - 14}" stroke-opacity="0.18"/>')
        parts.append(_words(min(max(x, 18), _WIDTH - 14), bottom, label, size=11))
    for place, (name, (p50, p99, p999)) in enumerate(lanes.items()):
        y = 66 + 62 * place
        parts.append(_words(0, y - 22, labels[name], anchor="start"))
        parts.append(f'<path d="M{at(p50):.1f} {y}H{at(p999):.1f}" stroke="{BLUE}" stroke-width="3"/>')
        parts.append(f'<circle cx="{at(p50):.1f}" cy="{y}" r="6" fill="{BLUE}" stroke="none"/>')
        parts.append(f'<path d="M{at(p99):.1f} {y - 8}v16" stroke="{BLUE}" stroke-width="3"/>')
        x = at(p999)
        parts.append(
            f'<path d="M{x:.1f} {y - 8}l8 8l-8 8l-8 -8z" class="ip-paper-fill" stroke="{BLUE}" stroke-width="2.5"/>'
        )
    key = bottom + 18
    parts.append(f'<circle cx="6" cy="{key - 4}" r="5" fill="{BLUE}" stroke="none"/>')
    parts.append(_words(16, key, "P50", size=11, anchor="start"))
    parts.append(f'<path d="M58 {key - 10}v12" stroke="{BLUE}" stroke-width="3"/>')
    parts.append(_words(66, key, "P99", size=11, anchor="start"))
    parts.append(f'<path d="M112 {key - 10}l6 6l-6 6l-6 -6z" stroke="{BLUE}" stroke-width="2"/>')
    parts.append(_words(123, key, "P99.9", size=11, anchor="start"))
    return _drawing(key + 8, parts)


@dataclass(frozen=True)
class ReadShown:
    """A read in the space-time drawing: when it starts and ends, whom it asks, and what it returns."""

    name: str
    start_ms: float
    end_ms: float
    asks: tuple[str, ...]
    version: int
    older: bool


def spread_drawing(reached_ms: Mapping[str, float], acked_ms: float, reads: Sequence[ReadShown], old: int, new: int, until_ms: float) -> str:
    """A write that reaches replica after replica, and two reads of two replicas each while it is under way."""
    left, lane_h, top = 64, 34, 66

    def at(ms: float) -> float:
        return left + (_WIDTH - left - 8) * ms / until_ms

    parts = [_words(0, 14, f"a write of v{new} spreads; W = 2, R = 2, N = 3", weight=600, anchor="start")]
    y = 38
    parts.append(_words(0, y + 4, "write", anchor="start"))
    parts.append(f'<path d="M{at(0):.1f} {y}H{at(acked_ms):.1f}" stroke="{BLUE}" stroke-width="5" stroke-dasharray="5 3"/>')
    parts.append(f'<circle cx="{at(acked_ms):.1f}" cy="{y}" r="6" fill="{BLUE}" stroke="none"/>')
    parts.append(_words(at(acked_ms) + 10, y + 4, "acknowledged", anchor="start"))
    lanes = {}
    for place, (name, reached) in enumerate(reached_ms.items()):
        y = top + lane_h * (place + 0.5)
        lanes[name] = y
        parts.append(_words(0, y + 4, f"replica {name}", anchor="start"))
        parts.append(f'<path d="M{at(0):.1f} {y}H{at(reached):.1f}" stroke-width="3" stroke-opacity="0.35"/>')
        parts.append(f'<path d="M{at(reached):.1f} {y}H{at(until_ms):.1f}" stroke="{BLUE}" stroke-width="9"/>')
        parts.append(_words(at(0) + 3, y - 7, f"v{old}", size=11, anchor="start"))
        parts.append(_words(at(reached) + 3, y - 9, f"v{new}", size=11, anchor="start"))
    base = top + lane_h * len(reached_ms) + 22
    for place, read in enumerate(reads):
        y = base + 26 * place
        middle = (read.start_ms + read.end_ms) / 2
        color = VERMILLION if read.older else GREEN
        for name in read.asks:
            parts.append(f'<path d="M{at(middle):.1f} {y}V{lanes[name]:.1f}" stroke="{color}" stroke-width="1.5" stroke-dasharray="3 3"/>')
            parts.append(f'<circle cx="{at(middle):.1f}" cy="{lanes[name]:.1f}" r="5.5" class="ip-paper-fill" stroke="{color}" stroke-width="2.5"/>')
        parts.append(f'<path d="M{at(read.start_ms):.1f} {y}H{at(read.end_ms):.1f}" stroke="{color}" stroke-width="5"/>')
        parts.append(_words(0, y + 4, read.name, anchor="start"))
        says = f"v{read.version}" + (" ✗ older" if read.older else "")
        # Right of both reads, where no line of the other crosses it.
        parts.append(_words(at(max(each.end_ms for each in reads)) + 7, y + 4, says, weight=600, anchor="start"))
    bottom = base + 26 * len(reads) + 8
    for ms in range(0, int(until_ms) + 1, 5):
        parts.append(f'<path d="M{at(ms):.1f} {bottom - 14}v5"/>')
        parts.append(_words(min(at(ms), _WIDTH - 18), bottom + 6, f"{ms} ms", size=11))
    return _drawing(bottom + 14, parts)


def _words(x: float, y: float, words: str, *, weight: int = 400, size: int = 12, anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" font-size="{size}" stroke="none" '
        f'fill="currentColor">{escape(words)}</text>'
    )


def _drawing(height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" class="ip-drawing" '
        f'fill="none" stroke="currentColor" font-size="12" aria-hidden="true">{"".join(parts)}</svg>'
    )
