"""The frame of every page that is written: one HTML file that asks for nothing else."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template


def framed(title: str, kind: str, body: str) -> str:
    """Return a whole page: `body` is HTML, `title` is text, and `kind` names the style beside the common one."""
    style = _read("page.css") + _read(f"{kind}.css")
    return Template(_read("page.html")).substitute(title=escape(title), style=style, body=body)


def tile(value: str, label: str, tone: str = "") -> str:
    """Return one figure with what it is; `tone` is a class of the style."""
    shown = f"<b class='{tone}'>" if tone else "<b>"
    return f'<div class="tile">{shown}{escape(value)}</b><span class="small">{escape(label)}</span></div>'


def _read(name: str) -> str:
    return resources.files("segue.evals").joinpath(f"templates/{name}").read_text(encoding="utf-8")
