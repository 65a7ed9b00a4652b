"""The policy language: SQL conditions with three-valued logic, the same in Python and in every engine."""

from segue.policies.language.explain import Clause
from segue.policies.language.guard import PredicateError
from segue.policies.language.predicate import Expression, Predicate, compile_expression, compile_predicate
from segue.policies.language.types import Range, Schema, Type, ValueFault

__all__ = [
    "Clause",
    "Expression",
    "Predicate",
    "PredicateError",
    "Range",
    "Schema",
    "Type",
    "ValueFault",
    "compile_expression",
    "compile_predicate",
]
