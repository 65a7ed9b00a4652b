"""The terms of a treatment here: what `adapt` sets where its conditions are true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segue.policies.facts import Facts
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class AdaptedTerms:
    """The currency, the proof tags to put first, and the parameters that are set over a play's own."""

    currency: str | None = None
    proof_tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


def adapted_terms(pack: Pack, facts: Facts) -> AdaptedTerms:
    """Return the terms of a pack for these facts: later entries win, tags add up, unknown changes nothing."""
    currency: str | None = None
    tags: list[str] = []
    parameters: dict[str, Any] = {}
    for when, terms in pack.adapt:
        if when.function(facts.merged, facts.now) is True:
            currency = terms.currency or currency
            tags += terms.proof_tags
            parameters.update(terms.parameters)
    return AdaptedTerms(currency, tuple(tags), parameters)
