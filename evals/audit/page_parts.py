"""Pieces of the audit's page: rows of charts, keys, and lengths of time."""

from __future__ import annotations

from html import escape


def row(head: str, chart: str, numbers: str, note: str = "") -> str:
    """Return one row of a chart; `numbers` is HTML, everything else is text."""
    under = f"<br><span class='soft small'>{escape(note)}</span>" if note else ""
    return (
        f"<tr><th scope='row'>{escape(head)}{under}</th><td class='chart'>{chart}</td>"
        f"<td class='number'>{numbers}</td></tr>"
    )


def key(tone: str, text: str) -> str:
    """Return a swatch with what its tone stands for."""
    swatch = (
        f'<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="{tone}"/></svg>'
    )
    return f'<span class="key">{swatch} {escape(text)}</span>'


def days(value: float | None) -> str:
    """Return a number of days in words."""
    if value is None:
        return "–"
    return f"{value / 365:.1f} years" if value >= 730 else f"{value:,.0f} days"
