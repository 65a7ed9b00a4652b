"""Can a condition ever be true? Decided over the regions that its own constants cut each trait into.

Every trait has finitely many regions in which no test of it changes its answer. The search assigns
regions trait by trait and judges the condition after each step with what is decided so far, so that
whole branches fall away at once. NO is a proof: no values of the traits give the verdict, whatever
the instant (between the years 200 and 9800). YES comes with values that do, tried out. Arithmetic
and comparisons of one trait with another are not followed: where they matter the answer is
UNDECIDED, unless some values tried out settle it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from segue.policies.language.atoms import Atom, Score, Subject, Verdicts, bit_of
from segue.policies.language.cuts import Bounds
from segue.policies.language.domains import Domain, Domains
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.outline import Outliner, TooLargeError
from segue.policies.language.question import Question, Step, read_by
from segue.policies.language.sweep import Regions, Sweep
from segue.policies.language.tree import Expr
from segue.policies.language.witnesses import TRIES, rows

BUDGET = 5_000
_INSTANTS = 100


class Answer(StrEnum):
    """What is known of whether something can be."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Possible:
    """An answer; for YES with the values, and the instant, that show it."""

    answer: Answer
    witness: Mapping[str, Any] | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A condition and the verdicts that are asked of it: True, False, or None for unknown."""

    node: Expr
    verdicts: frozenset[bool | None]


def possible(
    node: Expr,
    verdict: bool | None,
    definitions: Mapping[str, Expr] | None = None,
    absent: Mapping[str, Any] | None = None,
    assuming: Sequence[Wanted] = (),
) -> Possible:
    """Return whether a condition can give a verdict while every assumption holds.

    `definitions` are the derived traits, `absent` what it means that a trait is unknown.
    """
    prover = Prover(Evaluator(definitions, absent))
    return prover.possible(Wanted(node, frozenset({verdict})), *assuming)


class Prover:
    """Answers many questions over one set of derived traits, outlining each condition once.

    `bounds` are the least and most that a numeric trait can be by what it means. A question is
    given up as undecided after `budget` steps.
    """

    def __init__(
        self, evaluator: Evaluator, bounds: Mapping[str, Bounds] | None = None, budget: int = BUDGET
    ) -> None:
        self.evaluator = evaluator
        self.budget = budget
        self._domains = Domains(evaluator.absent, bounds or {})
        self._outliner = Outliner(evaluator.definitions)

    def possible(self, *wanted: Wanted) -> Possible:
        """Return whether all of these can be at once."""
        try:
            goals = [(self._outliner.condition(each.node), _bits(each.verdicts)) for each in wanted]
        except TooLargeError:
            return Possible(Answer.UNDECIDED)
        question = Question(goals, read_by([each.node for each in wanted], self.evaluator.definitions))
        instants = question.instants()
        if len(instants) > _INSTANTS:
            return Possible(Answer.UNDECIDED)
        undecided = False
        for now in instants:
            found = self._at(wanted, question, now)
            if found.answer is Answer.YES:
                return found
            undecided = undecided or found.answer is Answer.UNDECIDED
        return Possible(Answer.UNDECIDED if undecided else Answer.NO)

    def _at(self, wanted: Sequence[Wanted], question: Question, now: datetime) -> Possible:
        """Search at one instant."""
        kinds, constants = question.reading.kinds, question.reading.constants
        domains = {
            subject: self._domains.of(subject, kinds[subject.trait], atoms, constants, now)
            for subject, atoms in question.subjects.items()
        }
        start: dict[Subject | Score, int] = {subject: domain.full for subject, domain in domains.items()}
        start.update({score: domain.full for score, domain in question.scores.items()})
        stack, undecided = [start], False
        for _ in range(self.budget):
            if not stack:
                return Possible(Answer.UNDECIDED if undecided else Answer.NO)
            regions = stack.pop()
            step = Step(question, Sweep(domains, question.scores, regions), regions)
            if step.contradicted:
                continue
            test = step.next_test()
            if test is None:
                witness = self._tried(wanted, question, domains, regions, now)
                if witness is not None:
                    return Possible(Answer.YES, witness, now)
                undecided = True
                continue
            split = test.subject if isinstance(test, Atom) else test.score
            stack.extend({**regions, split: part} for part in reversed(step.sweep.parts(test)))
        return Possible(Answer.UNDECIDED)

    def _tried(
        self,
        wanted: Sequence[Wanted],
        question: Question,
        domains: Mapping[Subject, Domain],
        regions: Regions,
        now: datetime,
    ) -> dict[str, Any] | None:
        """Return values from these regions that give what is wanted, tried out, or None."""
        for values in islice(rows(question.reading.kinds, domains, regions), TRIES):
            if all(self.evaluator.verdict(each.node, values, now) in each.verdicts for each in wanted):
                return values
        return None


def _bits(verdicts: Collection[bool | None]) -> Verdicts:
    return sum(bit_of(verdict) for verdict in set(verdicts))
