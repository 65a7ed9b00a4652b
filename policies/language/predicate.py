"""Compiled predicates and expressions: the public face of the policy language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.core.errors import InputError
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.explain import Clause, Explainer
from segue.policies.language.parse import parse, parse_predicate
from segue.policies.language.tree import Expr, reads_now, traits_of
from segue.policies.language.types import Schema, Type, coerce


@dataclass(frozen=True)
class Compiled:
    """What predicates and expressions share: the text, its tree, and the traits it reads."""

    text: str
    node: Expr
    traits: frozenset[str]
    """The names of the traits that the text reads."""
    schema: Mapping[str, Type]
    """The types of those traits."""
    reads_now: bool
    """True when the text compares with now(): the instant must then be passed in."""
    _evaluator: Evaluator = field(default_factory=Evaluator, repr=False, compare=False)

    def _prepared(
        self, values: Mapping[str, Any], now: datetime | None
    ) -> tuple[dict[str, Any], datetime | None]:
        """Return the values coerced to their types, and now in UTC."""
        if self.reads_now and now is None:
            raise InputError(f"{self.text!r} reads now(): pass the instant of evaluation as now")
        found = {name: coerce(kind, values.get(name), name) for name, kind in self.schema.items()}
        instant = coerce(Type.TIMESTAMP, now, "now")
        return found, instant if isinstance(instant, datetime) else None


class Predicate(Compiled):
    """A condition over traits: three-valued, as SQL is."""

    def __call__(self, values: Mapping[str, Any], now: datetime | None = None) -> bool | None:
        """Return True, False, or None when it cannot be known from these values.

        A trait that `values` lacks is NULL; a naive timestamp is UTC.

        Raises:
            ValueFault: a value is not of its trait's type.
            InputError: the text reads now() and `now` is not given.
        """
        return self._evaluator.verdict(self.node, *self._prepared(values, now))

    def sql(self, dialect: str, now: datetime | None = None) -> str:
        """Return the condition as SQL: one of duckdb, postgres, spark, snowflake, bigquery, databricks, redshift.

        Columns carry the traits' names. With `now` the instant is written as a constant, else the
        engine's own clock is read.

        Raises:
            InputError: there is no such dialect.
        """
        from segue.policies.language.sql import to_sql

        return to_sql(self.node, dialect, now)

    def explain(self, values: Mapping[str, Any], now: datetime | None = None) -> tuple[Clause, ...]:
        """Return every clause with the value it saw, its verdict and what is missing.

        Raises:
            ValueFault: a value is not of its trait's type.
        """
        return Explainer(self._evaluator).view(*self._prepared(values, now)).clauses(self.node)


class Expression(Compiled):
    """A value computed from traits."""

    @property
    def type(self) -> Type:
        """The type of the value."""
        return self.node.type

    def __call__(self, values: Mapping[str, Any], now: datetime | None = None) -> Any:
        """Return the value, None when it is unknown, or a `Range` for a score that is not settled.

        Raises:
            ValueFault: a value is not of its trait's type.
            InputError: the text reads now() and `now` is not given.
        """
        return self._evaluator.value(self.node, *self._prepared(values, now))

    def sql(self, dialect: str, now: datetime | None = None) -> str | tuple[str, str]:
        """Return the expression as SQL; a score as its lower and its upper end.

        Raises:
            InputError: there is no such dialect.
        """
        if self.node.type is Type.RANGE:
            from segue.policies.language.sql import range_sql

            return range_sql(self.node, dialect, now)
        from segue.policies.language.sql import to_sql

        return to_sql(self.node, dialect, now)


def compile_predicate(text: str, schema: Schema) -> Predicate:
    """Compile a condition. `schema` maps a trait to its type: text, integer, number, boolean, timestamp, text[].

    A trait of type `range` is a score: a number or a pair (lowest, highest).

    Raises:
        PredicateError: the text is not in the language; `offset` is where the fault starts.
    """
    return Predicate(**_parts(text, parse_predicate(text, schema), schema))


def compile_expression(text: str, schema: Schema) -> Expression:
    """Compile an expression that gives a value of any type.

    Raises:
        PredicateError: the text is not in the language; `offset` is where the fault starts.
    """
    return Expression(**_parts(text, parse(text, schema), schema))


def _parts(text: str, node: Expr, schema: Schema) -> dict[str, Any]:
    traits = traits_of(node)
    kinds = {name: Type(schema[name]) for name in sorted(traits)}
    return {"text": text, "node": node, "traits": traits, "schema": kinds, "reads_now": reads_now(node)}
