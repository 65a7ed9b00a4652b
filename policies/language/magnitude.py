"""Bounds on arithmetic, so that no value that passes the door can overflow or vanish in it.

Every numeric expression gets the largest magnitude it can reach, the smallest it can have without
being 0, and a step: a power-of-two fraction that every value is a whole multiple of, for doubles
of that size. Sums keep the finer step of their inputs, so a sum that is not 0 is at least a step.
While all stay inside a double's range, every engine computes the same IEEE 754 result, none raises.
"""

from __future__ import annotations

from segue.policies.language import tree
from segue.policies.language.guard import PredicateError
from segue.policies.language.tree import Expr
from segue.policies.language.types import MAX_INTEGER, MAX_NUMBER, MIN_NUMBER, Type

_LARGEST, _SMALLEST = 1e290, 1e-290
_ULP = 2.0**-53
_Bounds = tuple[float, float, float]
"""Largest magnitude, smallest magnitude but 0, step."""


def check_magnitude(root: Expr) -> None:
    """Refuse arithmetic whose result could leave the range of a double.

    Raises:
        PredicateError: some product or quotient could overflow or underflow.
    """
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, tree.Arithmetic):
            _bounds(node)
        stack.extend(tree.children(node))


def _bounds(node: Expr) -> _Bounds:
    if isinstance(node, tree.Arithmetic):
        found = _combine(node)
        if found[0] > _LARGEST or found[1] < _SMALLEST:
            raise PredicateError("this arithmetic could overflow: divide or multiply fewer values", node.at)
        return found
    if isinstance(node, tree.Literal) and isinstance(node.value, int | float) and node.value:
        size = abs(float(node.value))
        return size, size, 1.0 if isinstance(node.value, int) else size * _ULP
    if isinstance(node, tree.Negate):
        return _bounds(node.operand)
    if isinstance(node, tree.Call):
        return _widest([_bounds(arg) for arg in node.args])
    if isinstance(node, tree.Case):
        return _widest([_bounds(value) for value in (*(v for _, v in node.branches), node.default)])
    if isinstance(node, tree.Scorecard):
        return sum(abs(points) for _, points in node.items) / 1e6 or 1.0, 1e-6, 1e-6 * _ULP
    if node.type is Type.INTEGER:
        return float(MAX_INTEGER), 1.0, 1.0
    return (MAX_NUMBER, MIN_NUMBER, MIN_NUMBER * _ULP) if node.type.is_numeric else (1.0, 1.0, 1.0)


def _combine(node: tree.Arithmetic) -> _Bounds:
    (left_max, left_min, left_step), (right_max, right_min, right_step) = (
        _bounds(node.left),
        _bounds(node.right),
    )
    if node.op == "*":
        return left_max * right_max, left_min * right_min, left_min * right_min * _ULP
    if node.op == "/":
        return left_max / right_min, left_min / right_max, left_min / right_max * _ULP
    step = min(left_step, right_step)
    return left_max + right_max, step, step


def _widest(bounds: list[_Bounds]) -> _Bounds:
    return max(each[0] for each in bounds), min(each[1] for each in bounds), min(each[2] for each in bounds)
