"""Clauses as JSON has them, as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from segue.api.cli.console import shown

_MARKS = {True: ("✓ ", "good"), False: ("✗ ", "bad"), None: ("? ", "warn")}


def clause_text(clause: Mapping[str, Any]) -> Text:
    """Return one clause with its verdict and what it saw."""
    mark, style = _MARKS[clause["verdict"]]
    return Text.assemble(
        (mark, style), shown(clause["clause"]), ("  " + seen(clause) if seen(clause) else "", "dim")
    )


def seen(clause: Mapping[str, Any]) -> str:
    """Return what a clause saw, such as `fit is 62`; nothing where it is about no trait."""
    trait, value = clause["trait"], clause["value"]
    if trait is None:
        return ""
    if value is None:
        return f"{shown(trait)} is unknown"
    if isinstance(value, list) and len(value) == 2 and all(isinstance(each, int | float) for each in value):
        return f"{shown(trait)} is {value[0]:g} to {value[1]:g}"
    if isinstance(value, bool):
        return f"{shown(trait)} is {'yes' if value else 'no'}"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{shown(trait)} is {shown(text)}"
