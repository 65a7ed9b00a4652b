"""A condition as a graph over atoms, each of which reads one trait: what region analysis works on.

Derived traits are followed to their definitions, and a comparison with a CASE becomes a choice
between comparisons, so that what is left at the bottom are tests of one imported trait against
constants. What is no such test (arithmetic, one trait against another) keeps its place as `Fixed`,
with every verdict that it might give.
"""

from __future__ import annotations

from dataclasses import dataclass

from segue.policies.language.tree import CompareOp, Expr

Verdicts = int
"""A set of verdicts as bits: TRUE, FALSE and UNKNOWN, or'ed together."""

TRUE, FALSE, UNKNOWN = 1, 2, 4
ANY = TRUE | FALSE | UNKNOWN


def bit_of(verdict: bool | None) -> Verdicts:
    """Return the set that holds one verdict."""
    return UNKNOWN if verdict is None else TRUE if verdict else FALSE


@dataclass(frozen=True, slots=True)
class Subject:
    """What an atom asks about: a trait, or for a list whether one item is in it."""

    trait: str
    item: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Atom:
    """A test of one subject. `node` is a predicate over the subject's trait alone."""

    subject: Subject
    node: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Fixed:
    """A condition that gives one of these verdicts, whatever the regions."""

    verdicts: Verdicts


@dataclass(frozen=True, eq=False, slots=True)
class All:
    """Every item: AND."""

    items: tuple[Graph, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Either:
    """Any item: OR."""

    items: tuple[Graph, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Opposite:
    """NOT."""

    operand: Graph


@dataclass(frozen=True, eq=False, slots=True)
class Is:
    """True when the operand gives one of `verdicts`, else false."""

    operand: Graph
    verdicts: Verdicts


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """The outcome of the first branch whose condition is true, else the default."""

    branches: tuple[tuple[Graph, Graph], ...]
    default: Graph


@dataclass(frozen=True, eq=False, slots=True)
class ScoreTest:
    """A score against a number: `score op value`."""

    score: Score
    op: CompareOp
    value: float


Graph = Atom | Fixed | All | Either | Opposite | Is | Choice | ScoreTest


@dataclass(frozen=True, eq=False, slots=True)
class Number:
    """A score that is a number, both ends the same."""

    value: float


@dataclass(frozen=True, eq=False, slots=True)
class Card:
    """A scorecard: conditions and what each adds, in millionths."""

    items: tuple[tuple[Graph, int], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """`left + right`, or `left - right` when `minus`, in doubles."""

    left: Score
    right: Score
    minus: bool


@dataclass(frozen=True, eq=False, slots=True)
class Anything:
    """A score of which nothing is known."""


Score = Number | Card | Sum | Anything
