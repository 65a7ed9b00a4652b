"""A contact's role from the job title, and which roles of a buying committee an account has.

Pure: the same pack and title give the same role. A title that no rule knows gives nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from segue.policies.models.personas import Personas, RoleRule
from segue.policies.pack import Pack
from segue.policies.titles import holds, own_abbreviations, phrase_words, title_words

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


def role_of(pack: Pack, title: str) -> Role:
    """Return what a title says by a pack's rules; a pack without rules says nothing of anybody."""
    if pack.personas is None:
        return Role()
    abbreviations, rules = _compiled(pack, pack.personas)
    words = title_words(title, abbreviations)
    found: dict[str, str] = {}
    causes: list[Cause] = []
    for each in rules if words else ():
        if not _applies(each.rule, found):
            continue
        phrase = _met(each, words)
        if phrase is None and (each.any or each.whole):
            continue
        if each.also and not any(holds(wanted, words) for wanted in each.also):
            continue
        if any(holds(unwanted, words) for unwanted in each.unless):
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


def _met(rule: _Phrases, words: tuple[str, ...]) -> str | None:
    """Return the phrase of a rule that a title has, or is."""
    whole = (text for text, wanted in rule.whole if len(wanted) == len(words) and holds(wanted, words))
    return next(whole, None) or next((text for text, wanted in rule.any if holds(wanted, words)), None)


def _applies(rule: RoleRule, found: Mapping[str, str]) -> bool:
    asked = (("function", rule.where.function), ("seniority", rule.where.seniority))
    return all(not values or found.get(kind) in values for kind, values in asked)


def _compiled(pack: Pack, personas: Personas) -> tuple[dict[str, str], tuple[_Phrases, ...]]:
    """Return a pack's abbreviations and rules as words, worked out once."""
    kept: tuple[dict[str, str], tuple[_Phrases, ...]] | None = pack.kept.get("role_rules")
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
        kept = pack.kept["role_rules"] = (short, rules)
    return kept
