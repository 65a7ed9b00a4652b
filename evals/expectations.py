"""What a case expects held against what was decided, one mismatch for every key that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot
from segue.evals.wording import show, show_clause, show_finding, show_label, show_names
from segue.policies.classifier import Label, doubted_traits
from segue.policies.language.explain import Explainer
from segue.policies.models.case import Expect, PlayIn
from segue.policies.models.proof import ProofPoint

SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that does not hold. `key` is the path of the expectation below `expect`."""

    key: tuple[str, ...]
    expected: str
    found: str
    why: tuple[str, ...] = ()
    """One line for each clause or finding that led to what was found."""


def label_mismatches(expect: Expect, snapshot: Snapshot, label: Label) -> Iterator[Mismatch]:
    """Yield what differs in the label: segment, status, missing traits."""
    if expect.segment is not None and label.segment != expect.segment:
        why = why_not_segment(snapshot, label, expect.segment)
        yield Mismatch(("segment",), expect.segment, show_label(label), why)
    if expect.status is not None and label.status != expect.status:
        yield Mismatch(("status",), expect.status, show_label(label), why_label(label))
    if expect.missing is not None and set(expect.missing) != set(label.missing):
        yield Mismatch(("missing",), show_names(expect.missing), show_names(label.missing), why_label(label))


def play_mismatches(expect: Expect, decision: Decision) -> Iterator[Mismatch]:
    """Yield what differs in the play, its findings, proof, words, owner and parameters."""
    yield from _play(expect, decision)
    for name in expect.permitted or ():
        finding = decision.finding(name)
        if finding is not None and not finding.permitted:
            yield Mismatch(("permitted",), f"{name} permitted", f"{name} {show_finding(finding)}")
    for name, reason in (expect.excluded or {}).items():
        finding = decision.finding(name)
        if finding is None:
            yield Mismatch(("excluded", name), f"{name} {reason}", f"{name} is always permitted")
        elif finding.permitted or finding.reason != reason:
            yield Mismatch(("excluded", name), f"{name} {reason}", f"{name} {show_finding(finding)}")
    yield from _proof(expect, decision.play.proof_points)
    yield from _words(expect, decision)


def why_label(label: Label) -> tuple[str, ...]:
    """Return the clauses that decided a label, one a line."""
    return tuple(show_clause(each) for each in label.because)


def why_not_segment(snapshot: Snapshot, label: Label, segment: str) -> tuple[str, ...]:
    """Return why an account is not in a segment: the deciding clauses of its condition, then the label's own."""
    pack, facts = snapshot.pack, snapshot.facts
    policy = pack.by_name.get(segment)
    lines: list[str] = []
    if policy is not None and policy.when is not None:
        doubted = doubted_traits(policy, facts.believed)
        explainer = Explainer(pack.evaluator_without(doubted)) if doubted else pack.explainer
        view = explainer.view({**facts.account, **dict.fromkeys(doubted)}, facts.now)
        lines += [f"{segment}: {show_clause(each)}" for each in view.because(policy.when.node)]
    lines += [f"{label.segment}: {line}" for line in why_label(label)]
    return tuple(dict.fromkeys(lines))


def why_play(decision: Decision, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the gate and the chooser said of the plays that were wanted, and of the one chosen."""
    lines = [f"label: {show_label(decision.label)}"]
    for name in dict.fromkeys((*wanted, decision.play.name)):
        finding, score = decision.finding(name), decision.scores.get(name)
        said = "built in, always permitted" if finding is None else show_finding(finding)
        if score is not None:
            terms = f"{score.propensity:g} x {score.context:g} x {score.value:g} - {score.cost:g}"
            said += f", worth {score.total:g} = {terms}"
        lines.append(f"{name}: {said}")
    return tuple(lines)


def _play(expect: Expect, decision: Decision) -> Iterator[Mismatch]:
    if expect.play is None:
        return
    wanted = tuple(expect.play.in_) if isinstance(expect.play, PlayIn) else (expect.play,)
    if decision.play.name not in wanted:
        yield Mismatch(("play",), " or ".join(wanted), decision.play.name, why_play(decision, wanted))


def _proof(expect: Expect, points: tuple[ProofPoint, ...]) -> Iterator[Mismatch]:
    ids = tuple(each.id for each in points)
    if expect.proof_points is not None and tuple(expect.proof_points) != ids:
        yield Mismatch(("proof_points",), show_names(expect.proof_points), show_names(ids))
    if expect.proof_tags is None:
        return
    found = {tag for point in points for tags in point.tags.values() for tag in tags}
    for tag in expect.proof_tags.include:
        if tag not in found:
            shown = f"{show_names(sorted(found))} on {show_names(ids)}"
            yield Mismatch(("proof_tags", "include"), f"a proof point tagged {tag}", shown)
    for tag in expect.proof_tags.exclude:
        carriers = [each.id for each in points if any(tag in tags for tags in each.tags.values())]
        if carriers:
            yield Mismatch(
                ("proof_tags", "exclude"), f"no proof point tagged {tag}", f"it on {show_names(carriers)}"
            )


def _words(expect: Expect, decision: Decision) -> Iterator[Mismatch]:
    play = decision.play
    if expect.message is not None and expect.message not in (play.message or ""):
        found = "no message" if play.message is None else repr(play.message)
        yield Mismatch(("message",), f"a message with {expect.message!r}", f"{found} of {play.name}")
    if expect.owner is not None:
        assignment = play.assignment
        known = () if assignment is None else (assignment.rep, assignment.via.value)
        if expect.owner not in known:
            found = "nobody" if assignment is None else str(assignment.rep or assignment.via.value)
            passed = () if assignment is None else assignment.passed
            why = tuple(f"{each.name}: {each.reason}" for each in passed)
            yield Mismatch(("owner",), expect.owner, f"{found} for {play.name}", why)
    parameters = play.parameters or {}
    for name, value in (expect.parameters or {}).items():
        if name not in parameters or parameters[name] != value or _mixed(parameters[name], value):
            found = f"{name} = {show(parameters[name])}" if name in parameters else f"no {name}"
            yield Mismatch(("parameters", name), f"{name} = {show(value)}", f"{found} on {play.name}")


def _mixed(one: object, other: object) -> bool:
    """Return True where equality would take a boolean for a number."""
    return isinstance(one, bool) is not isinstance(other, bool)
