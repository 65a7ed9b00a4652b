"""What of sqlglot's tree may pass: node classes, and the arguments that each may carry."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

COMPARE = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
CALLS = {
    exp.Lower: "LOWER",
    exp.Upper: "UPPER",
    exp.Abs: "ABS",
    exp.Coalesce: "COALESCE",
    exp.Nullif: "NULLIF",
}
UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK")
PREDICATES = (
    *COMPARE, exp.Between, exp.In, exp.Is, exp.Like, exp.ILike, exp.Escape, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.And, exp.Or, exp.Not,
)  # fmt: skip
ARGS: Mapping[type, frozenset[str]] = {
    **{kind: frozenset({"this", "expression"}) for kind in (*COMPARE, *ARITHMETIC)},
    exp.And: frozenset({"this", "expression"}),
    exp.Or: frozenset({"this", "expression"}),
    exp.Not: frozenset({"this"}),
    exp.Neg: frozenset({"this"}),
    exp.Paren: frozenset({"this"}),
    exp.Column: frozenset({"this", "table"}),
    exp.Identifier: frozenset({"this"}),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Boolean: frozenset({"this"}),
    exp.Null: frozenset(),
    exp.In: frozenset({"this", "expressions"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.Like: frozenset({"this", "expression", "negate"}),
    exp.ILike: frozenset({"this", "expression", "negate"}),
    exp.Escape: frozenset({"this", "expression"}),
    exp.Is: frozenset({"this", "expression"}),
    exp.NullSafeEQ: frozenset({"this", "expression"}),
    exp.NullSafeNEQ: frozenset({"this", "expression"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.If: frozenset({"this", "true"}),
    exp.Lower: frozenset({"this"}),
    exp.Upper: frozenset({"this"}),
    exp.Abs: frozenset({"this"}),
    exp.Coalesce: frozenset({"this", "expressions"}),
    exp.Nullif: frozenset({"this", "expression"}),
    exp.ArrayContains: frozenset({"this", "expression"}),
    exp.Anonymous: frozenset({"this"}),
    exp.Interval: frozenset({"this", "unit"}),
    exp.Cast: frozenset({"this", "to"}),
}
