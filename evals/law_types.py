"""What a metamorphic law is: a change of the situation, and what must then still hold of the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any

from segue.agents.decide import decide
from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot
from segue.evals.cases import Decide, snapshot_of
from segue.evals.generate import Generator
from segue.evals.wording import show_case
from segue.policies.language.python import predicate_function
from segue.policies.language.thresholds import expand
from segue.policies.language.tree import Expr, traits_of
from segue.policies.models.case import Case
from segue.policies.pack import Pack, Values


@dataclass
class World:
    """The packs under study, the deciding one last, and what decides."""

    packs: Sequence[Pack]
    generator: Generator
    decide: Decide = decide
    kept: dict[str, Any] = field(default_factory=dict)
    """What laws work out once for this pack."""
    _decisions: dict[int, tuple[Case, Decision]] = field(default_factory=dict)
    _reads: dict[tuple[int, ...], tuple[tuple[Expr, ...], frozenset[str]]] = field(default_factory=dict)
    _functions: dict[int, tuple[Expr, Callable[[Values, datetime | None], bool | None]]] = field(
        default_factory=dict
    )

    @property
    def pack(self) -> Pack:
        """The pack that decides."""
        return self.packs[-1]

    def snapshot(self, case: Case) -> Snapshot:
        """Return the snapshot of a case."""
        return snapshot_of(self.packs, case)

    def decision(self, case: Case) -> Decision:
        """Return the decision of a case, taken once for each case."""
        known = self._decisions.get(id(case))
        if known is None:
            known = self._decisions[id(case)] = (case, self.decide(self.snapshot(case)))
        return known[1]

    def reads(self, *nodes: Expr) -> frozenset[str]:
        """Return every trait that conditions read, directly or through derived traits."""
        key = tuple(id(node) for node in nodes)
        known = self._reads.get(key)
        if known is None:
            parts = expand(nodes, self.pack.definitions)
            found = frozenset(name for part in parts for name in traits_of(part))
            known = self._reads[key] = (nodes, found)
        return known[1]

    def function(self, node: Expr) -> Callable[[Values, datetime | None], bool | None]:
        """Return a condition of the pack, compiled."""
        known = self._functions.get(id(node))
        if known is None:
            compiled = predicate_function(node, self.pack.definitions, self.pack.absent)
            known = self._functions[id(node)] = (node, compiled)
        return known[1]

    @cached_property
    def without_meaning(self) -> frozenset[str]:
        """The imported traits whose absence says nothing: removing one makes it unknown."""
        return frozenset(name for name in self.generator.traits if name not in self.pack.absent)


Verdict = tuple[str, ...] | None
"""None where the law says nothing of a situation, () where it holds, else how it is broken, line by line."""

NOT_APPLICABLE: Verdict = None
HOLDS: Verdict = ()


@dataclass(frozen=True, slots=True)
class Law:
    """A law that holds for any pack.

    `changes` gives what to try on a situation; `judge` says of one of them whether the law holds.
    """

    name: str
    statement: str
    judge: Callable[[World, Case, Any], Verdict]
    changes: Callable[[World, Case, Random], Iterable[Any]] = lambda *_: (None,)
    every: int = 1
    """Only every so many situations are tried, for a law that costs much."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A situation that breaks a law, with as few facts as still do, and how it does."""

    case: Case
    lines: tuple[str, ...]

    @property
    def situation(self) -> str:
        """The facts and the surface on one line, as a case would state them."""
        return show_case(self.case)


@dataclass(frozen=True, slots=True)
class LawResult:
    """One law over all situations. `applied` counts how often it had something to say."""

    name: str
    statement: str
    applied: int
    broken: int
    breaches: tuple[Breach, ...]
    """Some of the situations that break it, shrunk."""

    @property
    def holds(self) -> bool:
        """True when nothing broke the law."""
        return self.broken == 0


def changed(case: Case, scope: str, values: Mapping[str, Any]) -> Case:
    """Return the case with other facts of one scope: `facts`, `contact` or `context`."""
    return case.model_copy(update={scope: dict(values)})
