"""Which proof points may be shown, and which first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from segue.policies.facts import Facts
from segue.policies.models.pack import Terms
from segue.policies.models.proof import ProofPoint
from segue.policies.models.segment import ProofRule
from segue.policies.pack import Pack


def permitted_proof(pack: Pack, rule: ProofRule, facts: Facts, terms: Terms) -> tuple[ProofPoint, ...]:
    """Return the proof points that may be shown, the best first, at most `rule.at_most`.

    Permitted are those that are approved and not expired on the day of `facts.now`, and whose tags
    fit: for a trait of `rule.match` the fact must be known and among the tags; for any other trait
    it must not be known to be another. Keys that are no trait, such as `topic`, exclude nothing.
    First come those with a tag of `terms.proof_tags`, then those that fit more traits.
    """
    if rule.at_most == 0:
        return ()
    today = facts.now.date()
    values: dict[str, Any] = {}
    ranked = []
    for point in pack.proof.values():
        if not point.approved_on <= today < point.expires_on:
            continue
        fit = _fit(pack, point, rule.match, facts, values)
        if fit is not None:
            wanted = sum(tag in terms.proof_tags for tags in point.tags.values() for tag in tags)
            ranked.append((-wanted, -fit[0], -fit[1], point.id, point))
    ranked.sort(key=lambda each: each[:4])
    return tuple(each[4] for each in ranked[: rule.at_most])


def _fit(
    pack: Pack, point: ProofPoint, match: Sequence[str], facts: Facts, values: dict[str, Any]
) -> tuple[int, int] | None:
    """Return how many traits of `match`, and how many others, the point is tagged for; None if unfit."""
    matched = others = 0
    for key, tags in point.tags.items():
        if key not in pack.traits:
            continue
        if key not in values:
            values[key] = trait_value(pack, key, facts)
        value = values[key]
        if value is None:
            if key in match:
                return None
            continue
        if not _among(value, tags):
            return None
        if key in match:
            matched += 1
        else:
            others += 1
    return matched, others


def _among(value: Any, tags: Sequence[str]) -> bool:
    return any(item in tags for item in value) if isinstance(value, tuple) else str(value) in tags


def trait_value(pack: Pack, name: str, facts: Facts) -> Any:
    """Return the value of any trait, derived ones included, as rules see it; None when unknown."""
    definition = pack.definitions.get(name)
    if definition is not None:
        return pack.evaluator.value(definition, facts.merged, facts.now)
    value = facts.merged.get(name)
    return pack.absent.get(name) if value is None else value


def expires_before(points: Mapping[str, ProofPoint], day: date) -> list[ProofPoint]:
    """Return the proof points that are no longer valid on a day, the first to expire first."""
    return sorted(
        (each for each in points.values() if each.expires_on <= day), key=lambda each: each.expires_on
    )
