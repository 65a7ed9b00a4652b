"""The values of the language: traits, constants, arithmetic, calls and CASE."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from segue.core.errors import nearest
from segue.policies.language import tree
from segue.policies.language.guard import PredicateError
from segue.policies.language.literals import (
    MAX_OFFSET,
    literal_number,
    literal_text,
    literal_timestamp,
    offset_of,
)
from segue.policies.language.tree import Expr
from segue.policies.language.types import Schema, Type
from segue.policies.language.typing_rules import check_comparable, common_type
from segue.policies.language.whitelist import ARGS, ARITHMETIC, CALLS, PREDICATES, UNITS


class ValueReader:
    """Reads the nodes that give values; `Reader` completes it. `_seen` is the start of the last leaf read."""

    def __init__(self, schema: Schema, tokens: Sequence[Token]) -> None:
        self.schema = schema
        self.tokens = tokens
        self._seen = 0

    def read(self, node: Any, depth: int = 0) -> Expr:
        """Return the checked form of one sqlglot node that gives a value."""
        raise NotImplementedError

    def _read(self, node: Any, depth: int) -> Expr:
        raise NotImplementedError

    def _boolean(self, node: Any, depth: int) -> Expr:
        raise NotImplementedError

    def _check_args(self, node: Any) -> None:
        allowed = ARGS.get(type(node))
        if allowed is None:
            raise self._refused(node)
        for name, value in node.args.items():
            if value and name not in allowed:
                raise self._refused(node)

    def _refused(self, node: Any) -> PredicateError:
        at = offset_of(node, self._seen)
        if isinstance(node, exp.Alias):
            return PredicateError(
                "an alias is not allowed: is an operator missing?", offset_of(node.args["alias"], at)
            )
        if isinstance(node, exp.Subquery | exp.Query | exp.Exists) or node.find(exp.Query):
            return PredicateError("a subquery is not allowed", at)
        return PredicateError(f"{node.key.upper()} is not allowed in a predicate", at)

    def _side(self, node: Any, depth: int) -> Expr:
        """Read one side of a comparison. A predicate here needs its own parentheses."""
        if isinstance(node, PREDICATES):
            found = offset_of(node, self._seen)
            raise PredicateError("a chained comparison is not allowed: use AND, or parentheses", found)
        return self._read(node, depth + 1)

    def _word(self, name: str, otherwise: int) -> int:
        starts = [t.start for t in self.tokens if t.text.lower() == name.lower()]
        return next((start for start in starts if start >= self._seen), starts[0] if starts else otherwise)

    def _leaf(self, kind: TokenType) -> int:
        """Return the start of the next token of a kind: sqlglot keeps none for NULL, TRUE and FALSE."""
        found = next(
            (t.start for t in self.tokens if t.token_type is kind and t.start >= self._seen), self._seen
        )
        self._seen = found
        return found

    def _read_column(self, node: Any, _depth: int) -> Expr:
        parts = [part for part in (node.args.get("table"), node.this) if part is not None]
        for part in parts:
            self._check_args(part)
        at = offset_of(parts[0], self._seen)
        self._seen = at
        name = ".".join(part.this for part in parts)
        kind = self.schema.get(name)
        if kind is None:
            raise PredicateError(f"unknown trait {name!r}{nearest(name, self.schema)}", at)
        return tree.Trait(name, Type(kind), at=at)

    def _read_literal(self, node: Any, _depth: int) -> Expr:
        at = self._seen = offset_of(node, self._seen)
        if node.is_string:
            return tree.Literal(literal_text(node, "text", at), Type.TEXT, at=at)
        value = literal_number(node.this, at)
        return tree.Literal(value, Type.INTEGER if isinstance(value, int) else Type.NUMBER, at=at)

    def _read_boolean(self, node: Any, _depth: int) -> Expr:
        at = self._leaf(TokenType.TRUE if node.this else TokenType.FALSE)
        return tree.Literal(bool(node.this), Type.BOOLEAN, at=at)

    def _read_null(self, _node: Any, _depth: int) -> Expr:
        return tree.Literal(None, Type.NULL, at=self._leaf(TokenType.NULL))

    def _read_cast(self, node: Any, _depth: int) -> Expr:
        at = self._seen = offset_of(node.this, self._seen)
        return tree.Literal(literal_timestamp(node, at), Type.TIMESTAMP, at=at)

    def _read_anonymous(self, node: Any, _depth: int) -> Expr:
        if node.name.lower() != "now":
            raise self._refused(node)
        at = self._seen = self._word("now", self._seen)
        return tree.Now(timedelta(0), at=at)

    def _read_neg(self, node: Any, depth: int) -> Expr:
        operand = self._side(node.this, depth)
        if isinstance(operand, tree.Literal) and operand.type in (Type.INTEGER, Type.NUMBER):
            return tree.Literal(-cast("float", operand.value), operand.type, at=operand.at)
        if not operand.type.is_numeric:
            raise PredicateError(f"a minus sign needs a number, found {operand.type}", operand.at)
        return tree.Negate(operand, _arithmetic_type(operand), at=operand.at)

    def _arithmetic(self, node: Any, depth: int) -> Expr:
        if isinstance(node.expression, exp.Interval):
            return self._shifted_now(node, depth)
        left, right = (self.read(_bare(side, self), depth + 1) for side in (node.this, node.expression))
        op = cast("tree.ArithmeticOp", ARITHMETIC[type(node)])
        for side in (left, right):
            if not side.type.is_numeric and side.type is not Type.NULL:
                raise PredicateError(f"{op} needs numbers, found {side.type}", side.at)
        ranged = Type.RANGE in (left.type, right.type)
        if ranged and (op in "*/" or Type.NULL in (left.type, right.type)):
            raise PredicateError("a score may be compared, added and subtracted only", left.at)
        return tree.Arithmetic(op, left, right, Type.RANGE if ranged else Type.NUMBER, at=left.at)

    def _shifted_now(self, node: Any, depth: int) -> Expr:
        base, interval = self._read(node.this, depth + 1), node.expression
        if not isinstance(base, tree.Now) or base.offset or type(node) not in (exp.Add, exp.Sub):
            raise PredicateError("an INTERVAL is added to or taken from now() only", base.at)
        self._check_args(interval)
        amount, unit = interval.this, interval.args.get("unit")
        name = unit.name.upper().removesuffix("S") if unit is not None else ""
        at = offset_of(amount, base.at) if amount is not None else base.at
        if (
            not isinstance(amount, exp.Literal)
            or not re.fullmatch(r"\d{1,9}", amount.this)
            or name not in UNITS
        ):
            raise PredicateError(f"expected INTERVAL 'n' and one of {', '.join(UNITS)}", at)
        offset = timedelta(**{f"{name.lower()}s": int(amount.this)})
        if offset > MAX_OFFSET:
            raise PredicateError("an interval is at most 36525 days", at)
        return tree.Now(offset if isinstance(node, exp.Add) else -offset, at=base.at)

    def _call(self, node: Any, depth: int) -> Expr:
        raw = (
            [node.this, *node.expressions]
            if isinstance(node, exp.Coalesce)
            else [part for part in (node.this, node.args.get("expression")) if part is not None]
        )
        args = tuple(self.read(part, depth + 1) for part in raw)
        name = cast("Any", CALLS[type(node)])
        ranged = next((arg for arg in args if arg.type in (Type.RANGE, Type.TEXT_LIST)), None)
        if ranged is not None:
            raise PredicateError(f"{name} takes no {ranged.type}", ranged.at)
        if name in ("LOWER", "UPPER"):
            kind = _require(args[0], name, Type.TEXT)
        elif name == "ABS":
            _require(args[0], name, Type.INTEGER, Type.NUMBER)
            kind = Type.NUMBER
        else:
            kind = common_type(args, name)
        return tree.Call(
            name,
            args,
            args[0].type
            if name == "NULLIF" and kind is not Type.NULL and args[0].type is not Type.NULL
            else kind,
            at=args[0].at,
        )

    def _read_case(self, node: Any, depth: int) -> Expr:
        subject = None if node.this is None else self.read(node.this, depth + 1)
        if subject is not None and not isinstance(subject, tree.Trait):
            raise PredicateError("CASE x WHEN takes a trait for x", subject.at)
        branches = []
        for branch in node.args["ifs"]:
            self._check_args(branch)
            if subject is None:
                condition = self._boolean(branch.this, depth + 1)
            else:
                value = self.read(branch.this, depth + 1)
                check_comparable(subject, value, ordered=False)
                condition = tree.Compare("=", subject, value, at=value.at)
            branches.append((condition, self.read(branch.args["true"], depth + 1)))
        default = node.args.get("default")
        otherwise = tree.Literal(None, Type.NULL) if default is None else self.read(default, depth + 1)
        values = (*(value for _, value in branches), otherwise)
        ranged = next((value for value in values if value.type in (Type.RANGE, Type.TEXT_LIST)), None)
        if ranged is not None:
            raise PredicateError(f"CASE gives no {ranged.type}", ranged.at)
        kind = common_type(values, "CASE")
        return tree.Case(tuple(branches), otherwise, kind, at=branches[0][0].at)


def _bare(node: Any, reader: ValueReader) -> Any:
    """Refuse a predicate as an operand of arithmetic unless it stands in parentheses."""
    if isinstance(node, PREDICATES):
        raise PredicateError("arithmetic needs numbers, found a condition", offset_of(node, reader._seen))
    return node


def _require(found: Expr, name: str, *kinds: Type) -> Type:
    if found.type not in (*kinds, Type.NULL):
        raise PredicateError(f"{name} needs {' or '.join(kinds)}, found {found.type}", found.at)
    return kinds[0]


def _arithmetic_type(operand: Expr) -> Type:
    return Type.RANGE if operand.type is Type.RANGE else Type.NUMBER
