"""What a surviving mutant means: shown to be no change at all, or the test that would catch it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any

from segue.agents.decide import decide
from segue.core.errors import SegueError
from segue.evals.cases import snapshot_of
from segue.evals.generate import Generator, conditions_of
from segue.evals.mutants import Mutant
from segue.evals.outcome import first_difference, outcome_of, shrink
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
        self.tests = tests
        self._prover = Prover(self.pack.evaluator)

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
        found = self._telling_case(mutant)
        if found is None:
            return "no facts that were tried tell the two apart: it may change nothing"
        case, (key, expected, mutated) = found
        return f"{show_case(case)}: expect {key}: {show(expected)}; the mutant gives {show(mutated)}"

    def _difference(self, before: Expr, after: Expr) -> Possible:
        return self._prover.possible(Wanted(tree.Distinct(before, after), frozenset({True})))

    def _never_differ(self, before: Expr, after: Expr) -> bool:
        if Type.RANGE in (before.type, after.type):
            return False
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

    def _telling_case(self, mutant: Mutant) -> tuple[Case, tuple[str, Any, Any]] | None:
        changed = mutant.make()
        for case in islice(self._trials(mutant), _MOST_DECISIONS):
            if self._told(case, changed) is not None:
                small = shrink(case, lambda each: self._told(each, changed) is not None, 100)
                told = self._told(small, changed)
                assert told is not None
                return small, told
        return None

    def _told(self, case: Case, changed: Pack) -> tuple[str, Any, Any] | None:
        """Return the first key under which the pack and its mutant differ on a case."""
        try:
            one = decide(snapshot_of(self.packs, case))
            other = decide(snapshot_of((*self.packs[:-1], changed), case))
        except SegueError:
            return None
        return first_difference(outcome_of(one), outcome_of(other))

    def _trials(self, mutant: Mutant) -> Iterator[Case]:
        """Yield cases worth trying: known ones and invented ones, overlaid with facts at the changed place."""
        bases = [case for case in (*self._invented, *self.tests) if mutant.surface in (None, case.surface)]
        overlays = list(self._overlays(mutant)) or [{}]
        for case in bases[:_INVENTED]:
            yield self._overlaid(case, overlays[0])
        if mutant.file == "routing.yaml":
            yield from (case.model_copy(update={"now": now}) for now in _HOURS for case in bases[:60])
        for overlay in overlays[1:]:
            for case in bases[: _MOST_DECISIONS // (2 * len(overlays)) + 1]:
                yield self._overlaid(case, overlay)
        yield from bases

    @cached_property
    def _invented(self) -> list[Case]:
        return list(self._generator.cases(_INVENTED))

    @cached_property
    def _generator(self) -> Generator:
        return Generator(self.pack, seed=1)

    def _overlays(self, mutant: Mutant) -> Iterator[dict[str, Any]]:
        if (
            mutant.before is not None
            and mutant.after is not None
            and Type.RANGE
            not in (
                mutant.before.type,
                mutant.after.type,
            )
        ):
            witness = self._difference(mutant.before, mutant.after).witness
            if witness is not None:
                yield {name: value for name, value in witness.items() if name in self._generator.traits}
        nodes = [node for node in (mutant.before, mutant.after) if node is not None]
        for name in sorted({trait for node in nodes for trait in traits_of(node)}):
            if name in self._generator.traits:
                for value in self._generator.near(name, nodes)[:12]:
                    yield {name: value}

    def _overlaid(self, case: Case, overlay: dict[str, Any]) -> Case:
        given = {**case.facts, **case.contact, **case.context, **overlay}
        known = {name: value for name, value in given.items() if value is not None}
        placed = self._generator.case(known, case.surface, case.name)
        return placed.model_copy(
            update={"believed": case.believed, "counters": case.counters, "now": case.now}
        )


def _is_trait(node: Expr, name: str) -> bool:
    return isinstance(node, tree.Trait) and node.name == name
