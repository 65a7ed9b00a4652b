"""What events declare: traits of identify and group calls and of form fills, as live packs take them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from segue.accounts.events import Event, EventKind
from segue.accounts.typed_values import ValueReader, value_reader
from segue.accounts.writer import plain
from segue.policies.models.traits import Scope, Trait
from segue.policies.pack import Pack

SOURCE = "declared"
"""The source of what a person says of themselves, as packs name it."""
BROWSER = "browser"
"""The source, of a contact's traits, for what came with a key that is public."""
_CONFIDENCE = {
    (EventKind.GROUP, True): 0.95, (EventKind.GROUP, False): 0.3,
    (EventKind.IDENTIFY, True): 0.9, (EventKind.IDENTIFY, False): 0.5,
    (EventKind.TRACK, True): 0.9, (EventKind.TRACK, False): 0.5,
}  # fmt: skip
_OF_A_PERSON = (
    "email", "name", "first_name", "last_name", "title", "phone", "persona", "seniority", "job_function",
)  # fmt: skip
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.-]+")


@dataclass(frozen=True, slots=True)
class Declared:
    """One value that an event declares."""

    trait: str
    value: Any
    confidence: float
    at: datetime


def of_account(event: Event, packs: Sequence[Pack]) -> tuple[list[Declared], list[str]]:
    """Return what an event declares of its account, and a reason for each trait that cannot be taken.

    A trait counts as declared where a live pack lets the source `declared` state it. What came with a
    browser's key counts only where the pack names that source for the trait itself.
    """
    if event.mark is not None or not event.traits:
        return [], []
    given = dict(_named(event.traits))
    company = event.traits.get("company")
    if isinstance(company, dict):
        given = {**given, **dict(_named(company))}
    confidence = _CONFIDENCE.get((event.kind, event.trusted), 0.5)
    found: list[Declared] = []
    refused: list[str] = []
    for name, value in given.items():
        readers = [reader for pack in packs if (reader := _reader(pack, name, event)) is not None]
        if not readers or value is None:
            continue
        readings = [reader.read(value) for reader in readers]
        bad = next((reader for reader, each in zip(readers, readings, strict=True) if each.fault), None)
        if bad is not None:
            refused.append(f"{name}: expected {bad.expected}, found {str(value)[:80]!r}")
        elif readings[0].value is not None:
            found.append(Declared(name, plain(readings[0].value), confidence, event.at))
    return found, refused


def of_person(event: Event) -> dict[str, Any]:
    """Return what an event says of the person: e-mail address, name, title, role and the like, as texts."""
    if event.mark is not None or event.kind is EventKind.GROUP or not event.traits:
        return {}
    given = dict(_named(event.traits))
    given.setdefault("title", given.get("job_title"))
    return {
        name: value.strip()[:1_000]
        for name in _OF_A_PERSON
        if isinstance(value := given.get(name), str) and value.strip()
    }


def _named(traits: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give traits under the names that packs use: `numEmployees` and `Num Employees` are `num_employees`."""
    for name, value in traits.items():
        yield _snake(name), value


@lru_cache(maxsize=8_192)
def _snake(name: str) -> str:
    return _WORDS.sub("_", name.strip()).lower()


def _reader(pack: Pack, name: str, event: Event) -> ValueReader | None:
    """Return what reads a trait of accounts that a pack lets this event declare, if it does."""
    return declared_reader(pack, name, Scope.ACCOUNT, trusted=event.trusted)


def declared_reader(pack: Pack, name: str, scope: Scope, *, trusted: bool) -> ValueReader | None:
    """Return what reads a trait that a pack lets people declare, or None where it does not let them.

    What comes with a browser's key is not trusted, and counts only where the trait itself names the source.
    """
    trait = pack.traits.get(name)
    if trait is None or trait.scope is not scope or trait.computed_by is not None:
        return None
    if SOURCE not in pack.file.sources:
        return None
    if SOURCE not in trait.sources if trait.sources is not None else not trusted:
        return None
    readers: dict[str, ValueReader] = pack.kept.setdefault("declared", {})
    if name not in readers:
        readers[name] = value_reader(name, _with_answers(trait))
    return readers[name]


def _with_answers(trait: Trait) -> Trait:
    """Return a trait whose spellings include what its question's buttons say."""
    if trait.values is None or trait.ask is None:
        return trait
    values = {name: list(spellings) for name, spellings in trait.values.items()}
    for shown, value in trait.ask.answers.items():
        if str(value) in values:
            values[str(value)].append(shown)
    return trait.model_copy(update={"values": values})
