"""What a surviving mutant means: shown to be no change at all, or the test that would catch it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from segue.evals.generate import conditions_of
from segue.evals.mutants import Mutant
from segue.evals.mutation_examples import Examples
from segue.evals.wording import show, show_case
from segue.policies.language import tree
from segue.policies.language.regions import Answer, Possible, Prover, Wanted
from segue.policies.language.tree import Expr, traits_of
from segue.policies.language.types import Type
from segue.policies.models.case import Case
from segue.policies.pack import Pack

_MOST_DECISIONS = 500
_INVENTED = 120
_HOURS = tuple(datetime(2026, 11, 23, hour, 0, tzinfo=UTC) for hour in (2, 9, 21))
"""Instants at which some reps are at work and others are not."""


class Examiner:
    """Examines the survivors of one pack. `packs` are the pack, last, and those loaded before it."""

    def __init__(self, packs: Sequence[Pack], tests: Sequence[Case]) -> None:
        self.packs = packs
        self.pack = packs[-1]
        self._prover = Prover(self.pack.evaluator)
        self._examples = Examples(packs, tests)

    def is_equivalent(self, mutant: Mutant) -> bool:
        """Return True when it is proven that no condition of the pack ever gives another verdict."""
        if mutant.suppressing is not None:
            return not self._may_be_provisional(mutant.suppressing)
        if mutant.before is None or mutant.after is None:
            return False
        if self._never_differ(mutant.before, mutant.after):
            return True
        return mutant.score is not None and self._score_is_the_same(*mutant.score)

    def hint(self, mutant: Mutant) -> str:
        """Return what test would catch a mutant: facts and what to expect of them, where some were found."""
        witness = None
        if mutant.before is not None and mutant.after is not None:
            witness = self._difference(mutant.before, mutant.after).witness
        found = self._examples.telling(mutant, witness)
        if found is None:
            return "no facts that were tried tell the two apart: it may change nothing"
        case, (key, expected, mutated) = found
        if key.startswith("excluded."):
            play = key.partition(".")[2]
            told = f"permitted: [{play}]" if expected == "permitted" else f"excluded: {{{play}: {expected}}}"
            return f"{show_case(case)}: expect {told}; the mutant gives {mutated}"
        return f"{show_case(case)}: expect {key}: {show(expected)}; the mutant gives {show(mutated)}"

    def _difference(self, before: Expr, after: Expr) -> Possible:
        if Type.RANGE in (before.type, after.type):
            return Possible(Answer.UNDECIDED)
        return self._prover.possible(Wanted(tree.Distinct(before, after), frozenset({True})))

    def _never_differ(self, before: Expr, after: Expr) -> bool:
        return self._difference(before, after).answer is Answer.NO

    def _score_is_the_same(self, name: str, after: Expr) -> bool:
        """Return True when no condition tells a changed scorecard from the pack's own.

        A score that is shown in a message, or that another score reads, is not followed.
        """
        shown = {slot.trait for play in self.pack.plays.values() for slot in play.slots}
        tagged = {key for point in self.pack.proof.values() for key in point.tags}
        if name in shown | tagged:
            return False

        def exchanged(node: Expr) -> Expr:
            return tree.rebuild(node, lambda each: after if _is_trait(each, name) else each)

        readers = [node for node in conditions_of(self.pack) if name in traits_of(node)]
        return all(self._never_differ(node, exchanged(node)) for node in readers)

    def _may_be_provisional(self, play: str) -> bool:
        """Return False when it is proven that no segment that names the play ever has a provisional label."""
        needed = frozenset(name for segment in self.pack.segments for name in segment.model.needs)
        prover = Prover(self.pack.evaluator_without(needed)) if needed else self._prover
        for segment in self.pack.segments:
            model = segment.model
            named = {name for treatment in model.surfaces.values() for name in treatment.plays}
            if play in model.on_exit:
                return True
            if play not in named | set(model.on_enter):
                continue
            before = [each.when.node for each in self.pack.segments[: segment.index] if each.when is not None]
            own = [] if segment.when is None else [Wanted(segment.when.node, frozenset({True}))]
            for open_one in before:
                others = [Wanted(n, frozenset({False, None})) for n in before if n is not open_one]
                found = prover.possible(Wanted(open_one, frozenset({None})), *own, *others)
                if found.answer is not Answer.NO:
                    return True
        return False


def _is_trait(node: Expr, name: str) -> bool:
    return isinstance(node, tree.Trait) and node.name == name
