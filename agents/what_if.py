"""What if: the facts of a decision with some of them as they would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from segue.accounts.stored import KnownTraits
from segue.agents.logged_facts import LoggedFacts
from segue.core.errors import InputError, nearest
from segue.policies.language.types import coerce
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack

_NOTHING = KnownTraits({}, {})


def with_changes(facts: LoggedFacts, changes: Mapping[str, Any], packs: Sequence[Pack]) -> LoggedFacts:
    """Return the facts with those of `changes` as they would be, each wherever its trait belongs.

    A value that is changed is believed; None makes it unknown. What is held by hand stays held.

    Raises:
        InputError: no pack has the trait, or it is derived from others.
        ValueFault: a value is not of its trait's type.
    """
    known, contact, context = dict(facts.known), dict(facts.contact), dict(facts.context)
    for name, value in changes.items():
        declaring = [pack for pack in packs if name in pack.schema]
        if not declaring:
            has = dict.fromkeys(trait for pack in packs for trait in pack.blank)
            raise InputError(f"changes: no pack that decides has the trait {name!r}{nearest(name, has)}")
        for pack in declaring:
            if name in pack.definitions:
                raise InputError(f"changes: {name!r} is derived: change the facts that it follows from")
            coerced = coerce(pack.schema[name], value, f"changes.{name}")
            if pack.scopes[name] is Scope.ACCOUNT:
                known[pack.name] = _changed(known.get(pack.name, _NOTHING), name, coerced)
            else:
                place = contact if pack.scopes[name] is Scope.CONTACT else context
                place[name] = coerced
    return replace(facts, known=known, contact=contact, context=context)


def _changed(known: KnownTraits, name: str, value: Any) -> KnownTraits:
    values = {each: said for each, said in known.values.items() if each != name}
    if value is not None:
        values[name] = value
    believed = {each: belief for each, belief in known.believed.items() if each != name}
    return replace(known, values=values, believed=believed)
