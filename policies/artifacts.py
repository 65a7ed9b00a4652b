"""Which artifacts a pack reads: those of its traits that fit what the traits are now, and its proof points."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import orjson

from segue.policies.artifact import ANSWERS_SLOT, PROOF_SLOT, Artifact, ArtifactKind
from segue.policies.models.events import Rfm
from segue.policies.models.traits import Trait
from segue.policies.pack import Pack

_KEPT = 8
"""Forms of a pack with artifacts that are kept."""


def definition_of(rfm: Rfm) -> str:
    """Return a short hash of what cut points are made of; the parts of one definition share it."""
    defined = rfm.model_dump(mode="json", exclude={"part"})
    return hashlib.sha256(orjson.dumps(defined, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def fits(artifact: Artifact, trait: Trait | None) -> bool:
    """Return True when a trait, as it is now defined, may be read by an artifact.

    Cut points are of one definition; a list goes on while its tiers are there.
    """
    if trait is None:
        return False
    if trait.rfm is not None and artifact.kind is ArtifactKind.CUT_POINTS:
        return bool(artifact.body["definition"] == definition_of(trait.rfm))
    if trait.rank is not None and artifact.kind is ArtifactKind.TARGET_ACCOUNTS:
        return all(seat[1] in trait.rank.tiers for seat in artifact.body["seats"])
    return False


def _belongs(artifact: Artifact, pack: Pack) -> bool:
    if artifact.pack != pack.name:
        return False
    if artifact.kind is ArtifactKind.PROOF_POINTS:
        return artifact.trait == PROOF_SLOT
    if artifact.kind is ArtifactKind.ANSWERS:
        return artifact.trait == ANSWERS_SLOT
    return fits(artifact, pack.traits.get(artifact.trait))


def with_artifacts(pack: Pack, artifacts: Iterable[Artifact]) -> Pack:
    """Return the pack with those of some artifacts that are its own and fit; else the pack as it is."""
    found = {each.trait: each for each in artifacts if _belongs(each, pack)}
    ids = {name: each.id for name, each in sorted(found.items())}
    if ids == artifact_ids(pack):
        return pack
    kept: dict[tuple[str, ...], Pack] = pack.kept.setdefault("with_artifacts", {})
    key = tuple(ids.values())
    if key not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[key] = replace(pack, artifacts=found)
    return kept[key]


def artifact_ids(pack: Pack) -> dict[str, str]:
    """Return the ids of the artifacts that a pack reads, by trait; the proof points' under `PROOF_SLOT`."""
    return {name: each.id for name, each in sorted(pack.artifacts.items())}


def seats_of(pack: Pack) -> Mapping[str, Mapping[str, str]]:
    """Return for each trait `rank` that has a list: account to tier. Worked out once."""
    found: Mapping[str, Mapping[str, str]] | None = pack.kept.get("seats")
    if found is None:
        found = {
            name: {seat[0]: seat[1] for seat in each.body["seats"]}
            for name, each in pack.artifacts.items()
            if each.kind is ArtifactKind.TARGET_ACCOUNTS
        }
        pack.kept["seats"] = found
    return found
