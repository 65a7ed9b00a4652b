"""Can a condition ever be true? Decided over the regions that its own constants cut each trait into.

Every trait has finitely many regions in which no test of it changes its answer. The search assigns
regions trait by trait and judges the condition after each step with what is decided so far, so that
whole branches fall away at once. NO is a proof: no values of the traits give the verdict, whatever
the instant (between the years 200 and 9800). YES comes with values that do, tried out. Arithmetic
and comparisons of one trait with another are not followed: where they matter the answer is
UNDECIDED, unless some values tried out settle it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from segue.policies.language import tree
from segue.policies.language.atoms import Atom, Graph, Subject, Verdicts, bit_of
from segue.policies.language.cuts import Bounds
from segue.policies.language.domains import Domain, Domains
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.outline import Outliner, TooLargeError
from segue.policies.language.sweep import Regions, Sweep, atoms_below
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

ANY_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
"""Where no trait is compared with both now() and a date, one instant is as good as any other."""

BUDGET = 5_000
_TRIES = 200
_INSTANTS = 100
_SPAN = (datetime(200, 1, 1, tzinfo=UTC), datetime(9800, 1, 1, tzinfo=UTC))


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
            goals = [(self._outliner.condition(w.node), _bits(w.verdicts)) for w in wanted]
        except TooLargeError:
            return Possible(Answer.UNDECIDED)
        question = _Question(wanted, goals, self._read(wanted))
        instants = question.instants()
        if len(instants) > _INSTANTS:
            return Possible(Answer.UNDECIDED)
        undecided = False
        for now in instants:
            found = self._at(question, now)
            if found.answer is Answer.YES:
                return found
            undecided = undecided or found.answer is Answer.UNDECIDED
        return Possible(Answer.UNDECIDED if undecided else Answer.NO)

    def _read(self, wanted: Sequence[Wanted]) -> tuple[dict[str, Type], list[Any]]:
        """Return the imported traits that the conditions read, with types, and the constants in them."""
        kinds: dict[str, Type] = {}
        constants: dict[Any, None] = {}
        stack, seen = [each.node for each in wanted], set[str]()
        while stack:
            for node in tree.walk(stack.pop()):
                if isinstance(node, tree.Literal) and node.value is not None:
                    constants[node.value] = None
                if not isinstance(node, tree.Trait) or node.name in seen:
                    continue
                seen.add(node.name)
                definition = self.evaluator.definitions.get(node.name)
                if definition is None:
                    kinds[node.name] = node.type
                else:
                    stack.append(definition)
        return kinds, list(constants)

    def _at(self, question: _Question, now: datetime) -> Possible:
        """Search at one instant."""
        domains = {
            subject: self._domains.of(subject, question.kinds[subject.trait], atoms, question.constants, now)
            for subject, atoms in question.subjects.items()
        }
        start = {subject: domain.full for subject, domain in domains.items()}
        stack, undecided = [start], False
        for _ in range(self.budget):
            if not stack:
                return Possible(Answer.UNDECIDED if undecided else Answer.NO)
            regions = stack.pop()
            sweep = Sweep(domains, regions)
            judged = [sweep.verdicts(graph) for graph, _ in question.goals]
            goals = list(zip(judged, (bits for _, bits in question.goals), strict=True))
            if any(not found & bits for found, bits in goals):
                continue
            settled = all(not found & ~bits for found, bits in goals)
            atom = None if settled else self._next(sweep, question.goals, goals)
            if atom is None:
                witness = self._try(question, domains, regions, now)
                if witness is not None:
                    return Possible(Answer.YES, witness, now)
                undecided = True
                continue
            parts = domains[atom.subject].parts(atom, regions[atom.subject])
            stack.extend({**regions, atom.subject: part} for part in reversed(parts))
        return Possible(Answer.UNDECIDED)

    def _next(
        self, sweep: Sweep, graphs: Sequence[tuple[Graph, Verdicts]], goals: Sequence[tuple[int, int]]
    ) -> Atom | None:
        """Return an atom that is worth deciding: below a goal that is still open."""
        for (graph, _), (found, bits) in zip(graphs, goals, strict=True):
            if found & ~bits:
                atom = sweep.open_atom(graph)
                if atom is not None:
                    return atom
        return None

    def _try(
        self, question: _Question, domains: Mapping[Subject, Domain], regions: Regions, now: datetime
    ) -> dict[str, Any] | None:
        """Return values from these regions that give what is wanted, tried out, or None."""
        for values in itertools.islice(_rows(question.kinds, domains, regions), _TRIES):
            if all(
                self.evaluator.verdict(each.node, values, now) in each.verdicts for each in question.wanted
            ):
                return values
        return None


@dataclass(frozen=True)
class _Question:
    """One question, with what the search needs to know of it."""

    wanted: Sequence[Wanted]
    goals: Sequence[tuple[Graph, Verdicts]]
    read: tuple[dict[str, Type], list[Any]]
    subjects: dict[Subject, list[Atom]] = field(init=False)

    def __post_init__(self) -> None:
        subjects: dict[Subject, list[Atom]] = {Subject(name): [] for name in self.kinds}
        for atom in atoms_below(graph for graph, _ in self.goals):
            subjects.setdefault(atom.subject, []).append(atom)
        object.__setattr__(self, "subjects", subjects)

    @property
    def kinds(self) -> dict[str, Type]:
        """The imported traits read, with their types."""
        return self.read[0]

    @property
    def constants(self) -> list[Any]:
        """The constants in the conditions."""
        return self.read[1]

    def instants(self) -> list[datetime]:
        """Return instants that cover every order of now() among the dates it meets through a trait.

        Time goes by in microseconds, so two dates may also be next to each other, or one apart.
        """
        meetings: set[datetime] = set()
        for atoms in self.subjects.values():
            sides = [side for atom in atoms for side in tree.children(atom.node)]
            dates = {s.value for s in sides if isinstance(s, tree.Literal) and isinstance(s.value, datetime)}
            offsets = {side.offset for side in sides if isinstance(side, tree.Now)}
            meetings |= {m for d in dates for o in offsets if (m := _less(d, o)) is not None}
        if not meetings:
            return [ANY_INSTANT]
        beside = [each + k * timedelta(microseconds=1) for each in meetings for k in (-2, -1, 0, 1, 2)]
        return list(dict.fromkeys([ANY_INSTANT, *sorted(beside)]))


def _less(date: datetime, offset: timedelta) -> datetime | None:
    """Return the instant at which now() + offset is the date, None when it is no instant to reckon with."""
    try:
        found = date - offset
    except OverflowError:
        return None
    return found if _SPAN[0] <= found <= _SPAN[1] else None


def _bits(verdicts: Collection[bool | None]) -> Verdicts:
    return sum(bit_of(verdict) for verdict in set(verdicts))


def _rows(
    kinds: Mapping[str, Type], domains: Mapping[Subject, Domain], regions: Regions
) -> Iterator[dict[str, Any]]:
    """Yield rows of values from the regions, the likeliest first."""
    choices: dict[Subject, list[Any]] = {}
    for subject, domain in domains.items():
        held = [s for i, s in enumerate(domain.samples) if regions[subject] >> i & 1]
        deepest = max(len(samples) for samples in held)
        choices[subject] = [s[depth] for depth in range(deepest) for s in held if depth < len(s)]
    subjects = list(choices)
    for picked in _scattered([choices[subject] for subject in subjects]):
        row = dict(zip(subjects, picked, strict=True))
        yield {name: _value(name, kind, row) for name, kind in kinds.items()}


def _scattered(choices: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield picks of one from each: all of them when they are few, else the first ones and a scatter."""
    if math.prod(len(each) for each in choices) <= _TRIES:
        yield from itertools.product(*choices)
        return
    for step in range(max(len(each) for each in choices)):
        yield tuple(each[step % len(each)] for each in choices)
    for step in itertools.count(1):
        yield tuple(each[(step * (7 + 2 * i) + step // 5) % len(each)] for i, each in enumerate(choices))


def _value(name: str, kind: Type, row: Mapping[Subject, Any]) -> Any:
    value = row[Subject(name)]
    if kind is not Type.TEXT_LIST or value is None:
        return value
    return tuple(s.item for s, held in row.items() if s.trait == name and s.item is not None and held)
