"""Drawings that a chart library does not have, as SVG text. Lines and text take the page's color."""

from html import escape

from infrapm.explore.charts import BLUE, VERMILLION

_WIDTH, _BLOCK_W, _BLOCK_H, _GAP = 360, 38, 18, 8
_MOST_COLUMNS = 5


def block_diagram(dependencies: int, copies: int, shared_share: float, outcome: str) -> str:
    """A reliability block diagram: dependencies in a row, the copies of each stacked.

    A failure that all copies share stands behind the stack as one more block in the row, since it
    takes the whole stack down. More than five dependencies are drawn as four and a count.
    """
    columns = dependencies if dependencies <= _MOST_COLUMNS else _MOST_COLUMNS
    shared = shared_share > 0 and copies > 1
    block_w = _BLOCK_W - 8 if shared else _BLOCK_W
    pitch = (_WIDTH - 12) / columns if columns > 2 else 116
    height = 40 + copies * (_BLOCK_H + _GAP) + 34
    middle = 22 + copies * (_BLOCK_H + _GAP) / 2
    left = (_WIDTH - columns * pitch) / 2
    parts = [f'<path d="M{left - 6:.0f} {middle:.0f}H{left + columns * pitch + 6:.0f}" class="ip-line"/>']
    for column in range(columns):
        if dependencies > columns and column == columns - 1:
            x = left + column * pitch
            text = f"and {dependencies - columns + 1} more"
            parts.append(f'<rect x="{x:.1f}" y="{middle - 13:.1f}" width="{pitch:.1f}" height="26" class="ip-paper"/>')
            parts.append(_text(x + pitch / 2, middle + 4, text))
            continue
        width = block_w + (22 if shared else 0)
        x = left + column * pitch + (pitch - width) / 2
        parts += _stack(x, middle, block_w, copies)
        if shared:
            parts.append(
                f'<rect x="{x + block_w + 12:.1f}" y="{middle - 15:.1f}" width="9" height="30" rx="2" '
                f'class="ip-shared" fill="{VERMILLION}"/>'
            )
    parts.append(_text(_WIDTH / 2, 12, "every request passes through all of them"))
    legend = f"{outcome}"
    parts.append(_text(_WIDTH / 2, height - 22, legend, weight="600"))
    if shared:
        parts.append(f'<rect x="58" y="{height - 13}" width="7" height="12" rx="2" class="ip-shared" fill="{VERMILLION}"/>')
        parts.append(_text(72, height - 3, f"fails for all copies at once: {shared_share:.0%} of failures", anchor="start"))
    return _svg(parts, height)


def _stack(x: float, middle: float, width: float, copies: int) -> list[str]:
    """The copies of one dependency, joined left and right."""
    top = middle - copies * (_BLOCK_H + _GAP) / 2 + _GAP / 2
    bottom = top + (copies - 1) * (_BLOCK_H + _GAP)
    rails = "".join(
        f'<path d="M{rail:.1f} {top + _BLOCK_H / 2:.1f}V{bottom + _BLOCK_H / 2:.1f}" class="ip-line"/>'
        for rail in (x - 4, x + width + 4)
    )
    blocks = [
        f'<path d="M{x - 4:.1f} {y + _BLOCK_H / 2:.1f}H{x + width + 4:.1f}" class="ip-line"/>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width}" height="{_BLOCK_H}" rx="3" class="ip-block" fill="{BLUE}"/>'
        for y in (top + copy * (_BLOCK_H + _GAP) for copy in range(copies))
    ]
    # The row's line must not run behind the stack, or one copy would look like a bypass.
    gap = f'<rect x="{x - 4:.1f}" y="{middle - 2:.1f}" width="{width + 8:.1f}" height="4" class="ip-paper"/>'
    return [gap, rails, *blocks]


def _text(x: float, y: float, words: str, weight: str = "400", anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" stroke="none" '
        f'fill="currentColor">{escape(words)}</text>'
    )


_ROW, _BAR = 40, 14


def bars(rows: list[tuple[str, float, str]]) -> str:
    """Bars under their words: (label, length, value in words). Lengths are 0 or more, the longest is whole."""
    longest = max(length for _, length, _ in rows) or 1.0
    parts = []
    for row, (label, length, shown) in enumerate(rows):
        y = _ROW * row
        width = max(2.0, 340 * length / longest) if length else 0.0
        fill = BLUE if row % 2 else VERMILLION
        words = f'{escape(label)}: <tspan font-weight="600">{escape(shown)}</tspan>'
        parts.append(f'<text x="0" y="{y + 13}" stroke="none" fill="currentColor">{words}</text>')
        parts.append(f'<rect x="0" y="{y + 19}" width="{width:.1f}" height="{_BAR}" rx="2" class="ip-block" fill="{fill}"/>')
    return _svg(parts, _ROW * len(rows) + 4)


def equation(stated: str, unstated: str, result: str) -> str:
    """What a claim states, what it leaves out, and what it makes of both: three boxes, one below the other."""
    rows = [("", stated, f'stroke="{BLUE}"'), ("×", unstated, f'stroke="{VERMILLION}" stroke-dasharray="6 4"'), ("=", result, f'stroke="{BLUE}"')]
    parts = []
    for row, (sign, words, stroke) in enumerate(rows):
        y = 44 * row + 2
        parts.append(_text(14, y + 23, sign, weight="600"))
        parts.append(f'<rect x="34" y="{y}" width="322" height="34" rx="4" {stroke} stroke-width="2"/>')
        parts.append(_text(195, y + 22, words, weight="600" if row == 1 else "400"))
    return _svg(parts, 44 * len(rows))


def interval(low: float, middle: float, high: float, ends: tuple[float, float], labels: tuple[str, str, str]) -> str:
    """A value with its range on a line between two ends; labels of the low end, the value and the high end."""
    first, last = ends

    def x(value: float) -> float:
        return 12 + 336 * (min(max(value, first), last) - first) / (last - first)

    parts = [
        '<path d="M12 46H348" class="ip-line" opacity="0.4"/>',
        f'<path d="M{x(low):.1f} 46H{x(high):.1f}" stroke="{BLUE}" stroke-width="4"/>',
        *(f'<path d="M{x(end):.1f} 38V54" stroke="{BLUE}" stroke-width="2"/>' for end in (low, high)),
        f'<circle cx="{x(middle):.1f}" cy="46" r="6" class="ip-block" fill="{BLUE}"/>',
        _text(min(max(x(middle), 40), 320), 28, labels[1], weight="600"),
        _text(min(max(x(low), 30), 330), 70, labels[0]),
        _text(min(max(x(high), 30), 330), 70 if x(high) - x(low) > 60 else 84, labels[2]),
    ]
    return _svg(parts, 90)


def _svg(parts: list[str], height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" class="ip-drawing" '
        f'fill="none" stroke="currentColor" font-size="12" aria-hidden="true">{"".join(parts)}</svg>'
    )
