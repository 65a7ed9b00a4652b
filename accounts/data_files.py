"""The tables that ship as text files in `accounts/data`; NOTICE.md there names where each comes from."""

from __future__ import annotations

from importlib.resources import files


def data_lines(name: str) -> list[str]:
    """Return the lines of a table, without empty ones and comments (`#`)."""
    text = (files("segue.accounts") / "data" / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
