"""What every command prints through, and how an error leaves the process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from rich.console import Console
from rich.theme import Theme

THEME = Theme(
    {
        "name": "bold",
        "label": "bold cyan",
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "dim": "bright_black",
        "value": "magenta",
    }
)
OUT = Console(theme=THEME, highlight=False, soft_wrap=False)
ERR = Console(theme=THEME, stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Write one JSON document to standard output, as it is: no colour, no wrapping."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def fail(message: str, code: int = 1) -> NoReturn:
    """Write one clear line to standard error and leave with an exit code."""
    ERR.print(f"[bad]error:[/bad] {_escaped(message)}")
    raise SystemExit(code)


@contextmanager
def broken_pipe_is_fine() -> Iterator[None]:
    """End quietly when whoever reads the output stops reading."""
    try:
        yield
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
