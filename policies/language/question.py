"""One question about a set of conditions: what they read, and how they stand over some regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from segue.policies.language import tree
from segue.policies.language.atoms import Atom, Graph, Score, ScoreTest, Subject, Verdicts
from segue.policies.language.scores import ScoreDomain
from segue.policies.language.sweep import Regions, Sweep, tests_below
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

ANY_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
"""Where no trait is compared with both now() and a date, one instant is as good as any other."""

_SPAN = (datetime(200, 1, 1, tzinfo=UTC), datetime(9800, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Reading:
    """What conditions read: imported traits with their types, and the constants in them."""

    kinds: Mapping[str, Type]
    constants: Sequence[Any]


def read_by(conditions: Sequence[Expr], definitions: Mapping[str, Expr]) -> Reading:
    """Return what conditions read, derived traits followed to what they read."""
    kinds: dict[str, Type] = {}
    constants: dict[Any, None] = {}
    stack, seen = list(conditions), set[str]()
    while stack:
        for node in tree.walk(stack.pop()):
            if isinstance(node, tree.Literal) and node.value is not None:
                constants[node.value] = None
            if not isinstance(node, tree.Trait) or node.name in seen:
                continue
            seen.add(node.name)
            definition = definitions.get(node.name)
            if definition is None:
                kinds[node.name] = node.type
            else:
                stack.append(definition)
    return Reading(kinds, list(constants))


@dataclass(frozen=True)
class Question:
    """Conditions as graphs, the verdicts that are asked of each, and the tests below them."""

    goals: Sequence[tuple[Graph, Verdicts]]
    reading: Reading
    subjects: dict[Subject, list[Atom]] = field(init=False)
    scores: dict[Score, ScoreDomain] = field(init=False)

    def __post_init__(self) -> None:
        subjects: dict[Subject, list[Atom]] = {Subject(name): [] for name in self.reading.kinds}
        scores: dict[Score, list[ScoreTest]] = {}
        for test in tests_below(graph for graph, _ in self.goals):
            if isinstance(test, Atom):
                subjects.setdefault(test.subject, []).append(test)
            else:
                scores.setdefault(test.score, []).append(test)
        object.__setattr__(self, "subjects", subjects)
        object.__setattr__(self, "scores", {score: ScoreDomain(tests) for score, tests in scores.items()})

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
        beside = [each + k * timedelta(microseconds=1) for each in meetings for k in (-2, -1, 0, 1, 2)]
        return list(dict.fromkeys([ANY_INSTANT, *sorted(beside)]))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the search: how a question stands over some regions."""

    question: Question
    sweep: Sweep
    regions: Regions

    @property
    def contradicted(self) -> bool:
        """True when some goal, or a score as it was assumed, can no longer be."""
        return any(not self.sweep.verdicts(graph) & bits for graph, bits in self.question.goals) or any(
            not self.sweep.reached(score) & self.regions[score] for score in self.question.scores
        )

    def next_test(self) -> Atom | ScoreTest | None:
        """Return a test worth deciding: below a goal that is open, then below a score that was assumed."""
        for graph, bits in self.question.goals:
            if self.sweep.verdicts(graph) & ~bits:
                found = self.sweep.open_test(graph)
                if found is not None:
                    return found
        for score in self.question.scores:
            if self.sweep.reached(score) & ~self.regions[score]:
                found = self.sweep.open_item(score)
                if found is not None:
                    return found
        return None


def _less(date: datetime, offset: timedelta) -> datetime | None:
    """Return the instant at which now() + offset is the date, None when it is no instant to reckon with."""
    try:
        found = date - offset
    except OverflowError:
        return None
    return found if _SPAN[0] <= found <= _SPAN[1] else None
