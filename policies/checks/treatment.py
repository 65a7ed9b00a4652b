"""Lints of what a segment gets: plays on its surfaces, on entry and exit, limits and rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import file_of, offered, shown_plays
from segue.policies.models.pack import Forbid, Surface
from segue.policies.models.play import LEAVES_BEHIND, Channel, Play
from segue.policies.pack import Pack, SegmentPolicy
from segue.policies.references import SILENCE

_ON_PAGE = {Channel.WEB, Channel.CHAT}
CHANNELS: dict[Surface, frozenset[Channel]] = {
    Surface.WEB: frozenset({Channel.WEB}),
    Surface.CHAT: frozenset({Channel.CHAT}),
    Surface.EMAIL: frozenset({Channel.EMAIL}),
    Surface.ADS: frozenset({Channel.ADS, Channel.LINKEDIN}),
    Surface.SLACK: frozenset(set(Channel) - _ON_PAGE - {Channel.ADS}),
    Surface.CRM: frozenset(set(Channel) - _ON_PAGE),
}
"""The channels of plays that make sense on a surface. A seller in Slack is told to call or write."""


def check_treatment(findings: Findings) -> None:
    """Check what every segment gets, and that no two get the same."""
    for segment in findings.pack.segments:
        _check_surfaces(findings, segment)
        _check_exits(findings, segment)
        _check_limits(findings, segment)
        _check_forbids(findings, segment)
    _check_guardrails(findings)
    _check_undoing(findings)
    _check_sameness(findings)


def _check_surfaces(findings: Findings, segment: SegmentPolicy) -> None:
    pack, file = findings.pack, file_of(segment)
    shown = list(shown_plays(segment))
    if all(name == SILENCE for name, _ in shown):
        residual = segment is pack.residual
        code = Code.RESIDUAL_UNTREATED if residual else Code.SEGMENT_UNTREATED
        message = f"{'the residual ' if residual else ''}{segment.name!r} has no play on any surface"
        findings.add(code, findings.at_key(file, "segment"), message)
    for name, path in shown:
        play = pack.plays.get(name)
        surface = Surface(str(path[1]))
        if play is None or play.model.channel in {*CHANNELS[surface], Channel.NONE}:
            continue
        message = f"{name} is a play for {play.model.channel}, and stands on {surface}"
        findings.add(Code.OFF_CHANNEL, findings.at(file, *path), message)
    if segment is pack.residual:
        entries = [(name, ("on_enter", index)) for index, name in enumerate(segment.model.on_enter)]
        for name, path in [*shown, *entries]:
            if name in pack.plays and pack.plays[name].model.suppresses:
                message = f"{name} takes accounts out of something, in the residual"
                findings.add(Code.SUPPRESSES_IN_RESIDUAL, findings.at(file, *path), message)


def leaves_behind(pack: Pack, play: Play) -> bool:
    """Return True when a play leaves something behind that an exit has to take back."""
    undoes = any(other.model.undone_by == play.play for other in pack.plays.values())
    return not undoes and (play.kind in LEAVES_BEHIND or play.suppresses or play.undone_by is not None)


def _check_exits(findings: Findings, segment: SegmentPolicy) -> None:
    pack, model = findings.pack, segment.model
    places: dict[str, tuple[str | int, ...]] = {}
    for index, name in enumerate(model.on_enter):
        places.setdefault(name, ("on_enter", index))
    for name, path in shown_plays(segment):
        places.setdefault(name, path)
    for name, path in places.items():
        play = pack.plays[name].model if name in pack.plays else None
        if play is None or play.undone_by is None or not leaves_behind(pack, play):
            continue
        if play.undone_by not in model.on_exit:
            message = f"{name} leaves something behind: on_exit lacks {play.undone_by}, which takes it back"
            findings.add(Code.EXIT_MISSING, findings.at(file_of(segment), *path), message)


def _check_undoing(findings: Findings) -> None:
    pack = findings.pack
    happening = {name for segment in pack.segments for name in offered(segment) - {*segment.model.on_exit}}
    for name, play in pack.plays.items():
        if name in happening and play.model.undone_by is None and leaves_behind(pack, play.model):
            what = "suppresses" if play.model.suppresses else f"is of kind {play.model.kind}"
            message = f"{name} {what} and has no undone_by: what takes it back?"
            findings.add(Code.UNDO_MISSING, findings.at_key(f"plays/{name}.yaml", "play"), message)


def _check_limits(findings: Findings, segment: SegmentPolicy) -> None:
    file, known = file_of(segment), _offered_with_fallback(findings.pack, segment)
    for index, limit in enumerate(segment.model.limits):
        for position, name in enumerate(limit.plays):
            if name not in known:
                place = findings.at(file, "limits", index, "plays", position)
                findings.add(Code.LIMIT_UNOFFERED, place, f"the segment does not offer {name}")


def _check_forbids(findings: Findings, segment: SegmentPolicy) -> None:
    file, known = file_of(segment), _offered_with_fallback(findings.pack, segment)
    for index, rule in enumerate(segment.model.rules):
        for name, path in _named(rule.forbid):
            if name not in known:
                place = findings.at(file, "rules", index, "forbid", *path)
                findings.add(Code.FORBID_UNOFFERED, place, f"the segment does not offer {name}")
        by_kind = isinstance(rule.forbid, Forbid) and not rule.forbid.plays
        if by_kind and not segment.rules[index].plays & known:
            place = findings.at(file, "rules", index, "forbid")
            findings.add(
                Code.FORBID_UNOFFERED, place, "the segment offers no play of these kinds or channels"
            )
        _check_repeated(findings, segment, index)


def _check_repeated(findings: Findings, segment: SegmentPolicy, index: int) -> None:
    rule = segment.rules[index]
    for other in (*findings.pack.guardrails, *segment.rules[:index]):
        if other.when.node == rule.when.node and rule.plays <= other.plays:
            place = findings.at(file_of(segment), "rules", index, "when")
            message = f"{other.name} forbids the same under the same condition"
            findings.add(Code.RULE_REPEATED, place, message)
            return


def _check_guardrails(findings: Findings) -> None:
    for index, rule in enumerate(findings.pack.guardrails):
        if not rule.plays:
            message = f"no play of the pack is forbidden by {rule.name}"
            place = findings.at("pack.yaml", "guardrails", index, "forbid")
            findings.add(Code.FORBID_UNOFFERED, place, message)


def _offered_with_fallback(pack: Pack, segment: SegmentPolicy) -> frozenset[str]:
    fallback = {pack.routing.fallback.play} if pack.routing is not None else set()
    return offered(segment) | fallback


def _named(forbid: list[str] | Forbid) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the plays that a rule forbids by name, with their paths below `forbid`."""
    if isinstance(forbid, Forbid):
        yield from ((name, ("plays", index)) for index, name in enumerate(forbid.plays))
    else:
        yield from ((name, (index,)) for index, name in enumerate(forbid))


def _check_sameness(findings: Findings) -> None:
    seen: dict[Any, SegmentPolicy] = {}
    for segment in findings.pack.segments:
        if not offered(segment):
            continue
        first = seen.setdefault(_treatment(segment), segment)
        if first is not segment:
            place = findings.at_key(file_of(segment), "segment")
            message = f"{segment.name!r} gets what {first.name!r} gets"
            findings.add(Code.SAME_TREATMENT, place, message)


def _treatment(segment: SegmentPolicy) -> Any:
    """Return all that an account of the segment gets, for comparison."""
    model = segment.model
    surfaces = {
        (surface, treatment.default, frozenset(treatment.plays))
        for surface, treatment in model.surfaces.items()
    }
    rules = frozenset((rule.when.node, rule.plays) for rule in segment.rules)
    proof = (frozenset(model.proof.match), model.proof.at_most)
    return frozenset(surfaces), frozenset(model.on_enter), rules, proof, model.script
