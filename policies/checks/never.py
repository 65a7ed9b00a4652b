"""Lints of conditions that no facts make true, shown by region analysis."""

from __future__ import annotations

from collections.abc import Sequence

from segue.core.errors import Place
from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import file_of
from segue.policies.checks.seen import Asked, Views
from segue.policies.language import tree
from segue.policies.language.regions import Answer
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.pack import CompiledRule, SegmentPolicy

TRUE = frozenset({True})
NOT_TRUE = frozenset({False, None})


def check_never(findings: Findings, views: Views) -> frozenset[str]:
    """Check every condition of the pack. Returns the segments that no account can be in."""
    _check_traits(findings, views)
    empty = frozenset(s.name for s in findings.pack.segments if not _can_hold(findings, views, s))
    for rule in findings.pack.guardrails:
        place = findings.at_condition(rule.when)
        _alone(findings, views, Code.RULE_NEVER_HOLDS, rule.when.node, place, rule.name)
    for segment in findings.pack.segments:
        for rule in segment.rules:
            _check_rule(findings, views, segment, rule, reachable=segment.name not in empty)
    for index, (when, _) in enumerate(findings.pack.adapt):
        place = findings.at_condition(when)
        _alone(findings, views, Code.ADAPT_NEVER_HOLDS, when.node, place, f"adapt[{index}]")
    for territory in findings.pack.territories:
        if territory.when is not None:
            place = findings.at_condition(territory.when)
            _alone(findings, views, Code.TERRITORY_NEVER_HOLDS, territory.when.node, place, territory.pod)
    for name, play in findings.pack.plays.items():
        for when, _ in play.context:
            place = findings.at_condition(when)
            _alone(findings, views, Code.CONTEXT_NEVER_HOLDS, when.node, place, f"a context factor of {name}")
    return empty


def membership(views: Views, segment: SegmentPolicy) -> list[Asked]:
    """Return what holds of every account that carries the segment's label."""
    own = [views.by_segment(segment, TRUE)] if segment.when is not None else []
    return [*own, *(views.by_segment(other, NOT_TRUE) for other in views.pack.segments[: segment.index])]


def proved_never(findings: Findings, views: Views, asked: Sequence[Asked], place: Place, what: str) -> bool:
    """Return True when all of this cannot be at once; note it when that cannot be decided."""
    return _answer(findings, views, asked, place, what) is Answer.NO


def _answer(findings: Findings, views: Views, asked: Sequence[Asked], place: Place, what: str) -> Answer:
    answer = views.possible(asked)
    if answer is Answer.UNDECIDED:
        findings.add(Code.UNDECIDED, place, f"whether {what} could not be decided")
    return answer


def _alone(findings: Findings, views: Views, code: Code, node: Expr, place: Place, name: str) -> Answer:
    """Check one condition by itself: can it be true?"""
    asked = [views.by_anyone(node, TRUE)]
    answer = _answer(findings, views, asked, place, f"{name} can ever hold")
    if answer is Answer.NO:
        findings.add(code, place, f"{name} is never true")
    return answer


def _can_hold(findings: Findings, views: Views, segment: SegmentPolicy) -> bool:
    file = file_of(segment)
    when = segment.when
    place = findings.at_key(file, "segment") if when is None else findings.at_condition(when)
    asked = membership(views, segment)
    if segment.when is not None:
        what = f"the segment {segment.name!r} can hold"
        if proved_never(findings, views, asked[:1], place, what):
            findings.add(Code.SEGMENT_NEVER_HOLDS, place, f"the condition of {segment.name!r} is never true")
            return False
    if not proved_never(findings, views, asked, place, f"the segment {segment.name!r} can be reached"):
        return True
    blocking = _blocking(findings, views, segment, asked)
    message = f"{blocking} of every account that {segment.name!r} would take"
    findings.add(Code.SEGMENT_NEVER_REACHED, place, message)
    return False


def _blocking(findings: Findings, views: Views, segment: SegmentPolicy, asked: Sequence[Asked]) -> str:
    """Name the one segment before this that leaves nothing to it, or all of them."""
    own = 0 if segment.when is None else 1
    for other, not_other in zip(findings.pack.segments, asked[own:], strict=False):
        if views.possible([*asked[:own], not_other]) is Answer.NO:
            return f"{other.name!r} holds first"
    return "some earlier segment holds first"


def _check_rule(
    findings: Findings, views: Views, segment: SegmentPolicy, rule: CompiledRule, *, reachable: bool
) -> None:
    place = findings.at_condition(rule.when)
    alone = _alone(findings, views, Code.RULE_NEVER_HOLDS, rule.when.node, place, rule.name)
    if alone is not Answer.YES or not reachable:
        return
    asked = [views.by_rule(rule.when.node, TRUE), *membership(views, segment)]
    if proved_never(findings, views, asked, place, f"{rule.name} can hold in its segment"):
        message = f"{rule.name} is never true of an account in {segment.name!r}"
        findings.add(Code.RULE_NEVER_HOLDS_HERE, place, message)


def _check_traits(findings: Findings, views: Views) -> None:
    pack = findings.pack
    for name, definition in pack.definitions.items():
        if isinstance(definition, tree.Scorecard):
            for index, (when, _) in enumerate(definition.items):
                place = findings.at_text("traits.yaml", (name, "scorecard", index, "when"), 0)
                _alone(findings, views, Code.SCORE_ITEM_NEVER_HOLDS, when, place, f"{name}[{index}]")
        elif pack.schema[name] is Type.BOOLEAN:
            place = findings.at_text("traits.yaml", (name, "sql"), 0)
            _alone(findings, views, Code.TRAIT_NEVER_HOLDS, definition, place, name)
