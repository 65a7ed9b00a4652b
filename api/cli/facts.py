"""Facts that are given by hand: `trait=value` options and JSON files, in the pack's words."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from segue.core.errors import InputError, Place, SegueError, nearest
from segue.policies.language.types import Type, coerce
from segue.policies.models.traits import Scope, Trait
from segue.policies.pack import Pack

OPTIONS = {Scope.ACCOUNT: "--fact", Scope.CONTACT: "--contact", Scope.REQUEST: "--context"}
"""The option that states the facts of a scope."""

_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def read_facts(pairs: Sequence[str], packs: Sequence[Pack], scope: Scope) -> dict[str, Any]:
    """Read the `trait=value` options of a scope into values of the traits' types.

    Lists are separated by commas; an empty value is unknown. A contact may restate what is known of
    its account. Of several packs, the last that declares a trait says what it is.

    Raises:
        InputError: there is no `=`, no such trait, or the value is not of its type.
    """
    option = OPTIONS[scope]
    found: dict[str, Any] = {}
    for pair in pairs:
        name, mark, text = pair.partition("=")
        if not mark:
            raise InputError(f"{option} {pair!r}: expected trait=value")
        trait = _trait(name, packs, scope, option)
        found[name] = _value(_spoken(text, Type(trait.type)), trait, name, option)
    return found


def read_facts_file(source: str, packs: Sequence[Pack]) -> dict[str, Any]:
    """Read a JSON object of account facts from a file, or from standard input for `-`.

    Raises:
        InputError: the file cannot be read or is not a JSON object, or holds what is no fact of the pack.
    """
    shown = "standard input" if source == "-" else source
    found = _json_object(source, shown)
    return {
        name: _value(value, _trait(name, packs, Scope.ACCOUNT, shown), name, shown)
        for name, value in found.items()
    }


def _trait(name: str, packs: Sequence[Pack], scope: Scope, where: str) -> Trait:
    trait = next((pack.traits[name] for pack in reversed(packs) if name in pack.traits), None)
    if trait is None:
        known = dict.fromkeys(trait for pack in packs for trait in pack.blank)
        raise InputError(f"{where}: unknown trait {name!r}{nearest(name, known)}")
    if trait.is_derived:
        raise InputError(f"{where}: {name!r} is derived: state the facts that it follows from")
    if trait.scope is not scope and not (scope is Scope.CONTACT and trait.scope is Scope.ACCOUNT):
        of = f"{name!r} is a trait of the {trait.scope.value}"
        raise InputError(f"{where}: {of}: state it with {OPTIONS[trait.scope]}")
    return trait


def _value(value: Any, trait: Trait, name: str, where: str) -> Any:
    """Return a value of its trait's type, texts as the pack spells them."""
    try:
        found = coerce(Type(trait.type), value, name)
    except SegueError as error:
        raise InputError(f"{where}: {error.message}") from None
    if not trait.values or not isinstance(found, str | tuple):
        return found
    spelled = _spellings(trait.values)
    texts = (found,) if isinstance(found, str) else tuple(map(str, found))
    for text in texts:
        if text.casefold() not in spelled:
            hint = nearest(text, trait.values) or f"; expected one of {', '.join(trait.values)}"
            raise InputError(f"{where}: {name}: {text!r} is not among its values{hint}")
    known = tuple(spelled[text.casefold()] for text in texts)
    return known[0] if isinstance(found, str) else known


def _spellings(values: Mapping[str, Any]) -> dict[str, str]:
    return {spelling.casefold(): known for known, others in values.items() for spelling in (known, *others)}


def _spoken(text: str, kind: Type) -> Any:
    """Return what the text of an option says; a text that says nothing of its type stays one, and is refused."""
    if text == "":
        return None
    if kind is Type.TEXT_LIST:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is Type.BOOLEAN:
        return _BOOLEANS.get(text.lower(), text)
    if kind in (Type.INTEGER, Type.NUMBER):
        with suppress(ValueError):
            return int(text)
        with suppress(ValueError):
            return float(text)
    return text


def _json_object(source: str, shown: str) -> dict[str, Any]:
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InputError(f"cannot be read: {reason}", Place(shown)) from None
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"not readable as JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise InputError(message, Place(shown, error.lineno, error.colno)) from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"not readable as JSON: {error}", Place(shown)) from None
    if not isinstance(found, dict):
        what = "a list" if isinstance(found, list) else f"{found!r}"
        raise InputError(f"expected a JSON object of facts, found {what}", Place(shown))
    return found
