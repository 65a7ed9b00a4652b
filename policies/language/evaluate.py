"""Evaluate any part of a checked tree, compiled on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from segue.policies.language import tree
from segue.policies.language.python import Definitions, predicate_function, value_function
from segue.policies.language.tree import Expr


class Evaluator:
    """The functions of the nodes of one pack, each compiled once.

    `definitions` are the pack's derived traits; `absent` is what it means that a trait is unknown,
    where that means something. Nodes are told apart by identity: keep the trees that you pass.
    """

    def __init__(
        self, definitions: Definitions | None = None, absent: Mapping[str, Any] | None = None
    ) -> None:
        self.definitions: Definitions = definitions or {}
        self.absent: Mapping[str, Any] = absent or {}
        self._functions: dict[int, tuple[Expr, Callable[..., Any]]] = {}

    def verdict(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> bool | None:
        """Return True, False or None (unknown) for a condition; values are as `coerce` gives them."""
        if isinstance(node, tree.And | tree.Or):
            decisive = isinstance(node, tree.Or)
            found: bool | None = not decisive
            for item in node.items:
                verdict = self.verdict(item, values, now)
                if verdict is decisive:
                    return decisive
                if verdict is None:
                    found = None
            return found
        if isinstance(node, tree.Not):
            inner = self.verdict(node.operand, values, now)
            return None if inner is None else not inner
        return self._function(node, predicate_function)(values, now)  # type: ignore[no-any-return]

    def value(self, node: Expr, values: Mapping[str, Any], now: datetime | None) -> Any:
        """Return the value of an expression, None when it is unknown, a `Range` for a score."""
        return self._function(node, value_function)(values, now)

    def _function(self, node: Expr, make: Callable[..., Callable[..., Any]]) -> Callable[..., Any]:
        found = self._functions.get(id(node))
        if found is None:
            found = (node, make(node, self.definitions, self.absent))
            self._functions[id(node)] = found
        return found[1]
