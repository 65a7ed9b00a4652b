"""What every command prints through, and how text from outside is shown."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

THEME = Theme(
    {
        "name": "bold",
        "label": "bold cyan",
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "value": "magenta",
    }
)
OUT = Console(theme=THEME, highlight=False, soft_wrap=False)
ERR = Console(theme=THEME, stderr=True, highlight=False, soft_wrap=True)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LONGEST = 800
"""Characters of an error: what a broken file puts into one has no end."""


def print_json(value: Any) -> None:
    """Write one JSON document to standard output, as it is: no colour, no wrapping."""
    sys.stdout.write(json_text(value))


def json_text(value: Any) -> str:
    """Return a value as a JSON document, as every command writes it."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str) + "\n"


def print_note(message: str) -> None:
    """Write what a person should know besides to standard error, as one line."""
    ERR.print(Text.assemble(("note: ", "warn"), shown(message)))


def print_error(message: str) -> None:
    """Write an error to standard error, as one line."""
    line = shown(" ".join(message.split()))
    line = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
    ERR.print(Text.assemble(("error: ", "bad"), line))


def shown(text: str) -> str:
    """Return text from outside as a terminal may have it: control characters by their number."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def print_lines(text: Text) -> None:
    """Print text whose lines, where a terminal wraps them, keep their indentation.

    Where no terminal shows them they are not wrapped: a place stays whole for whoever searches.
    """
    if not OUT.is_terminal:
        OUT.print(text, soft_wrap=True)
        return
    for line in text.split("\n", allow_blank=True):
        indent = len(line.plain) - len(line.plain.lstrip(" "))
        for number, part in enumerate(line[indent:].wrap(OUT, max(OUT.width - indent - 2, 20))):
            part.rstrip()
            OUT.print(Text(" " * (indent + 2 * bool(number))) + part, soft_wrap=True)
