"""Bars as inline SVG that stretch to their cell; what they show is said in words beside them, for who cannot see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_HEIGHT = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: how long, in which tone (a class of the page's style), and what it says."""

    size: float
    tone: str
    says: str


def bar(parts: Sequence[Part], whole: float) -> str:
    """Return one bar of pieces side by side, `whole` being the full width."""
    drawn, at = [], 0.0
    for part in parts:
        width = 100 * part.size / whole if whole else 0.0
        if width > 0:
            width = max(width, 0.4)
            drawn.append(_rect(at, width, part.tone, part.says))
            at += width
    return _svg(drawn, "; ".join(part.says for part in parts if part.size))


def layered_bar(parts: Sequence[Part], whole: float) -> str:
    """Return bars from the left edge over one another, the first at the back and the last, thinner, in front."""
    drawn = []
    for depth, part in enumerate(parts):
        width = 100 * part.size / whole if whole else 0.0
        if width > 0:
            drawn.append(_rect(0, max(width, 0.4), part.tone, part.says, inset=depth * 3))
    return _svg(drawn, "; ".join(part.says for part in parts))


def range_bar(low: float, high: float, mark: float | None, whole: float, says: str) -> str:
    """Return a bar from `low` to `high` on an axis of `whole`, with a mark where something ends."""
    left, right = (100 * min(each / whole, 1) if whole else 0.0 for each in (low, high))
    drawn = [_rect(0, left, "range-thin", says, inset=6), _rect(left, max(right - left, 0.6), "range", says)]
    if mark is not None and whole and mark <= whole:
        drawn.append(_rect(min(100 * mark / whole, 99.4), 0.6, "mark", says))
    return _svg(drawn, says)


def _rect(x: float, width: float, tone: str, says: str, inset: int = 0) -> str:
    return (
        f'<rect x="{x:.2f}" y="{inset}" width="{width:.2f}" height="{_HEIGHT - 2 * inset}"'
        f' class="{tone}"><title>{escape(says)}</title></rect>'
    )


def _svg(drawn: Sequence[str], says: str) -> str:
    return (
        f'<svg class="bar" viewBox="0 0 100 {_HEIGHT}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(says)}"><rect width="100" height="{_HEIGHT}" class="track"/>{"".join(drawn)}</svg>'
    )
