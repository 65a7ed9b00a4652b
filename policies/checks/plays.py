"""Lints of plays that cannot come about: nothing to ask, no proof to quote, nobody to route to."""

from __future__ import annotations

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import closure, file_of, offered, shown_plays
from segue.policies.models.play import Kind
from segue.policies.pack import SegmentPolicy


def check_plays(findings: Findings) -> None:
    """Check that what is offered can be said and carried out."""
    for segment in findings.pack.segments:
        _check_questions(findings, segment)
        _check_quotes(findings, segment)
    _check_routes(findings)


def _check_questions(findings: Findings, segment: SegmentPolicy) -> None:
    """A question settles a label that an earlier segment keeps open: is there one, and can it be asked?"""
    pack = findings.pack
    earlier = [each.when.node for each in pack.segments[: segment.index] if each.when is not None]
    askable = [name for name in closure(pack, earlier) if name in pack.traits and pack.traits[name].ask]
    if askable:
        return
    for name, path in shown_plays(segment):
        if name in pack.plays and pack.plays[name].model.kind is Kind.ASK:
            message = (
                f"{name} has nothing to ask: no segment before {segment.name!r} reads a trait with an ask"
            )
            findings.add(Code.ASK_NEVER_OFFERED, findings.at(file_of(segment), *path), message)


def _check_quotes(findings: Findings, segment: SegmentPolicy) -> None:
    most = segment.model.proof.at_most
    for name, path in shown_plays(segment):
        play = findings.pack.plays.get(name)
        ranks = [slot.proof for slot in play.slots if slot.proof and slot.fallback is None] if play else []
        if ranks and max(ranks) > most:
            message = f"{name} quotes proof point {max(ranks)}, and {segment.name!r} shows at most {most}"
            findings.add(Code.PROOF_OUT_OF_REACH, findings.at(file_of(segment), *path), message)


def _check_routes(findings: Findings) -> None:
    pack = findings.pack
    routing = pack.routing
    if routing is not None and routing.pods and "pod" in routing.order:
        return
    happening = {name for segment in pack.segments for name in offered(segment)}
    if routing is None:
        why = "there is no routing.yaml"
    else:
        why = "routing.yaml has no pods" if not routing.pods else "the order of routing.yaml has no pod"
    for name, play in pack.plays.items():
        if play.model.owner == "pod" and name in happening:
            place = findings.at(f"plays/{name}.yaml", "owner")
            findings.add(Code.NOBODY_ROUTED, place, f"{name} is carried out by a pod, and {why}")
