"""One pass over sqlglot's tree that gives the checked tree: dispatch, logic and comparisons."""

from __future__ import annotations

from typing import Any, cast

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from segue.policies.language import tree
from segue.policies.language.guard import PredicateError
from segue.policies.language.literals import literal_pattern, literal_text, offset_of
from segue.policies.language.reader_values import ValueReader
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.language.typing_rules import check_comparable
from segue.policies.language.whitelist import ARITHMETIC, CALLS, COMPARE

MAX_CHAIN = 100


class Reader(ValueReader):
    """Reads conditions, and dispatches to `ValueReader` for the rest."""

    def read(self, node: Any, depth: int = 0) -> Expr:
        """Return the checked form of one sqlglot node that gives a value."""
        found = self._read(node, depth)
        if isinstance(found, tree.Now):
            raise PredicateError(
                "now() is compared with a timestamp: trait <op> now() ± INTERVAL 'n' DAY", found.at
            )
        return found

    def _read(self, node: Any, depth: int) -> Expr:
        if depth > MAX_CHAIN:
            raise PredicateError(f"a chain of over {MAX_CHAIN} operators", offset_of(node, self._seen))
        kind = type(node)
        self._check_args(node)
        if kind is exp.Paren:
            return self._read(node.this, depth)
        if kind in (exp.And, exp.Or):
            return self._logic(node, depth)
        reader = getattr(self, f"_read_{kind.__name__.lower()}", None)
        if kind in COMPARE:
            return self._compare(node, depth)
        if kind in ARITHMETIC:
            return self._arithmetic(node, depth)
        if kind in CALLS:
            return self._call(node, depth)
        if reader is None:
            raise self._refused(node)
        return cast("Expr", reader(node, depth))

    # Logic

    def _logic(self, node: Any, depth: int) -> Expr:
        kind, parts, left = type(node), [], node
        while type(left) is kind:  # the parser nests a AND b AND c to the left
            self._check_args(left)
            parts.append(left.expression)
            left = left.this
        items = tuple(self._boolean(part, depth + 1) for part in (left, *reversed(parts)))
        made = tree.And if kind is exp.And else tree.Or
        return made(items, at=items[0].at)

    def _boolean(self, node: Any, depth: int) -> Expr:
        found = self.read(node, depth)
        if found.type not in (Type.BOOLEAN, Type.NULL):
            raise PredicateError(f"expected a condition, found {found.type}", found.at)
        return found

    def _read_not(self, node: Any, depth: int) -> Expr:
        operand = self._boolean(node.this, depth + 1)
        return tree.Not(operand, at=operand.at)

    # Comparisons

    def _compare(self, node: Any, depth: int) -> Expr:
        left, right = self._side(node.this, depth), self._side(node.expression, depth)
        op = cast("tree.CompareOp", COMPARE[type(node)])
        check_comparable(left, right, ordered=op not in ("=", "<>"))
        return tree.Compare(op, left, right, at=left.at)

    def _read_between(self, node: Any, depth: int) -> Expr:
        operand, low, high = (self._side(node.args[key], depth) for key in ("this", "low", "high"))
        check_comparable(operand, low, ordered=True)
        check_comparable(operand, high, ordered=True)
        return tree.Between(operand, low, high, at=operand.at)

    def _read_in(self, node: Any, depth: int) -> Expr:
        operand = self._side(node.this, depth)
        items = tuple(self.read(item, depth + 1) for item in node.expressions)
        if not items:
            raise PredicateError("IN needs at least one value", operand.at)
        for item in items:
            check_comparable(operand, item, ordered=False)
        return tree.In(operand, items, at=operand.at)

    def _read_is(self, node: Any, depth: int) -> Expr:
        right = node.expression
        if not isinstance(right, exp.Null | exp.Boolean):
            raise PredicateError("IS takes NULL, TRUE or FALSE", offset_of(right, self._seen))
        self._check_args(right)
        side = node.this
        operand = self._side(side, depth)
        self._leaf(TokenType.IS)
        if isinstance(operand, tree.Now):
            raise PredicateError("now() is never NULL", operand.at)
        if isinstance(right, exp.Null):
            if operand.type is Type.RANGE:
                raise PredicateError(
                    "a score is never NULL: it is a range while something is unknown", operand.at
                )
            return tree.IsNull(operand, at=operand.at)
        if operand.type not in (Type.BOOLEAN, Type.NULL):
            raise PredicateError(f"IS TRUE needs a condition, found {operand.type}", operand.at)
        return tree.IsBool(operand, bool(right.this), at=operand.at)

    def _distinct(self, node: Any, depth: int) -> Expr:
        left, right = self._side(node.this, depth), self._side(node.expression, depth)
        check_comparable(left, right, ordered=False)
        if Type.RANGE in (left.type, right.type) or isinstance(right, tree.Now) or isinstance(left, tree.Now):
            raise PredicateError("IS DISTINCT FROM takes neither a score nor now()", left.at)
        return tree.Distinct(left, right, at=left.at)

    def _read_nullsafeneq(self, node: Any, depth: int) -> Expr:
        return self._distinct(node, depth)

    def _read_nullsafeeq(self, node: Any, depth: int) -> Expr:
        found = self._distinct(node, depth)
        return tree.Not(found, at=found.at)

    def _read_like(self, node: Any, depth: int, escape: str | None = None) -> Expr:
        operand = self._side(node.this, depth)
        if operand.type not in (Type.TEXT, Type.NULL):
            raise PredicateError(f"LIKE needs text, found {operand.type}", operand.at)
        self._check_args(node.expression)
        pattern = literal_pattern(node.expression, escape, self._seen)
        self._seen = offset_of(node.expression, self._seen)
        found = tree.Like(operand, pattern, isinstance(node, exp.ILike), at=operand.at)
        return tree.Not(found, at=found.at) if node.args.get("negate") else found

    _read_ilike = _read_like

    def _read_escape(self, node: Any, depth: int) -> Expr:
        inner, mark = node.this, node.expression
        negated = isinstance(inner, exp.Not)
        inner = inner.this if negated else inner
        if not isinstance(inner, exp.Like | exp.ILike):
            raise self._refused(node)
        self._check_args(inner)
        if not (isinstance(mark, exp.Literal) and mark.is_string and len(mark.this) == 1):
            raise PredicateError("ESCAPE takes one character", offset_of(mark, self._seen))
        found = self._read_like(inner, depth, mark.this)
        return tree.Not(found, at=found.at) if negated else found

    def _read_arraycontains(self, node: Any, depth: int) -> Expr:
        operand = self.read(node.this, depth + 1)
        if operand.type not in (Type.TEXT_LIST, Type.NULL) or not isinstance(
            operand, tree.Trait | tree.Literal
        ):
            raise PredicateError(f"ARRAY_CONTAINS needs a text[] trait, found {operand.type}", operand.at)
        self._check_args(node.expression)
        item = literal_text(node.expression, "ARRAY_CONTAINS looks for a text", self._seen)
        return tree.Contains(operand, item, at=operand.at)
