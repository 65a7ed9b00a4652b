"""Lints of what nothing uses: traits, plays, scripts, surfaces."""

from __future__ import annotations

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import conditions_of, offered
from segue.policies.language.tree import traits_of


def check_unused(findings: Findings) -> None:
    """Check that every part of the pack is used by another."""
    pack = findings.pack
    own = pack.documents["traits.yaml"].data
    read = _traits_used(findings)
    for name in own:
        if name not in read:
            findings.add(
                Code.TRAIT_UNUSED, findings.at_key("traits.yaml", name), f"nothing reads the trait {name!r}"
            )
    happening = {name for segment in pack.segments for name in offered(segment)}
    if pack.routing is not None:
        happening.add(pack.routing.fallback.play)
    for name in pack.plays:
        if name not in happening:
            place = findings.at_key(f"plays/{name}.yaml", "play")
            findings.add(Code.PLAY_UNUSED, place, f"no segment has the play {name!r}")
    named = {segment.model.script for segment in pack.segments}
    for path in pack.scripts:
        if path not in named:
            findings.add(Code.SCRIPT_UNUSED, findings.at_start(path), f"no segment names the script {path!r}")
    treated = {surface for segment in pack.segments for surface in segment.model.surfaces}
    for index, surface in enumerate(pack.file.surfaces):
        if surface not in treated:
            place = findings.at("pack.yaml", "surfaces", index)
            findings.add(Code.SURFACE_UNUSED, place, f"no segment has a play on {surface}")


def _traits_used(findings: Findings) -> set[str]:
    pack = findings.pack
    used = {name for condition in conditions_of(pack) for name in traits_of(condition.node)}
    used.update(name for definition in pack.definitions.values() for name in traits_of(definition))
    for rank in pack.ranks.values():
        nodes = [rank.by] if rank.when is None else [rank.by, rank.when]
        used.update(name for node in nodes for name in traits_of(node))
    used.update(slot.trait for play in pack.plays.values() for slot in play.slots if slot.trait is not None)
    used.update(key for point in pack.proof.values() for key in point.tags)
    for segment in pack.segments:
        used.update(segment.model.proof.match)
    if pack.personas is not None:  # a role is for people to see, whether or not a rule reads it
        filled = pack.personas.traits
        used.update(name for name in (filled.persona, filled.seniority, filled.function) if name is not None)
    return used | {*pack.file.dimensions}
