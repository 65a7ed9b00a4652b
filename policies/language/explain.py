"""Why a predicate gave what it gave: the clauses that decided, and the facts that would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.policies.language import tree
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.text import to_text
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition without AND or OR, and what it came to.

    A NOT around it is part of it, also one around an AND or OR that it stands in: a clause that holds
    speaks for the condition that it was taken from.

    `trait` and `value` are those of the first trait that the clause reads; a score that is not
    settled shows as a `Range`. `missing` names the facts whose absence keeps the verdict open.
    """

    clause: str
    trait: str | None
    value: Any
    verdict: bool | None
    missing: tuple[str, ...] = ()


class Explainer:
    """Explains conditions over one set of derived traits."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._texts: dict[tuple[int, bool], tuple[Expr, str]] = {}
        self._subjects: dict[int, tuple[Expr, tree.Trait | None]] = {}
        self._reads: dict[int, tuple[Expr, tuple[Expr, ...]]] = {}

    def view(self, values: Mapping[str, Any], now: datetime | None) -> View:
        """Return the explanations of one set of values at one instant."""
        return View(self, values, now)

    def text(self, node: Expr, negated: bool = False) -> str:
        """Return the canonical text of a node, or of its negation."""
        found = self._texts.get((id(node), negated))
        if found is None:
            text = to_text(tree.Not(node) if negated else node)
            found = self._texts[id(node), negated] = (node, text)
        return found[1]

    def subject(self, node: Expr) -> tree.Trait | None:
        """Return the first trait that a clause reads."""
        found = self._subjects.get(id(node))
        if found is None:
            first = next((each for each in tree.walk(node) if isinstance(each, tree.Trait)), None)
            found = self._subjects[id(node)] = (node, first)
        return found[1]

    def reads(self, node: Expr) -> tuple[Expr, ...]:
        """Return the traits and CASEs that a clause or value reads, without looking inside a CASE."""
        found = self._reads.get(id(node))
        if found is None:
            found = self._reads[id(node)] = (node, tuple(dict.fromkeys(_reads(node))))
        return found[1]


def _reads(node: Expr) -> Iterator[Expr]:
    if isinstance(node, tree.Trait | tree.Case | tree.Scorecard | tree.And | tree.Or | tree.Not):
        yield node
        return
    for item in tree.children(node):
        yield from _reads(item)


class View:
    """Explanations of one set of values at one instant; what is worked out once is kept."""

    def __init__(self, explainer: Explainer, values: Mapping[str, Any], now: datetime | None) -> None:
        self._explainer = explainer
        self._evaluator = explainer.evaluator
        self._values = values
        self._now = now
        self._verdicts: dict[int, bool | None] = {}
        self._opens: dict[int, tuple[str, ...]] = {}
        self._clauses: dict[tuple[int, bool], Clause] = {}

    def verdict(self, node: Expr) -> bool | None:
        """Return True, False or None for a condition."""
        key = id(node)
        if key not in self._verdicts:
            self._verdicts[key] = self._evaluator.verdict(node, self._values, self._now)
        return self._verdicts[key]

    def clauses(self, node: Expr) -> tuple[Clause, ...]:
        """Return every clause of a condition, in source order."""
        return tuple(self._clause(leaf, negated) for leaf, negated in self._leaves(node))

    def because(self, node: Expr) -> tuple[Clause, ...]:
        """Return the clauses that decided the verdict, and no others.

        For a true AND those are all of its clauses, for a false one the first that is false, for
        an unknown one those that are unknown; for OR the other way round.
        """
        return tuple(dict.fromkeys(self._deciding(node)))

    def missing(self, node: Expr) -> tuple[str, ...]:
        """Return the imported traits that keep a condition unknown; none when it is settled."""
        return () if self.verdict(node) is not None else self._open(node)

    def _leaves(self, node: Expr, negated: bool = False) -> Iterator[tuple[Expr, bool]]:
        """Yield the conditions without AND, OR or NOT, each with whether it stands under an odd number of NOTs."""
        if isinstance(node, tree.And | tree.Or):
            for item in node.items:
                yield from self._leaves(item, negated)
        elif isinstance(node, tree.Not):
            yield from self._leaves(node.operand, not negated)
        elif (definition := self._condition_behind(node)) is not None:
            yield from self._leaves(definition, negated)
        else:
            yield node, negated

    def _condition_behind(self, node: Expr) -> Expr | None:
        """Return the definition of a derived condition, so that a clause names what it compares."""
        if isinstance(node, tree.Trait) and node.type is Type.BOOLEAN:
            return self._evaluator.definitions.get(node.name)
        return None

    def _deciding(self, node: Expr, negated: bool = False) -> Iterator[Clause]:
        if isinstance(node, tree.Not):
            yield from self._deciding(node.operand, not negated)
        elif isinstance(node, tree.And | tree.Or):
            verdict = self.verdict(node)
            items = [item for item in node.items if self.verdict(item) is verdict]
            decisive = verdict is isinstance(node, tree.Or)
            for item in items[:1] if decisive else items:
                yield from self._deciding(item, negated)
        elif (definition := self._condition_behind(node)) is not None:
            yield from self._deciding(definition, negated)
        else:
            # what is unknown is as unknown the other way round: it is said once
            yield self._clause(node, negated and self.verdict(node) is not None)

    def _clause(self, node: Expr, negated: bool) -> Clause:
        found = self._clauses.get((id(node), negated))
        if found is None:
            first = self._explainer.subject(node)
            value = None if first is None else self._shown(first)
            name = first.name if first else None
            verdict = self.verdict(node)
            if negated and verdict is not None:
                verdict = not verdict
            found = Clause(self._explainer.text(node, negated), name, value, verdict, self.missing(node))
            self._clauses[id(node), negated] = found
        return found

    def _shown(self, trait: tree.Trait) -> Any:
        definitions, absent = self._evaluator.definitions, self._evaluator.absent
        if trait.name not in definitions:
            value = self._values.get(trait.name)
            return absent.get(trait.name) if value is None else value
        value = self._evaluator.value(definitions[trait.name], self._values, self._now)
        return value[0] if trait.type is Type.RANGE and value[0] == value[1] else value

    def _open(self, node: Expr) -> tuple[str, ...]:
        """Return the unknown facts below a node that is not settled."""
        found = self._opens.get(id(node))
        if found is None:
            found = self._opens[id(node)] = tuple(dict.fromkeys(self._find_open(node)))
        return found

    def _find_open(self, node: Expr) -> Iterator[str]:
        if isinstance(node, tree.Trait):
            definition = self._evaluator.definitions.get(node.name)
            if definition is not None:
                yield from self._open(definition)
            elif self._values.get(node.name) is None and node.name not in self._evaluator.absent:
                yield node.name
        elif isinstance(node, tree.Case):
            yield from self._open_case(node)
        elif isinstance(node, tree.Not):
            yield from self._open(node.operand)
        elif isinstance(node, tree.And | tree.Or):
            for item in node.items:
                if self.verdict(item) is None:
                    yield from self._open(item)
        elif isinstance(node, tree.Scorecard):
            for condition, _ in node.items:
                if self.verdict(condition) is None:
                    yield from self._open(condition)
        else:
            for item in self._explainer.reads(node):
                yield from self._open(item)

    def _open_case(self, node: tree.Case) -> Iterator[str]:
        for condition, value in node.branches:
            verdict = self.verdict(condition)
            if verdict is None:
                yield from self._open(condition)
            elif verdict:
                yield from self._open(value)
                return
        yield from self._open(node.default)
