"""One evaluation of one pack: its own tests, eval suites, laws and policy mutation, in one report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.agents.decide import decide
from segue.core.errors import InputError
from segue.evals.cases import CaseResult, Decide, Failure, FailureKind, run_cases
from segue.evals.law_types import LawResult
from segue.evals.laws import check_laws
from segue.evals.mutation import MutationReport, mutate
from segue.evals.suite_files import Suite, find_suites, suite_faults
from segue.evals.suite_run import run_suite
from segue.policies.faults import PackError
from segue.policies.pack import Pack

LEAST_SCORE = 0.9
"""The share of mutants that a pack's own tests must catch, unless a caller says otherwise."""


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """One suite and what came of its cases."""

    name: str
    title: str
    path: str
    results: tuple[CaseResult, ...]


@dataclass(frozen=True, slots=True)
class EvalReport:
    """Everything found out about one revision of one pack. A part that was not asked for is empty or None."""

    pack: str
    title: str
    revision: str
    cases: tuple[CaseResult, ...]
    suites: tuple[SuiteResult, ...]
    laws: tuple[LawResult, ...]
    mutation: MutationReport | None
    least_score: float
    seconds: float

    @property
    def results(self) -> tuple[CaseResult, ...]:
        """The cases beside the policies and those of the suites."""
        return (*self.cases, *(each for suite in self.suites for each in suite.results))

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases with a failure or a bad gold label."""
        return tuple(each for each in self.results if not each.passed)

    @property
    def broken_laws(self) -> tuple[LawResult, ...]:
        """The laws that some situation breaks."""
        return tuple(each for each in self.laws if not each.holds)

    @property
    def is_mutation_enough(self) -> bool:
        """True when mutation was not asked for or reached the least score."""
        return self.mutation is None or self.mutation.score >= self.least_score

    @property
    def passed(self) -> bool:
        """True when nothing failed, no law is broken, enough mutants were caught and there were tests at all."""
        return bool(self.cases) and not self.failed and not self.broken_laws and self.is_mutation_enough

    @property
    def exit_status(self) -> int:
        """0 when the evaluation passed, else 1. What keeps a pack from loading is raised, never reported here."""
        return 0 if self.passed else 1

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON types."""
        mutation = self.mutation
        return {
            "pack": self.pack,
            "title": self.title,
            "revision": self.revision,
            "passed": self.passed,
            "seconds": round(self.seconds, 3),
            "cases": [_case_json(each) for each in self.cases],
            "suites": [
                {
                    "suite": s.name,
                    "title": s.title,
                    "file": s.path,
                    "cases": [_case_json(r) for r in s.results],
                }
                for s in self.suites
            ],
            "laws": [_law_json(each) for each in self.laws],
            "mutation": None if mutation is None else _mutation_json(mutation, self.least_score),
        }


def suites_for(pack: Pack, paths: Sequence[str | Path] = ()) -> list[Suite]:
    """Return the suites at these paths, or those that ship for the pack when there are no paths.

    Raises:
        InputError: a suite that was named is about another pack.
        NotFoundError: a path holds no suite.
        PackError: a suite cannot be read, or names what the pack does not have.
    """
    suites = find_suites(paths)
    others = [suite for suite in suites if not suite.is_about(pack)]
    if paths and others:
        first = others[0]
        raise InputError(
            f"the suite {first.name!r} is about the pack {first.file.pack!r}, not {pack.name!r}",
            first.document.place(("pack",)),
        )
    about = [suite for suite in suites if suite.is_about(pack)]
    faults = [fault for suite in about for fault in suite_faults(suite, pack)]
    if faults:
        raise PackError(faults)
    return about


def evaluate(
    pack: Pack,
    suites: Sequence[Suite] = (),
    *,
    earlier: Sequence[Pack] = (),
    laws: int = 200,
    seed: int = 0,
    mutation: bool = True,
    least_score: float = LEAST_SCORE,
    decide: Decide = decide,
) -> EvalReport:
    """Evaluate a pack through the production path and return the report.

    `suites` are as `suites_for` gives them; `earlier` are the packs loaded before it. `laws` is on how
    many invented situations the laws are tried, 0 for none; `seed` picks other situations. Mutation
    runs the pack's own tests only.
    """
    started = time.perf_counter()
    packs = (*earlier, pack)
    cases = tuple(run_cases(pack, earlier=earlier, decide=decide))
    ran = tuple(
        SuiteResult(
            suite.name, suite.file.title, str(suite.path), tuple(run_suite(suite, packs, decide=decide))
        )
        for suite in suites
    )
    found = tuple(check_laws(packs, laws, seed, decide=decide)) if laws else ()
    mutated = mutate(pack, earlier=earlier) if mutation else None
    seconds = time.perf_counter() - started
    return EvalReport(
        pack.name, pack.file.title, pack.revision, cases, ran, found, mutated, least_score, seconds
    )


def count_kinds(results: Sequence[CaseResult]) -> Counter[FailureKind]:
    """Return how many cases failed, each counted as bad gold when only its labels are at fault."""
    found: Counter[FailureKind] = Counter()
    for each in results:
        if not each.passed:
            gold = all(failure.kind is FailureKind.BAD_GOLD for failure in each.failures)
            found[FailureKind.BAD_GOLD if gold else FailureKind.FAILED] += 1
    return found


def _case_json(result: CaseResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "file": result.place.file,
        "line": result.place.line,
        "passed": result.passed,
        "runs": result.runs,
        "failures": [_failure_json(each) for each in result.failures],
    }


def _failure_json(failure: Failure) -> dict[str, Any]:
    place = failure.place
    return {
        "kind": failure.kind.value,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "expected": failure.expected,
        "found": failure.found,
        "why": list(failure.why),
    }


def _law_json(law: LawResult) -> dict[str, Any]:
    return {
        "law": law.name,
        "statement": law.statement,
        "applied": law.applied,
        "broken": law.broken,
        "breaches": [{"situation": each.situation, "lines": list(each.lines)} for each in law.breaches],
    }


def _mutation_json(report: MutationReport, least: float) -> dict[str, Any]:
    return {
        "killed": report.killed,
        "total": report.total,
        "score": round(report.score, 4),
        "least_score": least,
        "equivalent": report.equivalent,
        "skipped_cases": report.skipped_cases,
        "survivors": [
            {
                "operator": each.operator,
                "file": each.place.file,
                "line": each.place.line,
                "column": each.place.column,
                "what": each.what,
                "hint": each.hint,
            }
            for each in report.survivors
        ],
    }
