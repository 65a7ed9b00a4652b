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
    """One condition without AND, OR or NOT, and what it came to.

    `trait` and `value` are those of the first trait that the clause reads; a score that is not
    settled shows as a `Range`. `missing` names the facts whose absence keeps the verdict open.
    """

    clause: str
    trait: str | None
    value: Any
    verdict: bool | None
    missing: tuple[str, ...] = ()


class Explainer:
    """Explains conditions over one set of derived traits, by evaluating their parts."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._texts: dict[int, tuple[Expr, str]] = {}

    def clauses(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> tuple[Clause, ...]:
        """Return every clause of a condition, in source order."""
        return tuple(self._clause(leaf, values, now) for leaf in self._leaves(node))

    def because(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> tuple[Clause, ...]:
        """Return the clauses that decided the verdict, and no others.

        For a true AND those are all of its clauses, for a false one the first that is false, for
        an unknown one those that are unknown; for OR the other way round.
        """
        found = dict.fromkeys(self._deciding(node, values, now))
        return tuple(found)

    def missing(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> tuple[str, ...]:
        """Return the imported traits that keep a condition unknown; none when it is settled."""
        if self._evaluator.verdict(node, values, now) is not None:
            return ()
        return tuple(dict.fromkeys(self._open(node, values, now)))

    def _leaves(self, node: Expr) -> Iterator[Expr]:
        if isinstance(node, tree.And | tree.Or):
            for item in node.items:
                yield from self._leaves(item)
        elif isinstance(node, tree.Not) and not isinstance(node.operand, tree.In | tree.IsNull | tree.IsBool):
            yield from self._leaves(node.operand)
        elif (definition := self._condition_behind(node)) is not None:
            yield from self._leaves(definition)
        else:
            yield node

    def _condition_behind(self, node: Expr) -> Expr | None:
        """Return the definition of a derived condition, so that a clause names what it compares."""
        if isinstance(node, tree.Trait) and node.type is Type.BOOLEAN:
            return self._evaluator.definitions.get(node.name)
        return None

    def _deciding(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> Iterator[Clause]:
        if isinstance(node, tree.Not) and not isinstance(node.operand, tree.In | tree.IsNull | tree.IsBool):
            yield from self._deciding(node.operand, values, now)
        elif isinstance(node, tree.And | tree.Or):
            verdict = self._evaluator.verdict(node, values, now)
            items = [item for item in node.items if self._evaluator.verdict(item, values, now) is verdict]
            decisive = verdict is isinstance(node, tree.Or)
            for item in items[:1] if decisive else items:
                yield from self._deciding(item, values, now)
        elif (definition := self._condition_behind(node)) is not None:
            yield from self._deciding(definition, values, now)
        else:
            yield self._clause(node, values, now)

    def _clause(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> Clause:
        known = self._texts.get(id(node))
        if known is None:
            known = self._texts[id(node)] = (node, to_text(node))
        first = next((each for each in tree.walk(node) if isinstance(each, tree.Trait)), None)
        value = None if first is None else self._shown(first, values, now)
        verdict = self._evaluator.verdict(node, values, now)
        missing = () if verdict is not None else tuple(dict.fromkeys(self._open(node, values, now)))
        return Clause(known[1], first.name if first else None, value, verdict, missing)

    def _shown(self, trait: tree.Trait, values: Mapping[str, Any], now: datetime | None) -> Any:
        definitions, absent = self._evaluator.definitions, self._evaluator.absent
        if trait.name not in definitions:
            value = values.get(trait.name)
            return absent.get(trait.name) if value is None else value
        value = self._evaluator.value(definitions[trait.name], values, now)
        return value[0] if trait.type is Type.RANGE and value[0] == value[1] else value

    def _open(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> Iterator[str]:
        """Yield the unknown facts below a node that is not settled."""
        evaluator = self._evaluator
        if isinstance(node, tree.Trait):
            definition = evaluator.definitions.get(node.name)
            if definition is not None:
                yield from self._open(definition, values, now)
            elif values.get(node.name) is None and node.name not in evaluator.absent:
                yield node.name
        elif isinstance(node, tree.Case):
            yield from self._open_case(node, values, now)
        elif isinstance(node, tree.And | tree.Or | tree.Not):
            for item in tree.children(node):
                if evaluator.verdict(item, values, now) is None:
                    yield from self._open(item, values, now)
        elif isinstance(node, tree.Scorecard):
            for condition, _ in node.items:
                if evaluator.verdict(condition, values, now) is None:
                    yield from self._open(condition, values, now)
        else:
            for item in tree.children(node):
                yield from self._open(item, values, now)

    def _open_case(self, node: tree.Case, values: Mapping[str, Any], now: datetime | None) -> Iterator[str]:
        for condition, value in node.branches:
            verdict = self._evaluator.verdict(condition, values, now)
            if verdict is None:
                yield from self._open(condition, values, now)
            elif verdict:
                yield from self._open(value, values, now)
                return
        yield from self._open(node.default, values, now)
