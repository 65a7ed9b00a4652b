"""Eval suites through the production path, their gold labels judged by the policy itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from segue.agents.decide import decide
from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot
from segue.core.errors import SegueError
from segue.evals.cases import CaseResult, Decide, Failure, FailureKind, snapshot_of
from segue.evals.expectations import SILENCE, label_mismatches, play_mismatches, why_not_segment, why_play
from segue.evals.suite_files import Suite
from segue.evals.suite_models import SuiteCase
from segue.evals.wording import show, show_finding, show_label, show_names
from segue.policies.documents import Path as Keys
from segue.policies.models.case import Case, Expect
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack

_MOST_SHOWN = 4
"""Of the runs that fail in the same way, so many are told of beside the first."""

_SCOPES = {Scope.ACCOUNT: "facts", Scope.CONTACT: "contact", Scope.REQUEST: "context"}


def run_suite(suite: Suite, packs: Sequence[Pack], *, decide: Decide = decide) -> list[CaseResult]:
    """Run every case of a suite by the last of `packs`, in the order of the file."""
    return [run_suite_case(suite, index, packs, decide=decide) for index in range(len(suite.file.cases))]


def run_suite_case(suite: Suite, index: int, packs: Sequence[Pack], *, decide: Decide = decide) -> CaseResult:
    """Run one case of a suite, with everything that it varies, and return what failed."""
    case = suite.file.cases[index]
    runs = _Runs(suite, index, case, packs)
    failures: list[tuple[tuple[str, ...], Failure]] = []
    count = 0
    for each, varied in _variations(case, packs[-1]):
        count += 1
        try:
            snapshot = snapshot_of(packs, each)
            found = list(runs.judge(snapshot, decide(snapshot)))
        except SegueError as error:
            found = [runs.failure((), "a case that can be run", error.message)]
        failures += [(varied, one) for one in found]
    failures += [((), one) for one in runs.never_permitted()]
    name = f"{suite.name}: {case.name}"
    return CaseResult(name, str(suite.path), index, runs.place(()), tuple(_merged(failures)), count)


def _variations(case: SuiteCase, pack: Pack) -> Iterator[tuple[Case, tuple[str, ...]]]:
    """Yield a case for every combination of what is varied, and what it is in words."""
    names = list(case.vary)
    for surface, values in product(case.surface, product(*case.vary.values())):
        given: dict[str, dict[str, Any]] = {
            "facts": dict(case.facts), "contact": dict(case.contact), "context": dict(case.context),
        }  # fmt: skip
        for name, value in zip(names, values, strict=True):
            scope = pack.traits[name].scope if name in pack.traits else Scope.ACCOUNT
            given[_SCOPES[scope]][name] = value
        words = [f"{name} {show(value)}" for name, value in zip(names, values, strict=True)]
        if len(case.surface) > 1:
            words.append(f"on {surface.value}")
        yield (
            Case(
                name=case.name, facts=given["facts"], contact=given["contact"], context=given["context"],
                believed=case.believed, account=case.account, counters=case.counters,
                switched_off=case.switched_off, now=case.now, surface=surface, expect=Expect(),
            ),
            (f"where {', '.join(words)}",) if words else (),
        )  # fmt: skip


class _Runs:
    """All runs of one case: judges each, and remembers which of the allowed plays were ever permitted."""

    def __init__(self, suite: Suite, index: int, case: SuiteCase, packs: Sequence[Pack]) -> None:
        self._suite = suite
        self._at: Keys = ("cases", index)
        self._case = case
        self._packs = packs
        self._excluded = {name: "never judged" for name in case.allowed_plays or () if name != SILENCE}

    def place(self, key: Keys) -> Any:
        """Return the place of a key of the case."""
        return self._suite.document.place((*self._at, *key))

    def failure(
        self, key: Keys, expected: str, found: str, why: tuple[str, ...] = (),
        kind: FailureKind = FailureKind.FAILED,
    ) -> Failure:  # fmt: skip
        """Return a failure at a key of the case."""
        return Failure(self.place(key), expected, found, why, kind)

    def judge(self, snapshot: Snapshot, decision: Decision) -> Iterator[Failure]:
        """Yield what fails in one run."""
        for name in list(self._excluded):
            finding = decision.finding(name)
            if finding is None or finding.permitted:
                self._excluded.pop(name)
            else:
                self._excluded[name] = show_finding(finding)
        yield from self._gold(snapshot, decision)
        yield from self._plays(decision)
        yield from self._reasons(decision)
        yield from self._texts(decision)
        if self._case.expect is not None:
            for one in label_mismatches(self._case.expect, snapshot, decision.label):
                yield self.failure(("expect", *one.key), one.expected, one.found, one.why)
            for one in play_mismatches(self._case.expect, decision):
                yield self.failure(("expect", *one.key), one.expected, one.found, one.why)

    def never_permitted(self) -> Iterator[Failure]:
        """Yield a bad gold label for each allowed play that policy permitted in no run."""
        allowed = self._case.allowed_plays or []
        for name, said in self._excluded.items():
            yield self.failure(
                ("allowed_plays", allowed.index(name)),
                f"{name} allowed",
                f"policy never permits it here: {said}",
                kind=FailureKind.BAD_GOLD,
            )

    def _gold(self, snapshot: Snapshot, decision: Decision) -> Iterator[Failure]:
        gold = self._case.gold
        if gold is None:
            return
        if gold.segment is not None and gold.segment != decision.label.segment:
            policy = snapshot.pack.by_name[gold.segment]
            verdict = None
            if policy.when is not None:
                verdict = snapshot.pack.evaluator.verdict(
                    policy.when.node, snapshot.facts.account, snapshot.facts.now
                )
            kind = FailureKind.BAD_GOLD if verdict is False else FailureKind.FAILED
            why = why_not_segment(snapshot, decision.label, gold.segment)
            yield self.failure(("gold", "segment"), gold.segment, show_label(decision.label), why, kind)
        if gold.play is not None and gold.play != decision.play.name:
            finding = decision.finding(gold.play)
            kind = FailureKind.FAILED if finding is None or finding.permitted else FailureKind.BAD_GOLD
            why = why_play(decision, (gold.play,))
            yield self.failure(("gold", "play"), gold.play, decision.play.name, why, kind)

    def _plays(self, decision: Decision) -> Iterator[Failure]:
        case, chosen = self._case, decision.play.name
        if case.allowed_plays is not None and chosen not in case.allowed_plays:
            why = why_play(decision, tuple(case.allowed_plays))
            yield self.failure(("allowed_plays",), f"one of {show_names(case.allowed_plays)}", chosen, why)
        for index, name in enumerate(case.forbidden_plays):
            finding = decision.finding(name)
            if chosen == name or (finding is not None and finding.permitted):
                found = "chosen" if chosen == name else "permitted"
                why = why_play(decision, (name,))
                yield self.failure(("forbidden_plays", index), f"{name} excluded", f"it {found}", why)

    def _reasons(self, decision: Decision) -> Iterator[Failure]:
        required = self._case.required_reasons
        if isinstance(required, dict):
            for play, reason in required.items():
                finding = decision.finding(play)
                if finding is None or finding.reason != reason:
                    said = "always permitted" if finding is None else show_finding(finding)
                    yield self.failure(("required_reasons", play), f"{play} {reason}", f"{play} {said}")
        else:
            reasons = {each.reason for each in decision.findings if not each.permitted}
            for index, reason in enumerate(required):
                if reason not in reasons:
                    shown = show_names(sorted(reasons))
                    yield self.failure(("required_reasons", index), f"a play excluded for {reason}", shown)
        for index, reason in enumerate(self._case.forbidden_reasons):
            for finding in decision.findings:
                if finding.reason == reason and not finding.permitted:
                    found = f"{finding.play} {show_finding(finding)}"
                    yield self.failure(("forbidden_reasons", index), f"no play excluded for {reason}", found)

    def _texts(self, decision: Decision) -> Iterator[Failure]:
        shown = list(_texts_in(decision.to_json()["play"]))
        for index, text in enumerate(self._case.forbidden_text):
            if any(text in each for each in shown):
                found = f"{decision.play.name}: {decision.play.message!r}"
                yield self.failure(("forbidden_text", index), f"{text!r} nowhere in the play", found)


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text in plain JSON, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(each)


def _merged(failures: Sequence[tuple[tuple[str, ...], Failure]]) -> Iterator[Failure]:
    """Yield each failure once, told of the first run that shows it, with the other runs that do in words."""
    same: dict[tuple[object, ...], list[tuple[tuple[str, ...], Failure]]] = {}
    for varied, each in failures:
        same.setdefault((each.place, each.expected, each.found, each.kind), []).append((varied, each))
    for group in same.values():
        varied, first = group[0]
        others = [f"and {line}" for words, _ in group[1:] for line in words]
        more = len(others) - _MOST_SHOWN
        shown = (*others[:_MOST_SHOWN], f"and in {more} more runs") if more > 0 else tuple(others)
        yield replace(first, why=(*varied, *first.why, *shown))
