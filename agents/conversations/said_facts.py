"""Read facts out of what was said: by the readers that imports have, in sentences that state something.

No sentence's words become a value in any other way: what no reader reads is not a fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from segue.accounts.countries import CountryFault, read_country
from segue.accounts.declared import declared_reader
from segue.accounts.spelling import spelling_key
from segue.accounts.typed_values import ValueReader
from segue.accounts.writer import plain
from segue.agents.conversations.understood import By, SaidFact
from segue.agents.conversations.words import spans
from segue.policies.models.traits import Scope, Trait
from segue.policies.pack import Pack
from segue.policies.personas import role_of

_LONGEST_SPAN = 6
_LEAST_LETTERS = 4
"""Shorter words are too often others: "us", "it", "in" and "no" are countries and departments too."""
_MOST_WORDS = 200


def declarable(packs: Sequence[Pack], *, trusted: bool) -> dict[str, tuple[Trait, ValueReader]]:
    """Return the traits that packs let somebody state in a conversation, with what reads their values."""
    found: dict[str, tuple[Trait, ValueReader]] = {}
    for pack in packs:
        for name, trait in pack.traits.items():
            for scope in (Scope.ACCOUNT, Scope.CONTACT):
                reader = declared_reader(pack, name, scope, trusted=trusted)
                if reader is not None:
                    found.setdefault(name, (trait, reader))
    return found


def facts_stated(
    sentence: str, traits: dict[str, tuple[Trait, ValueReader]], scope: Scope, packs: Sequence[Pack]
) -> Iterator[SaidFact]:
    """Give what a sentence states of a company, or of the person, where it states something.

    A number counts only with its unit beside it, and where one trait alone has that unit.
    """
    numbered = _by_unit(traits)
    for name, (trait, reader) in traits.items():
        if trait.scope is not scope:
            continue
        found = None
        if trait.type in ("integer", "number"):
            if trait.unit and numbered[trait.unit] == 1:
                found = _number(sentence, reader)
        elif name == "country" or name.endswith("_country"):
            found = _country(sentence)
        elif trait.values and trait.type in ("text", "text[]"):
            found = _choice(sentence, trait, reader)
        if found is not None:
            yield SaidFact(name, found[0], 1.0, found[1][:_MOST_WORDS], scope, By.READ)
    if scope is Scope.CONTACT:
        yield from _role(sentence, packs)


def fact_answered(text: str, name: str, trait: Trait, reader: ValueReader) -> SaidFact | None:
    """Return what a message answers to the question for a trait, where a reader reads it, whole or in part."""
    said = text.strip().strip(".!")
    for shown, value in (trait.ask.answers if trait.ask else {}).items():
        if spelling_key(shown) == spelling_key(said):
            return SaidFact(name, value, 1.0, said[:_MOST_WORDS], trait.scope, By.READ)
    whole = _read(reader, said)
    if whole is not None and not (trait.type == "text" and not trait.values and len(said) > 80):
        return SaidFact(name, whole, 1.0, said[:_MOST_WORDS], trait.scope, By.READ)
    if trait.type in ("integer", "number"):
        found = _number(said, reader, unit=False)
    elif name == "country" or name.endswith("_country"):
        found = _country(said)
    elif trait.values:
        found = _choice(said, trait, reader)
    else:
        return None
    return None if found is None else SaidFact(name, found[0], 1.0, found[1], trait.scope, By.READ)


def read_words(words: str, name: str, trait: Trait, reader: ValueReader) -> Any:
    """Return the value of a trait that words, pointed at by somebody, state, or None."""
    found = fact_answered(words, name, trait, reader)
    return None if found is None else found.value


def _by_unit(traits: dict[str, tuple[Trait, ValueReader]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for trait, _ in traits.values():
        if trait.unit and trait.type in ("integer", "number"):
            found[trait.unit] = found.get(trait.unit, 0) + 1
    return found


def _number(sentence: str, reader: ValueReader, *, unit: bool = True) -> tuple[Any, str] | None:
    """Return the one number of a sentence that a reader reads, with words beside it where a unit is asked for."""
    found: dict[Any, str] = {}
    for span in spans(sentence, 4):
        if not any(each.isdigit() for each in span):
            continue
        bare = all(not part.isalpha() or len(part) < 3 for part in span.split())
        if unit and bare:
            continue
        value = _read(reader, span)
        if value is not None and not any(span in longer for longer in found.values()):
            found[value] = span
    return None if len(found) != 1 else next(iter(found.items()))


def _country(sentence: str) -> tuple[str, str] | None:
    found: dict[str, str] = {}
    for span in spans(sentence, 4):
        code = read_country(span) if _telling(span, sentence) else CountryFault.UNREADABLE
        if not isinstance(code, CountryFault):
            found.setdefault(code, span)
    return None if len(found) != 1 else next(iter(found.items()))


def _choice(sentence: str, trait: Trait, reader: ValueReader) -> tuple[Any, str] | None:
    found: dict[str, str] = {}
    for span in spans(sentence, _LONGEST_SPAN):
        if not _telling(span, sentence) or any(span in longer for longer in found.values()):
            continue
        value = _read(reader, span)
        for each in value if isinstance(value, list) else [] if value is None else [value]:
            if trait.values and each in trait.values:
                found.setdefault(each, span)
    if not found:
        return None
    if trait.type == "text[]":
        return list(found), sentence
    return None if len(found) > 1 else next(iter(found.items()))


def _role(sentence: str, packs: Sequence[Pack]) -> Iterator[SaidFact]:
    """Give the role that a sentence about oneself names, as the pack's rules read a title."""
    pack = packs[-1]
    title = " ".join(each for each in sentence.split() if each not in ("it", "It", "us"))
    for name, value in role_of(pack, title).traits(pack).items():
        if pack.traits[name].values is None or value != "other":
            yield SaidFact(name, value, 0.9, sentence[:_MOST_WORDS], Scope.CONTACT, By.READ)


def _read(reader: ValueReader, text: str) -> Any:
    reading = reader.read(text)
    return None if reading.fault is not None or reading.value is None else plain(reading.value)


def _telling(span: str, sentence: str) -> bool:
    """Return True for a span that is no everyday word by another name: long enough, or an acronym."""
    letters = [each for each in span if each.isalpha()]
    if len(letters) >= _LEAST_LETTERS or any(ord(each) > 0x2E80 for each in letters):
        return True
    return len(letters) >= 2 and span.isupper() and not sentence.isupper()
