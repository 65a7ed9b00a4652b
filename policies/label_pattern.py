"""What the reasons of a label depend on: which conditions hold, and which facts are unknown.

Accounts that agree in all of these have the same label, for the same clauses, with the same facts
missing; only the values that the clauses show differ. So reasons are worked out once a pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from typing import Any

from segue.policies.language import tree
from segue.policies.language.python import Emitter
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.pack import Pack, SegmentPolicy, Values


def parts_of(pack: Pack, segment: SegmentPolicy) -> Iterator[Expr]:
    """Yield the conditions without AND, OR or NOT, and the imported traits, on which a segment rests.

    Derived traits are followed to their definitions; a part may come more than once.
    """
    if segment.when is not None:
        yield from _parts(pack, segment.when.node)


def _parts(pack: Pack, node: Expr) -> Iterator[Expr]:
    for each in tree.walk(node):
        definition = pack.definitions.get(each.name) if isinstance(each, tree.Trait) else None
        if definition is not None:
            yield from _parts(pack, definition)
        elif isinstance(each, tree.Trait) or _is_plain_condition(each):
            yield each


def _is_plain_condition(node: Expr) -> bool:
    return node.type is Type.BOOLEAN and not isinstance(node, tree.And | tree.Or | tree.Not)


def pattern_function(pack: Pack) -> Callable[[Values, datetime | None], Hashable]:
    """Compile what tells the patterns of a pack apart into one function."""
    emitter = Emitter(pack.definitions, pack.absent)
    marks: dict[str, None] = {}
    for part in dict.fromkeys(part for segment in pack.segments for part in parts_of(pack, segment)):
        if isinstance(part, tree.Trait):
            marks[f"v[{part.name!r}] is None"] = None
        if part.type is Type.BOOLEAN:
            verdict = emitter.condition(part)
            marks[f"1 if {verdict.true} else 0 if {verdict.false} else None"] = None
    emitter.line(f"return ({', '.join(marks)},)" if marks else "return ()")
    found: Callable[[Any, Any], Hashable] = emitter.function("pattern")
    return found
