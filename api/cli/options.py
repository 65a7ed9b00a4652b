"""The options that several commands share, and how their texts are read."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from segue.core.errors import InputError, Place, nearest
from segue.policies.language.types import Type
from segue.policies.models.traits import Trait
from segue.policies.pack import Pack

PackOption = Annotated[
    list[str],
    typer.Option(
        "--pack", "-p", help="A pack by name or folder. Several are loaded in order; the last decides."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
NowOption = Annotated[
    datetime | None,
    typer.Option(
        help="The instant to decide at, in UTC. The present one if left out.",
        formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y-%m-%dT%H:%M"],
    ),
]


def instant(now: datetime | None) -> datetime:
    """Return the instant asked for, in UTC, or the present one."""
    return datetime.now(UTC) if now is None else now.replace(tzinfo=UTC)


def read_facts(pairs: list[str], pack: Pack, option: str) -> dict[str, Any]:
    """Read `trait=value` options into values of the traits' types.

    Lists are separated by commas; an empty value is unknown.

    Raises:
        InputError: there is no `=`, no such trait, or the value is not of its type.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, mark, text = pair.partition("=")
        if not mark:
            raise InputError(f"{option} {pair!r}: expected trait=value")
        kind = pack.schema.get(name)
        if kind is None or name in pack.definitions:
            raise InputError(f"{option}: unknown trait {name!r}{nearest(name, pack.blank)}")
        found[name] = _among(_typed(text, Type(pack.traits[name].type), name), pack.traits[name], name)
    return found


def _among(value: Any, trait: Trait, name: str) -> Any:
    """Return texts as the pack spells them; what it has no spelling for is refused."""
    if not trait.values or not isinstance(value, str | list):
        return value
    spelled = {
        spelling.casefold(): known for known, others in trait.values.items() for spelling in (known, *others)
    }
    texts = [value] if isinstance(value, str) else value
    for text in texts:
        if text.casefold() not in spelled:
            hint = nearest(text, trait.values) or f"; expected one of {', '.join(trait.values)}"
            raise InputError(f"{name}: {text!r} is not among its values{hint}")
    found = [spelled[text.casefold()] for text in texts]
    return found[0] if isinstance(value, str) else found


def _typed(text: str, kind: Type, name: str) -> Any:
    if text == "":
        return None
    if kind is Type.TEXT_LIST:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind in (Type.TEXT, Type.TIMESTAMP):
        return text
    words = {"true": True, "yes": True, "false": False, "no": False}
    if kind is Type.BOOLEAN:
        if text.lower() not in words:
            raise InputError(f"{name}: expected true or false, found {text!r}")
        return words[text.lower()]
    try:
        return int(text) if kind is Type.INTEGER else float(text)
    except ValueError:
        expected = "a whole number" if kind is Type.INTEGER else "a number"
        raise InputError(f"{name}: expected {expected}, found {text!r}") from None


def read_facts_file(source: str) -> dict[str, Any]:
    """Read a JSON object of facts from a file, or from standard input for `-`.

    Raises:
        InputError: the file cannot be read or is not a JSON object.
    """
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(f"cannot be read: {reason}", Place(source)) from None
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        place = (
            Place(source, error.lineno, error.colno)
            if isinstance(error, json.JSONDecodeError)
            else Place(source)
        )
        raise InputError("not readable as JSON", place) from None
    if not isinstance(found, dict):
        raise InputError(f"expected a JSON object of facts, found {type(found).__name__}", Place(source))
    return found
