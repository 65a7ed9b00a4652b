"""A pack as it runs: models with every predicate compiled, immutable, named by its content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.policies.artifact import Artifact
from segue.policies.documents import Document
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.explain import Explainer
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.models.case import Case
from segue.policies.models.pack import PackFile, Terms
from segue.policies.models.personas import Personas
from segue.policies.models.play import Play
from segue.policies.models.proof import ProofPoint
from segue.policies.models.routing import Routing
from segue.policies.models.segment import Limit, Segment
from segue.policies.models.traits import Layer, Scope, Trait

Values = Mapping[str, Any]
"""Trait values as `coerce` gives them; a trait that is unknown is None or left out."""


@dataclass(frozen=True, eq=False, slots=True)
class Condition:
    """A predicate of the pack, ready to run. `file` and `path` say where it stands."""

    text: str
    node: Expr
    function: Callable[[Values, datetime | None], bool | None]
    file: str
    path: tuple[str | int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class CompiledRule:
    """A rule that forbids plays. `name` tells guardrails and the rules of a segment apart."""

    name: str
    plays: frozenset[str]
    when: Condition
    reason: str


@dataclass(frozen=True, eq=False, slots=True)
class SegmentPolicy:
    """One segment's policy, compiled. The residual's `when` is None."""

    model: Segment
    index: int
    when: Condition | None
    rules: tuple[CompiledRule, ...]

    @property
    def name(self) -> str:
        """The segment's name."""
        return self.model.segment

    @property
    def limits(self) -> list[Limit]:
        """How often its plays may be delivered."""
        return self.model.limits


@dataclass(frozen=True, eq=False, slots=True)
class CompiledPlay:
    """A play with its context factors and message slots compiled."""

    model: Play
    context: tuple[tuple[Condition, float], ...]
    slots: tuple[Slot, ...]

    @property
    def name(self) -> str:
        """The play's name."""
        return self.model.play


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a message that a trait or a proof point fills.

    `start` and `end` are its bounds in the message; `proof` is the rank of a proof point, from 1.
    """

    start: int
    end: int
    trait: str | None
    fallback: str | None
    proof: int | None


@dataclass(frozen=True, eq=False, slots=True)
class Territory:
    """A pod's territory; None takes any account."""

    pod: str
    when: Condition | None


@dataclass(frozen=True, eq=False, slots=True)
class CompiledRank:
    """What a trait `rank` is proposed by: a number, and who may have a seat (None: everybody)."""

    by: Expr
    when: Expr | None


@dataclass(frozen=True, eq=False)
class Pack:
    """Everything of one pack. Two packs with the same `revision` and artifacts decide the same."""

    name: str
    revision: str
    file: PackFile
    traits: Mapping[str, Trait]
    schema: Mapping[str, Type]
    scopes: Mapping[str, Scope]
    """The scope that counts: a derived trait has the narrowest of what it reads."""
    layers: Mapping[str, Layer]
    definitions: Mapping[str, Expr]
    absent: Mapping[str, Any]
    segments: tuple[SegmentPolicy, ...]
    plays: Mapping[str, CompiledPlay]
    guardrails: tuple[CompiledRule, ...]
    adapt: tuple[tuple[Condition, Terms], ...]
    proof: Mapping[str, ProofPoint]
    """Its own; `segue.policies.proof.proof_of` adds those of the store."""
    scripts: Mapping[str, str]
    routing: Routing | None
    personas: Personas | None
    """How a contact's job title is read."""
    territories: tuple[Territory, ...]
    cases: Mapping[str, tuple[Case, ...]]
    """The tests beside the policies, by the name of their file."""
    documents: Mapping[str, Document]
    """The YAML files by their path in the pack, for the places of findings."""
    evaluator: Evaluator
    label_code: Callable[[Values, datetime | None], int]
    """`2 * index` of the first true segment, plus 1 when one before it was unknown."""
    ranks: Mapping[str, CompiledRank] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    """What was decided outside its files, by trait: see `segue.policies.artifacts.with_artifacts`."""
    explainer: Explainer = field(init=False)
    by_name: Mapping[str, SegmentPolicy] = field(init=False)
    blank: Mapping[str, None] = field(init=False)
    """Every imported trait, unknown."""
    kept: dict[str, Any] = field(init=False, default_factory=dict)
    """What other modules work out once for this pack."""
    _evaluators: dict[frozenset[str], Evaluator] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "blank", dict.fromkeys(self.imported))
        object.__setattr__(self, "explainer", Explainer(self.evaluator))
        object.__setattr__(self, "by_name", {segment.name: segment for segment in self.segments})

    @property
    def residual(self) -> SegmentPolicy:
        """The last segment, which has no condition."""
        return self.segments[-1]

    @property
    def imported(self) -> tuple[str, ...]:
        """The traits that are stated from outside, not derived from others of the pack."""
        return tuple(name for name in self.traits if name not in self.definitions)

    def least_confidence(self, surface: str) -> float:
        """Return how far it has to be believed on a surface whose somebody is; 0 where the pack asks for nothing."""
        asked = self.file.identity
        return 0.0 if asked is None else asked.least_confidence.get(surface, 0.0)  # type: ignore[call-overload]

    def evaluator_without(self, doubted: frozenset[str]) -> Evaluator:
        """Return an evaluator for which these traits have no meaning when absent: they are unknown."""
        found = self._evaluators.get(doubted)
        if found is None:
            absent = {name: value for name, value in self.absent.items() if name not in doubted}
            found = self._evaluators[doubted] = Evaluator(self.definitions, absent)
        return found
