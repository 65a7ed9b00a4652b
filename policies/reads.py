"""Which stated traits a condition depends on, by way of the definitions that it names, and whether on the instant."""

from __future__ import annotations

from segue.policies.language import tree
from segue.policies.language.tree import Expr
from segue.policies.pack import Pack

NOW = "now()"
"""Stands among the traits for the instant."""


def reads_of(pack: Pack, node: Expr) -> frozenset[str]:
    """Return the stated traits that a node reads, directly or by definitions; `now()` for the instant."""
    kept: dict[int, tuple[Expr, frozenset[str]]] | None = pack.kept.get("reads")
    if kept is None:
        kept = pack.kept["reads"] = {}
    known = kept.get(id(node))
    if known is None:
        found: set[str] = set()
        for each in tree.walk(node):
            if isinstance(each, tree.Now):
                found.add(NOW)
            elif isinstance(each, tree.Trait):
                definition = pack.definitions.get(each.name)
                found |= {each.name} if definition is None else reads_of(pack, definition)
        known = kept[id(node)] = node, frozenset(found)
    return known[1]


def label_reads(pack: Pack) -> frozenset[str]:
    """Return the stated traits that a pack's label depends on, and `now()`."""
    found: frozenset[str] | None = pack.kept.get("label_reads")
    if found is None:
        nodes = [each.when.node for each in pack.segments if each.when is not None]
        found = pack.kept["label_reads"] = frozenset().union(*(reads_of(pack, node) for node in nodes))
    return found


def traits_read(pack: Pack) -> tuple[str, ...]:
    """Return the imported traits on which a label depends, in the pack's order."""
    found = label_reads(pack)
    return tuple(name for name in pack.imported if name in found)
