"""Policy mutation: how many of the mistakes that a policy could hold its own tests catch.

`python -m segue.evals.mutation PACK ...` prints the score of each pack and the survivors.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segue.agents.decide import decide
from segue.agents.snapshot import Snapshot
from segue.core.errors import Place, SegueError
from segue.evals.cases import needs_decision, run_cases, snapshot_of
from segue.evals.expectations import label_mismatches, play_mismatches
from segue.evals.mutants import Mutant, mutants_of
from segue.policies.classifier import classify
from segue.policies.load import load_pack
from segue.policies.models.case import Case
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test caught."""

    operator: str
    place: Place
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what} ({self.operator})"


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
    decides: bool
    kills: int = 0

    def fails_on(self, pack: Pack) -> bool:
        """Return True when the test fails on this pack."""
        snapshot = replace(self.snapshot, pack=pack)
        expect = self.case.expect
        if not self.decides:
            label = classify(pack, snapshot.facts)
            return next(label_mismatches(expect, snapshot, label), None) is not None
        decision = decide(snapshot)
        if next(label_mismatches(expect, snapshot, decision.label), None) is not None:
            return True
        return next(play_mismatches(expect, decision), None) is not None

    def may_see(self, mutant: Mutant) -> bool:
        """Return True when the change can reach this test."""
        if not self.decides and not mutant.labels:
            return False
        if mutant.segment is not None and mutant.segment != self.segment:
            return False
        return mutant.surface is None or self.case.surface == mutant.surface


def mutate(pack: Pack, *, earlier: Sequence[Pack] = ()) -> MutationReport:
    """Return how many mutants of the pack its own tests catch. `earlier` are the packs loaded before it."""
    started = time.perf_counter()
    tests, skipped = _tests(pack, earlier)
    killed = total = 0
    survivors: list[Survivor] = []
    for mutant in mutants_of(pack):
        total += 1
        if _is_caught(mutant, tests):
            killed += 1
        else:
            survivors.append(Survivor(mutant.operator, mutant.place, mutant.what, ""))
    seconds = time.perf_counter() - started
    return MutationReport(pack.name, killed, total, tuple(survivors), 0, skipped, seconds)


def _tests(pack: Pack, earlier: Sequence[Pack]) -> tuple[list[_Test], int]:
    """Return the tests that pass on the pack itself, and how many do not."""
    found: list[_Test] = []
    failing = 0
    for result in run_cases(pack, earlier=earlier):
        if not result.passed:
            failing += 1
            continue
        case = pack.cases[result.file][result.index]
        snapshot = snapshot_of((*earlier, pack), case)
        label = classify(pack, snapshot.facts)
        decides = case.surface is not None and needs_decision(case.expect)
        found.append(_Test(case, result.file, snapshot, label.segment, decides))
    return found, failing


def _is_caught(mutant: Mutant, tests: Sequence[_Test]) -> bool:
    """Run the tests that the change can reach, the likeliest to fail first."""
    beside = mutant.file.removesuffix(".yaml") + "_test.yaml"
    pack = mutant.make()
    ready = [test for test in tests if test.may_see(mutant)]
    ready.sort(key=lambda test: (test.file != beside, -test.kills))
    for test in ready:
        if test.fails_on(pack):
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
            f"{report.skipped_cases} failing tests left out, {report.seconds:.1f} s\n"
        )
        weakest = min(weakest, report.score)
    return 0 if weakest >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
