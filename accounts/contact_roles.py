"""What a pack knows of a contact: what sources state, and the role that the job title gives. Pure.

A role is worked out when it is read, by the rules of the pack that serves: another revision changes it
with nothing to rewrite.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segue.accounts.declared import BROWSER
from segue.accounts.stored import Said, micros_of
from segue.policies.language.types import ValueFault, coerce
from segue.policies.models.traits import Scope, Trait
from segue.policies.pack import Pack
from segue.policies.personas import Role, role_of

ContactTraits = Mapping[str, Mapping[str, Said]]
"""Trait to source to what it says, as `segue.contacts` keeps it."""

TITLE = "title"
_BROWSER_BELIEF = 0.5


def contact_facts(traits: ContactTraits, pack: Pack, now: datetime) -> dict[str, Any]:
    """Return the facts of a contact that a pack declares: as stated, and by the title what nobody states.

    A role that some source states counts unless the title is from a source that is believed more. What
    was said after `now`, is stale, or is no value of the trait, says nothing.
    """
    facts: dict[str, Any] = {}
    beliefs: dict[str, float] = {}
    for name, trait in pack.traits.items():
        if trait.scope is not Scope.CONTACT or name in pack.definitions or name not in traits:
            continue
        found = _counts(traits[name], pack, trait, name, now)
        if found is not None:
            facts[name], beliefs[name] = found
    role, belief = _role(traits, pack, now)
    by_title = role.traits(pack)
    return facts | {name: value for name, value in by_title.items() if beliefs.get(name, -1.0) < belief}


def role_facts(traits: ContactTraits, pack: Pack, now: datetime) -> dict[str, Any]:
    """Return the role of a contact as facts of a pack, for a decision: persona, seniority and function.

    Nothing else of what is stored of somebody takes part in a decision unless the caller says it.
    """
    if pack.personas is None or not traits:
        return {}
    names = pack.personas.traits
    wanted = (names.persona, names.seniority, names.function)
    return {name: value for name, value in contact_facts(traits, pack, now).items() if name in wanted}


def role_in(traits: ContactTraits, pack: Pack, now: datetime) -> Role:
    """Return the role of a contact in a pack, stated or by the title."""
    if pack.personas is None:
        return Role()
    facts, names = contact_facts(traits, pack, now), pack.personas.traits
    by_title = _role(traits, pack, now)[0]
    function = by_title.function if names.function is None else facts.get(names.function)
    return Role(facts.get(names.persona), function, facts.get(names.seniority))


def fills_roles(pack: Pack, stated: Mapping[str, Any]) -> bool:
    """Return True where a pack gives contacts a role, and not all of it is stated already."""
    if pack.personas is None:
        return False
    names = pack.personas.traits
    return any(
        name is not None and name not in stated for name in (names.persona, names.seniority, names.function)
    )


def _role(traits: ContactTraits, pack: Pack, now: datetime) -> tuple[Role, float]:
    said = _ranked(traits.get(TITLE, {}), pack, now)
    for (value, _, _), belief in said:
        if isinstance(value, str):
            return role_of(pack, value), belief
    return Role(), 0.0


def _counts(
    said: Mapping[str, Said], pack: Pack, trait: Trait, name: str, now: datetime
) -> tuple[Any, float] | None:
    oldest = None if trait.fresh_for is None else micros_of(now - trait.fresh_for)
    for (value, _, since), belief in _ranked(said, pack, now):
        if oldest is not None and since < oldest:
            continue
        try:
            found = coerce(pack.schema[name], _spelled(trait, value), name)
        except ValueFault:
            continue
        if found is not None and not (trait.values and isinstance(found, str) and found not in trait.values):
            return found, belief
    return None


def _ranked(said: Mapping[str, Said], pack: Pack, now: datetime) -> list[tuple[Said, float]]:
    """Return what sources say, the most believed first, of equals the newest."""
    instant, beliefs = micros_of(now), {BROWSER: _BROWSER_BELIEF, **pack.file.sources}
    found = [
        (each, beliefs.get(source, 1.0) * (1.0 if each[1] is None else each[1]))
        for source, each in said.items()
        if each[0] is not None and each[2] <= instant
    ]
    return sorted(found, key=lambda each: (-each[1], -each[0][2], str(each[0][0])))


def _spelled(trait: Trait, value: Any) -> Any:
    """Return a text as the pack spells it."""
    if not trait.values or not isinstance(value, str):
        return value
    folded = value.strip().casefold()
    return next(
        (
            known
            for known, others in trait.values.items()
            if folded in (known.casefold(), *map(str.casefold, others))
        ),
        value,
    )
