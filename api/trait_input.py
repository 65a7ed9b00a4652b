"""What a source may say of a trait of an account, by the packs that are live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segue.core.errors import InputError, nearest
from segue.policies.language.types import coerce
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.plain import json_value


def checked_value(packs: Sequence[Pack], trait: str, value: Any, source: str, number: int) -> Any:
    """Return a value in its trait's JSON form, refused where no live pack takes it from this source.

    Raises:
        InputError: the trait, the source or the value is not one that every pack that declares it takes.
    """
    place = f"traits.{number}"
    declaring = [pack for pack in packs if trait in pack.blank]
    if not declaring:
        known = [name for pack in packs for name in pack.blank]
        raise InputError(f"{place}.trait: no live pack declares {trait!r} as imported{nearest(trait, known)}")
    for pack in declaring:
        declared = pack.traits.get(trait)
        if declared is None or declared.scope is not Scope.ACCOUNT:
            raise InputError(f"{place}.trait: {trait!r} is not a trait of accounts")
        if source not in pack.file.sources:
            raise InputError(f"{place}.source: {no_source(pack, source)}")
        if declared.sources is not None and source not in declared.sources:
            raise InputError(
                f"{place}.source: {trait} may come from {', '.join(declared.sources)}, found {source!r}"
            )
        if value is not None:
            value = json_value(coerce(pack.schema[trait], value, f"{place}.value"))
    return value


def no_source(pack: Pack, source: str) -> str:
    """Return the words for a source that a pack does not declare."""
    known = list(pack.file.sources)
    return f"{pack.name} has no source {source!r}; expected one of {', '.join(known)}{nearest(source, known)}"
