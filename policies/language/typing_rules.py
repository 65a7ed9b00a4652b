"""Which types may meet: in a comparison, and as the alternatives of one value."""

from __future__ import annotations

from collections.abc import Sequence

from segue.policies.language.guard import PredicateError
from segue.policies.language.tree import Expr, Now, Trait
from segue.policies.language.types import Type


def check_comparable(left: Expr, right: Expr, *, ordered: bool) -> None:
    """Refuse two operands that have no common comparison.

    Raises:
        PredicateError: the types differ, or have no order where one is asked for, or now() meets
            anything but a timestamp trait.
    """
    kinds = {left.type, right.type} - {Type.NULL}
    if Type.TEXT_LIST in kinds:
        raise PredicateError("a list is searched with ARRAY_CONTAINS(trait, 'x')", left.at)
    if len(kinds) == 2 and not all(kind.is_numeric for kind in kinds):
        raise PredicateError(f"cannot compare {left.type} with {right.type}", left.at)
    if ordered and Type.BOOLEAN in kinds:
        raise PredicateError("conditions have no order: compare them with = or <>", left.at)
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Now) and not (isinstance(other, Trait) and other.type is Type.TIMESTAMP):
            raise PredicateError("now() is compared with a timestamp trait", side.at)


def common_type(values: Sequence[Expr], what: str) -> Type:
    """Return the one type that all alternatives have; integers among numbers count as numbers.

    Raises:
        PredicateError: two alternatives differ.
    """
    found = Type.NULL
    for value in values:
        if value.type in (found, Type.NULL):
            continue
        if found is Type.NULL:
            found = value.type
        elif found.is_numeric and value.type.is_numeric:
            found = Type.NUMBER
        else:
            raise PredicateError(
                f"{what} needs one type throughout, found {found} and {value.type}", value.at
            )
    return found
