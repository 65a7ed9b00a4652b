"""Every tree that differs from another by one mistake, with the change in words and its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from segue.evals.mutation_operators import Domain, mistakes_at
from segue.policies.language import tree
from segue.policies.language.text import to_text
from segue.policies.language.tree import Expr

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Edit:
    """One node changed: the operator, where the node stands in its text, the change in words, the whole tree."""

    operator: str
    at: int
    what: str
    root: Expr


def edits(root: Expr, domain: Domain) -> Iterator[Edit]:
    """Yield every tree that differs from `root` by one mistake, in source order."""
    for operator, node, changed, whole in _everywhere(root, domain):
        yield Edit(operator, *_told(node, changed), whole)


def _told(node: Expr, changed: Expr) -> tuple[int, str]:
    """Return where a change stands and what it is in words: left out, put in, or `before -> after`."""
    if isinstance(node, tree.In) and isinstance(changed, tree.In):
        for item in changed.items[len(node.items) :]:
            return node.at, f"{to_text(item)} added to {_short(to_text(node))}"
        item = _left_out(node.items, changed.items)
        return item.at, f"{to_text(item)} left out of {_short(to_text(node))}"
    if isinstance(node, tree.Case):
        when, then = _left_out(node.branches, changed.branches if isinstance(changed, tree.Case) else ())
        return when.at, f"WHEN {_short(to_text(when))} THEN {_short(to_text(then))} left out"
    if isinstance(node, tree.And | tree.Or) and not _is_same_logic(node, changed):
        rest: tuple[Expr, ...] = (changed,)
        if isinstance(changed, tree.And | tree.Or) and type(changed) is type(node):
            rest = changed.items
        gone: Expr = _left_out(node.items, rest)
        return gone.at, f"{_short(to_text(gone))} left out of {_short(to_text(node))}"
    return node.at, f"{_short(to_text(node))} -> {_short(to_text(changed))}"


def _left_out(before: tuple[T, ...], after: tuple[T, ...]) -> T:
    """Return the item of `before` that `after` lacks; the others are in the same order."""
    return next(item for i, item in enumerate(before) if after[i : i + 1] != (item,))


def _is_same_logic(node: tree.And | tree.Or, changed: Expr) -> bool:
    """Return True when the same items are joined by the other word."""
    return isinstance(changed, tree.And | tree.Or) and changed.items == node.items


def _short(text: str, width: int = 100) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _everywhere(node: Expr, domain: Domain) -> Iterator[tuple[str, Expr, Expr, Expr]]:
    """Yield (operator, node, changed node, whole tree) for the node and all below it."""
    for operator, changed in mistakes_at(node, domain):
        yield operator, node, changed, changed
    for slot in fields(node):
        value = getattr(node, slot.name)
        for path, part in _parts(value):
            for operator, below, changed, new in _everywhere(part, domain):
                put = {slot.name: _put(value, path, new)}
                yield operator, below, changed, replace(node, **put)


def _parts(value: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Expr]]:
    if isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _parts(each, (*path, index))
    elif hasattr(value, "at"):
        yield path, value


def _put(value: Any, path: tuple[int, ...], new: Expr) -> Any:
    if not path:
        return new
    return tuple(_put(each, path[1:], new) if i == path[0] else each for i, each in enumerate(value))
