"""A contact's role from the job title, and which roles of a buying committee an account has.

Pure: the same pack and title give the same role. A title that no rule knows gives nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from segue.policies.models.personas import Personas, RoleRule
from segue.policies.pack import Pack
from segue.policies.phrase_index import Phrase, PhraseIndex
from segue.policies.titles import own_abbreviations, phrase_words, title_words

_KINDS = ("persona", "function", "seniority")


@dataclass(frozen=True, slots=True)
class Cause:
    """Which rule decided one of the three, and by which words of the title (none: by what was found before)."""

    of: str
    value: str
    rule: str
    phrase: str | None


@dataclass(frozen=True, slots=True)
class Role:
    """What a title says of a contact; None is unknown."""

    persona: str | None = None
    function: str | None = None
    seniority: str | None = None
    because: tuple[Cause, ...] = ()
    stopped_by: str | None = None
    """The rule after which no other was asked."""

    def traits(self, pack: Pack) -> dict[str, str]:
        """Return what it says as traits of the contact."""
        if pack.personas is None:
            return {}
        names = pack.personas.traits
        said = {names.persona: self.persona, names.seniority: self.seniority}
        if names.function is not None:
            said[names.function] = self.function
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Committee:
    """The personas that a pack wants at an account: who is there, by contact, and who is not."""

    active: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrases:
    """A rule with its phrases as words."""

    rule: RoleRule
    any: tuple[tuple[str, tuple[str, ...]], ...]
    whole: tuple[tuple[str, tuple[str, ...]], ...]
    also: tuple[tuple[str, ...], ...]
    unless: tuple[tuple[str, ...], ...]

    @property
    def all(self) -> Iterator[Phrase]:
        """Every phrase that it asks for, or for the lack of."""
        yield from (wanted for _, wanted in (*self.any, *self.whole))
        yield from (*self.also, *self.unless)


@dataclass(frozen=True, slots=True)
class _Rules:
    """A pack's rules, with what finds those that a title may meet."""

    abbreviations: Mapping[str, str]
    rules: tuple[_Phrases, ...]
    index: PhraseIndex
    by_phrase: Mapping[Phrase, tuple[int, ...]]
    """A phrase to the rules that may be met by it."""
    without: tuple[int, ...]
    """The rules that ask for no words."""

    @classmethod
    def of(cls, abbreviations: Mapping[str, str], rules: tuple[_Phrases, ...]) -> _Rules:
        """Return rules with their index."""
        by_phrase: dict[Phrase, tuple[int, ...]] = {}
        for number, each in enumerate(rules):
            for _, wanted in (*each.any, *each.whole):
                by_phrase[wanted] = (*by_phrase.get(wanted, ()), number)
        without = tuple(number for number, each in enumerate(rules) if not (each.any or each.whole))
        index = PhraseIndex(phrase for each in rules for phrase in each.all)
        return cls(abbreviations, rules, index, by_phrase, without)

    def asked_of(self, present: AbstractSet[Phrase]) -> list[int]:
        """Return the rules that a title with these phrases may meet, in their order."""
        met = {number for phrase in present for number in self.by_phrase.get(phrase, ())}
        return sorted(met.union(self.without))


def role_of(pack: Pack, title: str) -> Role:
    """Return what a title says by a pack's rules; a pack without rules says nothing of anybody."""
    if pack.personas is None:
        return Role()
    compiled = _compiled(pack, pack.personas)
    words = title_words(title, compiled.abbreviations)
    present = compiled.index.found(words)
    found: dict[str, str] = {}
    causes: list[Cause] = []
    for number in compiled.asked_of(present) if words else ():
        each = compiled.rules[number]
        if not _applies(each.rule, found):
            continue
        phrase = _met(each, present, len(words))
        if phrase is None and (each.any or each.whole):
            continue
        if (each.also and present.isdisjoint(each.also)) or not present.isdisjoint(each.unless):
            continue
        for kind in _KINDS:
            value = getattr(each.rule.gives, kind)
            if value is not None and kind not in found:
                found[kind] = value
                causes.append(Cause(kind, value, each.rule.rule, phrase))
        if each.rule.last:
            return Role(**found, because=tuple(causes), stopped_by=each.rule.rule)
    return Role(**found, because=tuple(causes))


def committee(pack: Pack, contacts: Iterable[Mapping[str, Any]]) -> Committee:
    """Return which of the personas that a pack wants an account's contacts fill, and which are missing.

    A contact is a mapping with its `id`, and its persona under the name of the pack's trait; without
    one, the `title` that it has is read.
    """
    if pack.personas is None:
        return Committee({}, ())
    wanted, name = pack.personas.committee, pack.personas.traits.persona
    held: dict[str, list[str]] = {}
    for each in contacts:
        persona = each.get(name) or role_of(pack, str(each.get("title") or "")).persona
        if persona in wanted:
            held.setdefault(persona, []).append(str(each.get("id", "")))
    active = {persona: tuple(held[persona]) for persona in wanted if persona in held}
    return Committee(active, tuple(persona for persona in wanted if persona not in held))


def _met(rule: _Phrases, present: AbstractSet[Phrase], size: int) -> str | None:
    """Return the phrase of a rule that a title of so many words has, or is."""
    whole = (text for text, wanted in rule.whole if len(wanted) == size and wanted in present)
    return next(whole, None) or next((text for text, wanted in rule.any if wanted in present), None)


def _applies(rule: RoleRule, found: Mapping[str, str]) -> bool:
    asked = (("function", rule.where.function), ("seniority", rule.where.seniority))
    return all(not values or found.get(kind) in values for kind, values in asked)


def _compiled(pack: Pack, personas: Personas) -> _Rules:
    """Return a pack's abbreviations and rules as words, worked out once."""
    kept: _Rules | None = pack.kept.get("role_rules")
    if kept is None:
        short = own_abbreviations(personas.abbreviations)
        rules = tuple(
            _Phrases(
                rule,
                tuple((text, phrase_words(text, short)) for text in rule.any),
                tuple((text, phrase_words(text, short)) for text in rule.whole),
                tuple(phrase_words(text, short) for text in rule.also),
                tuple(phrase_words(text, short) for text in rule.unless),
            )
            for rule in personas.rules
        )
        kept = pack.kept["role_rules"] = _Rules.of(short, rules)
    return kept
