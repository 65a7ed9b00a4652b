"""Which proof points may be shown, and which first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from segue.policies.artifact import PROOF_SLOT
from segue.policies.facts import Facts
from segue.policies.models.proof import ProofPoint
from segue.policies.models.segment import ProofRule
from segue.policies.pack import Pack
from segue.policies.terms import AdaptedTerms

_MOST_KEPT = 4_096


def stored_proof(pack: Pack) -> Mapping[str, ProofPoint]:
    """Return the proof points that the store adds to a pack, by their ids. Worked out once."""
    found: Mapping[str, ProofPoint] | None = pack.kept.get("stored_proof")
    if found is None:
        artifact = pack.artifacts.get(PROOF_SLOT)
        points = [] if artifact is None else artifact.body["points"]
        read = (ProofPoint.model_validate_json(orjson.dumps(each)) for each in points)
        found = pack.kept["stored_proof"] = {each.id: each for each in read if each.id not in pack.proof}
    return found


def proof_of(pack: Pack) -> Mapping[str, ProofPoint]:
    """Return every proof point of a pack: its own and those of the store. Its own hides a stored one of its id."""
    stored = stored_proof(pack)
    if not stored:
        return pack.proof
    found: Mapping[str, ProofPoint] | None = pack.kept.get("proof_of")
    if found is None:
        found = pack.kept["proof_of"] = {**pack.proof, **stored}
    return found


def permitted_proof(
    pack: Pack, rule: ProofRule, facts: Facts, terms: AdaptedTerms, preferred: Sequence[str] = ()
) -> tuple[ProofPoint, ...]:
    """Return the proof points that may be shown, the best first, at most `rule.at_most`: see `all_permitted_proof`.

    Those that are `preferred` come before the others, in that order.
    """
    if rule.at_most == 0:
        return ()
    found = all_permitted_proof(pack, rule, facts, terms)
    if preferred:
        places = {each: place for place, each in enumerate(preferred)}
        found = tuple(sorted(found, key=lambda point: places.get(point.id, len(places))))
    return found[: rule.at_most]


def all_permitted_proof(
    pack: Pack, rule: ProofRule, facts: Facts, terms: AdaptedTerms
) -> tuple[ProofPoint, ...]:
    """Return every proof point that may be shown, the best first; none where the rule shows none.

    Permitted are those that are approved and not expired on the day of `facts.now`, and whose tags
    fit: for a trait of `rule.match` the fact must be known and among the tags; for any other trait
    it must not be known to be another. Keys that are no trait, such as `topic`, exclude nothing.
    First come those that guess at the fewest traits: that are for a trait of which nothing is known, and which
    some segment of the pack matches by. Of these, first those with a tag of `terms.proof_tags`, then those that
    fit more traits, then those that are for fewer traits of which nothing is known.
    """
    if rule.at_most == 0:
        return ()
    today = facts.now.date()
    values = {key: trait_value(pack, key, facts) for key in _tag_traits(pack)}
    case = (today, tuple(rule.match), terms.proof_tags, *values.values())
    kept: dict[Any, tuple[ProofPoint, ...]] = pack.kept.setdefault("permitted_proof", {})
    found = kept.get(case)
    if found is None:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        found = kept[case] = _ranked(pack, rule, today, values, terms)
    return found


def _tag_traits(pack: Pack) -> tuple[str, ...]:
    """Return the traits that some proof point is tagged for."""
    found: tuple[str, ...] | None = pack.kept.get("tag_traits")
    if found is None:
        keys = dict.fromkeys(
            key for point in proof_of(pack).values() for key in point.tags if key in pack.traits
        )
        found = pack.kept["tag_traits"] = tuple(keys)
    return found


def _ranked(
    pack: Pack, rule: ProofRule, today: date, values: Mapping[str, Any], terms: AdaptedTerms
) -> tuple[ProofPoint, ...]:
    telling = _matched_by(pack)
    ranked = []
    for point, tagged in _valid(pack, today):
        fits = unknown = guessed = 0
        for key, tags in tagged:
            value = values[key]
            if value is None:
                if key in rule.match:
                    break
                unknown += 1
                guessed += key in telling
            elif not (tags.isdisjoint(value) if isinstance(value, tuple) else value not in tags):
                fits += 1
            else:
                break
        else:
            wanted = (
                sum(tag in terms.proof_tags for tags in point.tags.values() for tag in tags)
                if terms.proof_tags
                else 0
            )
            ranked.append((guessed, -wanted, -fits, unknown, point.id, point))
    ranked.sort(key=_rank)
    return tuple(each[5] for each in ranked)


def _rank(each: tuple[int, int, int, int, str, ProofPoint]) -> tuple[int, int, int, int, str]:
    return each[:5]


def _matched_by(pack: Pack) -> frozenset[str]:
    """Return the traits that some segment matches proof by."""
    found: frozenset[str] | None = pack.kept.get("matched_by")
    if found is None:
        found = pack.kept["matched_by"] = frozenset(
            key for segment in pack.segments for key in segment.model.proof.match
        )
    return found


_Tagged = tuple[ProofPoint, tuple[tuple[str, frozenset[Any]], ...]]


def _valid(pack: Pack, today: date) -> list[_Tagged]:
    """Return the points that are approved and not expired on a day, with the tags that are traits."""
    kept: dict[date, list[_Tagged]] = pack.kept.setdefault("proof", {})
    found = kept.get(today)
    if found is None:
        if len(kept) > 100:
            kept.clear()
        found = kept[today] = [
            (point, tuple((key, frozenset(tags)) for key, tags in point.tags.items() if key in pack.traits))
            for point in proof_of(pack).values()
            if point.approved_on <= today < point.expires_on
        ]
    return found


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


def valid_proof(pack: Pack, day: date) -> tuple[ProofPoint, ...]:
    """Return every proof point that is approved and not expired on a day, whoever it is for, by id."""
    return tuple(sorted((point for point, _ in _valid(pack, day)), key=lambda each: each.id))
