"""The options that several commands share, and how their texts are read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer


def read_instant(text: str) -> datetime:
    """Read an instant of ISO 8601; without an offset it is UTC.

    Raises:
        BadParameter: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        expected = "an instant such as 2026-11-23T15:00, in UTC, or 2026-11-23T16:00+01:00"
        raise typer.BadParameter(f"expected {expected}, found {text!r}") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def read_day(text: str) -> date:
    """Read a day such as 2026-11-23.

    Raises:
        BadParameter: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"expected a day such as 2026-11-23, found {text!r}") from None


PackOption = Annotated[
    list[str],
    typer.Option(
        "--pack", "-p", metavar="PACK",
        help="A pack by name or folder. Several are loaded in order; the last decides.",
    ),
]  # fmt: skip
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
NowOption = Annotated[
    datetime | None,
    typer.Option(
        parser=read_instant, metavar="INSTANT",
        help="The instant to go by, such as 2026-11-23T15:00, in UTC. The present one if left out.",
    ),
]  # fmt: skip

SinceOption = Annotated[
    datetime | None,
    typer.Option(parser=read_instant, metavar="INSTANT", help="Only decisions from this instant on."),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(parser=read_instant, metavar="INSTANT", help="Only decisions before this instant."),
]


def instant(now: datetime | None) -> datetime:
    """Return the instant asked for, in UTC, or the present one."""
    return datetime.now(UTC) if now is None else now
