"""The folder in which a demo is kept, and what can be done with it."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.markup import escape

from segue.core.errors import InputError, Place

FOUND = "demo.json"
"""The file in it that holds what was shown, as data."""


def new_folder(path: Path) -> Path:
    """Return a folder that is empty, made where there is none."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError("expected a folder that is new or empty to keep the demo in", Place(str(path)))
    path.mkdir(parents=True, exist_ok=True)
    return path


def where_next(kept: Path | None) -> str:
    """Return what to do after the demo, as markup: with what was kept, and with accounts of one's own."""
    own = (
        "[dim]Your own accounts:[/dim] segue init saas_pipeline my_pack; "
        "segue import accounts.csv --pack my_pack; segue decide DOMAIN --pack my_pack"
    )
    if kept is None:
        return own
    at = escape(f"SEGUE_DATA_DIR={shlex.quote(str(kept))}")
    return (
        f"[dim]Kept in {escape(str(kept))}, to be looked at:[/dim] {at} segue moved --since 30d; {at} segue audit"
        f" --pack saas_pipeline --store --html audit.html; {at} segue serve\n{own}"
    )
