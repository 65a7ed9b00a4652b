"""From facts to the label of one pack, with the clauses that decided and what is missing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from segue.policies.facts import Facts
from segue.policies.label_pattern import pattern_function
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.explain import Clause, Explainer, View
from segue.policies.language.types import Type
from segue.policies.overturned import overturned, turning_traits
from segue.policies.pack import Pack, SegmentPolicy


class Status(StrEnum):
    """How sure a label is."""

    MATCHED = "matched"
    """The segment's condition is true, and every one before it is false."""
    PROVISIONAL = "provisional"
    """Some segment before it is unknown: with the missing facts the label may be another."""
    RESIDUAL = "residual"
    """Every condition is false."""


@dataclass(frozen=True, slots=True)
class Label:
    """The segment that an account carries in one pack, and why."""

    pack: str
    segment: str
    status: Status
    because: tuple[Clause, ...] = ()
    missing: tuple[str, ...] = ()
    """The imported traits that would settle a provisional label."""


@dataclass(frozen=True, slots=True)
class HeldLabel:
    """A label that somebody holds by hand, and why."""

    segment: str
    reason: str


def label_of(pack: Pack, facts: Facts, held: Mapping[str, HeldLabel]) -> Label:
    """Return the label held by hand for a pack, where the pack still has that segment; else classify."""
    hold = held.get(pack.name)
    if hold is None or hold.segment not in pack.by_name:
        return classify(pack, facts)
    because = Clause(f"pinned by hand: {hold.reason}", None, None, True)
    return Label(pack.name, hold.segment, Status.MATCHED, (because,))


def segment_of(pack: Pack, facts: Facts) -> tuple[SegmentPolicy, Status]:
    """Return the segment and status alone: the fast path, without reasons."""
    if facts.believed and _doubted(pack, facts):
        code = _slow_code(pack, facts)
    else:
        code = pack.label_code(facts.account, facts.now)
    segment = pack.segments[code >> 1]
    if code & 1:
        return segment, Status.PROVISIONAL
    return segment, Status.RESIDUAL if segment.when is None else Status.MATCHED


def classify(pack: Pack, facts: Facts) -> Label:
    """Return the label with its reasons.

    `because` holds, for a matched label, the clauses that made it true, and those that took it out of
    a segment before it which would hold if some fact were not known; for any other label, what keeps
    every segment before it from holding: the unknown clauses first, then the false ones.
    """
    if facts.believed and _doubted(pack, facts):
        return _explained(pack, facts)
    known = _Known.of(pack)
    pattern = known.pattern(facts)
    reasons = known.reasons.get(pattern)
    if reasons is None:
        label = _explained(pack, facts)
        known.keep(pattern, label)
        return label
    values = {name: _shown(pack, name, facts) for name in reasons.subjects}
    because = [
        Clause(
            each.clause,
            each.trait,
            None if each.trait is None else values[each.trait],
            each.verdict,
            each.missing,
        )
        for each in reasons.label.because
    ]
    label = reasons.label
    return Label(label.pack, label.segment, label.status, tuple(because), label.missing)


def clauses_of(pack: Pack, segment: str, facts: Facts) -> tuple[Clause, ...]:
    """Return the clauses that make a segment's condition true, false or unknown of some facts.

    The residual, and a segment that the pack does not have, have none.
    """
    policy = pack.by_name.get(segment)
    if policy is None or policy.when is None:
        return ()
    return tuple(_Views(pack, facts).of(policy).because(policy.when.node))


def _explained(pack: Pack, facts: Facts) -> Label:
    """Return the label with its reasons worked out from the conditions themselves."""
    segment, status = segment_of(pack, facts)
    views = _Views(pack, facts)
    clauses: dict[Clause, None] = {}
    missing: dict[str, None] = {}
    if status is not Status.MATCHED:
        for other in pack.segments[: segment.index]:
            assert other.when is not None
            view = views.of(other)
            unknown = view.missing(other.when.node)
            missing.update(dict.fromkeys(unknown))
            clauses.update(dict.fromkeys(view.because(other.when.node)))
    if segment.when is not None:
        clauses.update(dict.fromkeys(views.of(segment).because(segment.when.node)))
        for other in pack.segments[: segment.index]:
            if other.when is not None and overturned(pack, other, facts):
                clauses.update(dict.fromkeys(views.of(other).because(other.when.node)))
    because = sorted(clauses, key=_open_first) if missing else clauses
    return Label(pack.name, segment.name, status, tuple(because), tuple(missing))


class _Reasons(NamedTuple):
    """The label of one pattern, as an account of it was given it, and the traits whose values are shown."""

    label: Label
    subjects: tuple[str, ...]


class _Known:
    """The reasons that a pack has worked out already, by pattern."""

    most = 4_096

    def __init__(self, pack: Pack) -> None:
        self.reasons: dict[Hashable, _Reasons] = {}
        self._pack = pack
        self._function = pattern_function(pack)
        turning = (turning_traits(pack, each) for each in pack.segments if each.when is not None)
        self._turning = tuple(dict.fromkeys(name for names in turning for name in names))

    @classmethod
    def of(cls, pack: Pack) -> _Known:
        """Return what a pack knows."""
        found: _Known | None = pack.kept.get("reasons")
        if found is None:
            found = pack.kept["reasons"] = cls(pack)
        return found

    def pattern(self, facts: Facts) -> Hashable:
        """Return what the reasons of these facts depend on."""
        found: list[Hashable] = [self._function(facts.account, facts.now)]
        for name in self._turning:
            value = facts.account.get(name)
            if value is None or value == self._pack.absent.get(name):
                found.append(None)
            else:
                found.append(self._function({**facts.account, name: None}, facts.now))
        return tuple(found)

    def keep(self, pattern: Hashable, label: Label) -> None:
        """Remember the label of a pattern."""
        if len(self.reasons) >= self.most:
            self.reasons.clear()
        subjects = dict.fromkeys(each.trait for each in label.because if each.trait is not None)
        self.reasons[pattern] = _Reasons(label, tuple(subjects))


def _shown(pack: Pack, name: str, facts: Facts) -> Any:
    """Return the value of a trait as a clause shows it."""
    definition = pack.definitions.get(name)
    if definition is None:
        value = facts.account.get(name)
        return pack.absent.get(name) if value is None else value
    value = pack.evaluator.value(definition, facts.account, facts.now)
    return value[0] if pack.schema[name] is Type.RANGE and value[0] == value[1] else value


def _open_first(clause: Clause) -> bool:
    return clause.verdict is not None


class _Views:
    """What each segment sees, one view for all that see the same."""

    def __init__(self, pack: Pack, facts: Facts) -> None:
        self._pack = pack
        self._facts = facts
        self._found: dict[frozenset[str], View] = {}

    def of(self, segment: SegmentPolicy) -> View:
        """Return the view of one segment."""
        doubted = doubted_traits(segment, self._facts.believed) if self._facts.believed else frozenset()
        view = self._found.get(doubted)
        if view is None:
            evaluator, values = seen_by(self._pack, doubted, self._facts)
            explainer = self._pack.explainer if evaluator is self._pack.evaluator else Explainer(evaluator)
            view = self._found[doubted] = explainer.view(values, self._facts.now)
        return view


def doubted_traits(segment: SegmentPolicy, believed: Mapping[str, float]) -> frozenset[str]:
    """Return the traits whose values are believed less than this segment needs: unknown to it."""
    return frozenset(name for name, least in segment.model.needs.items() if believed.get(name, 1.0) < least)


def _doubted(pack: Pack, facts: Facts) -> bool:
    """Return True where some segment doubts a trait."""
    most: dict[str, float] | None = pack.kept.get("needs")
    if most is None:
        most = pack.kept["needs"] = {}
        for segment in pack.segments:
            for name, least in segment.model.needs.items():
                most[name] = max(most.get(name, 0.0), least)
    believed = facts.believed
    return any(believed.get(name, 1.0) < least for name, least in most.items())


def _slow_code(pack: Pack, facts: Facts) -> int:
    """Label segment by segment, each seeing only what is believed enough for it."""
    unknown = 0
    for segment in pack.segments:
        if segment.when is None:
            return 2 * segment.index + unknown
        evaluator, values = seen_by(pack, doubted_traits(segment, facts.believed), facts)
        verdict = evaluator.verdict(segment.when.node, values, facts.now)
        if verdict:
            return 2 * segment.index + unknown
        if verdict is None:
            unknown = 1
    raise AssertionError("the last segment has no condition")


def seen_by(pack: Pack, doubted: frozenset[str], facts: Facts) -> tuple[Evaluator, Mapping[str, Any]]:
    """Return what a segment sees. A doubted value is unknown, which is not the same as absent."""
    if not doubted:
        return pack.evaluator, facts.account
    return pack.evaluator_without(doubted), {**facts.account, **dict.fromkeys(doubted)}
