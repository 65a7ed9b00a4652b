"""From the checked tree to a graph of atoms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from segue.policies.language import tree
from segue.policies.language.atoms import (
    ANY,
    FALSE,
    TRUE,
    UNKNOWN,
    All,
    Anything,
    Atom,
    Card,
    Choice,
    Either,
    Fixed,
    Graph,
    Is,
    Number,
    Opposite,
    Score,
    ScoreTest,
    Subject,
    Sum,
    bit_of,
)
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.shapes import as_case, tests_one
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

_TURNED: dict[tree.CompareOp, tree.CompareOp] = {
    "<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>",
}  # fmt: skip
_MOST = 20_000
_Then = Callable[[Expr], Graph]


class TooLargeError(Exception):
    """A condition whose choices multiply beyond what is worth outlining."""


class Outliner:
    """Outlines the conditions of one set of derived traits, each node once."""

    def __init__(self, definitions: Mapping[str, Expr]) -> None:
        self.definitions = definitions
        self._known: dict[int, tuple[Expr, Graph]] = {}
        self._scores: dict[int, tuple[Expr, Score]] = {}
        self._atoms: dict[Expr, Atom] = {}
        self._constants = Evaluator()
        self._size = 0
        self.unfollowed: set[str] = set()
        """The traits that some test reads which is no atom: arithmetic, one trait against another."""

    def condition(self, node: Expr) -> Graph:
        """Return a condition as a graph; nodes are told apart by identity.

        Raises:
            TooLargeError: the graph of all conditions so far would have over 20,000 choices.
        """
        known = self._known.get(id(node))
        if known is None:
            outline = _CONDITIONS.get(type(node))
            graph = outline(self, node) if outline else self._follow(node, self._leaf)
            known = self._known[id(node)] = (node, graph)
        return known[1]

    def _leaf(self, node: Expr) -> Graph:
        """Outline a boolean value that is no CASE: a trait, a constant, or a condition."""
        if type(node) in _CONDITIONS:
            return self.condition(node)
        return self._test(node)

    def _test(self, node: Expr) -> Graph:
        """Return a test of one trait against constants as an atom, anything else as open."""
        traits = tree.traits_of(node)
        if not traits:
            return self._constant(node)
        if tests_one(node):
            return self._atom(Subject(next(iter(traits))), node)
        self.unfollowed |= traits
        never_unknown = isinstance(node, tree.IsNull | tree.Distinct)
        return Fixed(TRUE | FALSE if never_unknown else ANY)

    def _constant(self, node: Expr) -> Graph:
        """Return a test of constants; one against now() may go either way unless it meets NULL."""
        if not tree.reads_now(node):
            return Fixed(bit_of(self._constants.verdict(node, {}, None)))
        null = any(isinstance(each, tree.Literal) and each.value is None for each in tree.children(node))
        return Fixed(UNKNOWN if null else TRUE | FALSE)

    def _atom(self, subject: Subject, node: Expr) -> Atom:
        return self._atoms.setdefault(node, Atom(subject, node))

    # Values: follow them to what they come from

    def _follow(self, value: Expr, then: _Then) -> Graph:
        """Return what `then` makes of a value, as a choice where the value is one."""
        return self._followed(value, then, {})

    def _followed(self, value: Expr, then: _Then, seen: dict[int, tuple[Expr, Graph]]) -> Graph:
        known = seen.get(id(value))
        if known is None:
            self._size += 1
            if self._size > _MOST:
                raise TooLargeError
            known = seen[id(value)] = (value, self._follow_one(value, then, seen))
        return known[1]

    def _follow_one(self, value: Expr, then: _Then, seen: dict[int, tuple[Expr, Graph]]) -> Graph:
        if isinstance(value, tree.Trait) and value.name in self.definitions:
            return self._followed(self.definitions[value.name], then, seen)
        if isinstance(value, tree.Call) and value.name in ("COALESCE", "NULLIF"):
            return self._followed(as_case(value), then, seen)
        if isinstance(value, tree.Case):
            branches = tuple((self.condition(c), self._followed(v, then, seen)) for c, v in value.branches)
            return Choice(branches, self._followed(value.default, then, seen))
        if isinstance(value, tree.Call):
            call = value
            return self._follow(call.args[0], lambda leaf: then(replace(call, args=(leaf,))))
        if isinstance(value, tree.Negate):
            negate = value
            return self._follow(negate.operand, lambda leaf: then(replace(negate, operand=leaf)))
        return then(value)

    # Logic

    def _and(self, node: tree.And) -> Graph:
        return All(tuple(self.condition(item) for item in node.items))

    def _or(self, node: tree.Or) -> Graph:
        return Either(tuple(self.condition(item) for item in node.items))

    def _not(self, node: tree.Not) -> Graph:
        return Opposite(self.condition(node.operand))

    def _is_bool(self, node: tree.IsBool) -> Graph:
        return Is(self.condition(node.operand), bit_of(node.value))

    def _is_null(self, node: tree.IsNull) -> Graph:
        if node.operand.type is Type.BOOLEAN:
            return Is(self.condition(node.operand), UNKNOWN)
        return self._follow(node.operand, lambda leaf: self._test(replace(node, operand=leaf)))

    # Comparisons

    def _compare(self, node: tree.Compare) -> Graph:
        kinds = (node.left.type, node.right.type)
        if Type.RANGE in kinds:
            return self._compare_scores(node)
        if Type.BOOLEAN in kinds:
            same = self._same(self.condition(node.left), self.condition(node.right))
            return same if node.op == "=" else Opposite(same)
        return self._follow(
            node.left,
            lambda left: self._follow(
                node.right, lambda right: self._test(replace(node, left=left, right=right))
            ),
        )

    def _same(self, left: Graph, right: Graph) -> Graph:
        """Return `left = right` for conditions: unknown when either is."""
        return Either((All((left, right)), All((Opposite(left), Opposite(right)))))

    def _between(self, node: tree.Between) -> Graph:
        low, high = tree.Compare(">=", node.operand, node.low), tree.Compare("<=", node.operand, node.high)
        return All((self._compare(low), self._compare(high)))

    def _in(self, node: tree.In) -> Graph:
        constant = all(isinstance(item, tree.Literal) for item in node.items)
        if not constant or node.operand.type in (Type.RANGE, Type.BOOLEAN):
            return Either(tuple(self._compare(tree.Compare("=", node.operand, item)) for item in node.items))
        return self._follow(node.operand, lambda leaf: self._test(replace(node, operand=leaf)))

    def _like(self, node: tree.Like) -> Graph:
        return self._follow(node.operand, lambda leaf: self._test(replace(node, operand=leaf)))

    def _distinct(self, node: tree.Distinct) -> Graph:
        if Type.BOOLEAN in (node.left.type, node.right.type):
            left, right = self.condition(node.left), self.condition(node.right)
            pairs = [All((Is(left, bit), Is(right, bit))) for bit in (TRUE, FALSE, UNKNOWN)]
            return Opposite(Either(tuple(pairs)))
        return self._follow(
            node.left,
            lambda left: self._follow(
                node.right, lambda right: self._test(replace(node, left=left, right=right))
            ),
        )

    def _contains(self, node: tree.Contains) -> Graph:
        def test(leaf: Expr) -> Graph:
            if not isinstance(leaf, tree.Trait):
                return Fixed(UNKNOWN)
            unknown = self._atom(Subject(leaf.name), tree.IsNull(leaf))
            held = self._atom(Subject(leaf.name, node.item), replace(node, operand=leaf))
            return Choice(((unknown, Fixed(UNKNOWN)),), held)

        return self._follow(node.operand, test)

    # Scores

    def _compare_scores(self, node: tree.Compare) -> Graph:
        for side in (node.left, node.right):
            if isinstance(side, tree.Literal) and side.value is None:
                return Fixed(UNKNOWN)
        left, right = self.score(node.left), self.score(node.right)
        if isinstance(right, Number):
            return ScoreTest(left, node.op, right.value)
        if isinstance(left, Number):
            return ScoreTest(right, _TURNED[node.op], left.value)
        return ScoreTest(Sum(left, right, minus=True), node.op, 0.0)

    def score(self, node: Expr) -> Score:
        """Return a numeric operand of a score comparison, the same object for the same derived trait."""
        if isinstance(node, tree.Trait) and node.name in self.definitions and node.type is Type.RANGE:
            return self.score(self.definitions[node.name])
        known = self._scores.get(id(node))
        if known is None:
            known = self._scores[id(node)] = (node, self._score(node))
        return known[1]

    def _score(self, node: Expr) -> Score:
        if isinstance(node, tree.Scorecard):
            return Card(tuple((self.condition(when), points) for when, points in node.items))
        if isinstance(node, tree.Literal):
            return Number(float(cast("Any", node.value)))
        if isinstance(node, tree.Negate) and node.type is Type.RANGE:
            return Sum(Number(0.0), self.score(node.operand), minus=True)
        if isinstance(node, tree.Arithmetic) and node.type is Type.RANGE:
            return Sum(self.score(node.left), self.score(node.right), node.op == "-")
        self.unfollowed |= tree.traits_of(node)
        return Anything()


_CONDITIONS: dict[type, Callable[[Outliner, Any], Graph]] = {
    tree.And: Outliner._and,
    tree.Or: Outliner._or,
    tree.Not: Outliner._not,
    tree.Compare: Outliner._compare,
    tree.Between: Outliner._between,
    tree.In: Outliner._in,
    tree.Like: Outliner._like,
    tree.IsNull: Outliner._is_null,
    tree.IsBool: Outliner._is_bool,
    tree.Distinct: Outliner._distinct,
    tree.Contains: Outliner._contains,
}
