"""Policy mutation: how many of the mistakes that a policy could hold its own tests catch.

`python -m segue.evals.mutation PACK ...` prints the score of each pack and the survivors.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from segue.agents.decide import decide
from segue.agents.snapshot import Snapshot
from segue.core.errors import Place, SegueError
from segue.evals.cases import needs_decision, run_cases, snapshot_of
from segue.evals.expectations import label_mismatches, play_mismatches
from segue.evals.mutants import Mutant, mutants_of
from segue.evals.mutation_survivors import Examiner
from segue.policies.classifier import classify, segment_of
from segue.policies.language.python import predicate_function, value_function
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.load import load_pack
from segue.policies.models.case import Case
from segue.policies.models.play import Kind
from segue.policies.pack import Pack, Values


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test caught."""

    operator: str
    place: Place
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what} ({self.operator})\n    {self.hint}"


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What the tests of one pack caught. `score` is the share of mutants killed, 1 when there were none."""

    pack: str
    killed: int
    total: int
    survivors: tuple[Survivor, ...]
    equivalent: int = 0
    """Mutants shown to decide the same as the pack: not counted."""
    skipped_cases: int = 0
    """Tests that fail on the pack itself and so can catch nothing."""
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """Killed over total, 0 to 1."""
        return self.killed / self.total if self.total else 1.0


@dataclass(slots=True)
class _Test:
    """One passing test, ready to be run on any mutant: its facts are taken once."""

    case: Case
    file: str
    snapshot: Snapshot
    segment: str
    code: int
    """What the pack's own label function gives."""
    decides: bool
    asks: bool
    """True when the decision may depend on labels that other facts would give: it picks a question."""
    kills: int = 0

    def fails_on(self, pack: Pack) -> bool:
        """Return True when the test fails on this pack."""
        snapshot = replace(self.snapshot, pack=pack)
        expect = self.case.expect
        if not self.decides:
            if expect.missing is None and not snapshot.facts.believed:
                facts = snapshot.facts
                if pack.label_code(facts.account, facts.now) == self.code:
                    return False
            label = classify(pack, snapshot.facts)
            return next(label_mismatches(expect, snapshot, label), None) is not None
        decision = decide(snapshot)
        if next(label_mismatches(expect, snapshot, decision.label), None) is not None:
            return True
        return next(play_mismatches(expect, decision), None) is not None

    def may_see(self, mutant: Mutant, change: _Reach | None) -> bool:
        """Return True unless it is certain that the change does not reach this test."""
        if not self.decides and not mutant.labels:
            return False
        if mutant.segment is not None and mutant.segment != self.segment:
            return False
        if mutant.stated is not None and not getattr(self.case, mutant.stated):
            return False
        if mutant.surface is not None and self.case.surface != mutant.surface:
            return False
        if change is None or self.snapshot.facts.believed or (mutant.labels and self.asks):
            return True
        facts = self.snapshot.facts
        if change.differs(facts.merged, facts.now):
            return True
        if not mutant.labels:
            return False
        if facts.merged is not facts.account and change.differs(facts.account, facts.now):
            return True
        return self.case.expect.missing is not None and change.is_open(facts.account, facts.now)


class _Reach:
    """The two sides of a change, to be tried on the facts of a test before the test is run."""

    def __init__(self, pack: Pack, before: Expr, after: Expr) -> None:
        self._functions = [self._function(pack, node) for node in (before, after)]

    def differs(self, values: Values, now: datetime) -> bool:
        """Return True when the two sides give different answers."""
        before, after = (function(values, now) for function in self._functions)
        return bool(before != after) or type(before) is not type(after)

    def is_open(self, values: Values, now: datetime) -> bool:
        """Return True when the answer is unknown, so that what is missing may differ all the same."""
        found = self._functions[0](values, now)
        return found is None or (isinstance(found, tuple) and found[0] != found[-1])

    def _function(self, pack: Pack, node: Expr) -> Any:
        make = predicate_function if node.type is Type.BOOLEAN else value_function
        return make(node, pack.definitions, pack.absent)


def mutate(pack: Pack, *, earlier: Sequence[Pack] = ()) -> MutationReport:
    """Return how many mutants of the pack its own tests catch. `earlier` are the packs loaded before it.

    A survivor that is proven to give every verdict that the pack gives is not counted.
    """
    started = time.perf_counter()
    tests, skipped = _tests(pack, earlier)
    examiner = Examiner((*earlier, pack), [test.case for test in tests])
    killed = equivalent = 0
    survivors: list[Survivor] = []
    for mutant in mutants_of(pack):
        if _is_caught(pack, mutant, tests):
            killed += 1
        elif examiner.is_equivalent(mutant):
            equivalent += 1
        else:
            survivors.append(Survivor(mutant.operator, mutant.place, mutant.what, examiner.hint(mutant)))
    seconds = time.perf_counter() - started
    total = killed + len(survivors)
    return MutationReport(pack.name, killed, total, tuple(survivors), equivalent, skipped, seconds)


def _tests(pack: Pack, earlier: Sequence[Pack]) -> tuple[list[_Test], int]:
    """Return the tests that pass on the pack itself, and how many do not."""
    found: list[_Test] = []
    failing = 0
    asking = {name for name, play in pack.plays.items() if play.model.kind is Kind.ASK}
    for result in run_cases(pack, earlier=earlier):
        if not result.passed:
            failing += 1
            continue
        case = pack.cases[result.file][result.index]
        snapshot = snapshot_of((*earlier, pack), case)
        policy, _ = segment_of(pack, snapshot.facts)
        code = pack.label_code(snapshot.facts.account, snapshot.facts.now)
        decides = case.surface is not None and needs_decision(case.expect)
        treatment = policy.model.surfaces.get(case.surface) if case.surface is not None else None
        asks = treatment is not None and not asking.isdisjoint(treatment.plays)
        found.append(_Test(case, result.file, snapshot, policy.name, code, decides, asks))
    return found, failing


def _is_caught(pack: Pack, mutant: Mutant, tests: Sequence[_Test]) -> bool:
    """Run the tests that the change can reach, the likeliest to fail first."""
    beside = mutant.file.removesuffix(".yaml") + "_test.yaml"
    change = None
    if mutant.before is not None and mutant.after is not None:
        change = _Reach(pack, mutant.before, mutant.after)
    ready = [test for test in tests if test.may_see(mutant, change)]
    ready.sort(key=lambda test: (test.file != beside, -test.kills))
    changed = mutant.make() if ready else pack
    for test in ready:
        if test.fails_on(changed):
            test.kills += 1
            return True
    return False


def main(arguments: Sequence[str]) -> int:
    """Print the score and survivors of the packs named; return 0 when each reaches 90%, else 1, or 2 not loaded."""
    packs: list[Pack] = []
    weakest = 1.0
    for name in arguments:
        try:
            packs.append(load_pack(name, packs))
        except SegueError as error:
            for line in getattr(error, "faults", (error,)):
                sys.stdout.write(f"{line}\n")
            return 2
        report = mutate(packs[-1], earlier=packs[:-1])
        for survivor in report.survivors:
            sys.stdout.write(f"{survivor}\n")
        sys.stdout.write(
            f"{report.pack}: {report.killed} of {report.total} mutants caught, {report.score:.1%}, "
            f"{report.equivalent} equivalent, {report.skipped_cases} failing tests left out, {report.seconds:.1f} s\n"
        )
        weakest = min(weakest, report.score)
    return 0 if weakest >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
