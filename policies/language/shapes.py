"""The shapes of expressions that region analysis can follow."""

from __future__ import annotations

from segue.policies.language import tree
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

_NULL = tree.Literal(None, Type.NULL)


def tests_one(node: Expr) -> bool:
    """Return True for a boolean trait, or a test of one trait against constants."""
    sides = (node,) if isinstance(node, tree.Trait) else tuple(tree.children(node))
    traits = [side for side in sides if not isinstance(side, tree.Literal | tree.Now)]
    return len(traits) == 1 and plain_trait(traits[0]) is not None


def plain_trait(node: Expr) -> tree.Trait | None:
    """Return the trait under any number of LOWER, UPPER, ABS and minus signs, or None for anything else."""
    while isinstance(node, tree.Call | tree.Negate):
        node = node.args[0] if isinstance(node, tree.Call) else node.operand
    return node if isinstance(node, tree.Trait) and node.type is not Type.RANGE else None


def as_case(node: tree.Call) -> Expr:
    """Write COALESCE and NULLIF as the CASE that they stand for."""
    if node.name == "NULLIF":
        same = tree.Compare("=", node.args[0], node.args[1])
        return tree.Case(((same, _NULL),), node.args[0], node.type)
    branches = tuple((tree.Not(tree.IsNull(arg)), arg) for arg in node.args[:-1])
    return tree.Case(branches, node.args[-1], node.type)
