"""Segments that a known fact takes an account out of, though not knowing it would have left it in.

Most conditions only become more settled as facts become known. IS NULL, COALESCE, CASE, IS TRUE and a
trait whose absence means something can go the other way: the fact is then a reason for the label.
"""

from __future__ import annotations

from segue.policies.facts import Facts
from segue.policies.language import tree
from segue.policies.language.thresholds import expand
from segue.policies.pack import Pack, SegmentPolicy

_TURNING = (tree.IsNull, tree.IsBool, tree.Distinct, tree.Case)


def overturned(pack: Pack, segment: SegmentPolicy, facts: Facts) -> bool:
    """Return True when a false segment would be true if one of its known facts were not known."""
    assert segment.when is not None
    for name in turning_traits(pack, segment):
        value = facts.account.get(name)
        if value is None or value == pack.absent.get(name):
            continue
        without = {**facts.account, name: None}
        if segment.when.function(without, facts.now) is True:
            return segment.when.function(facts.account, facts.now) is False
    return False


def turning_traits(pack: Pack, segment: SegmentPolicy) -> tuple[str, ...]:
    """Return the facts of a segment that can overturn it by becoming known."""
    kept: dict[str, tuple[str, ...]] = pack.kept.setdefault("turning", {})
    found = kept.get(segment.name)
    if found is None:
        assert segment.when is not None
        nodes = expand([segment.when.node], pack.definitions)
        turning = [part for node in nodes for part in tree.walk(node) if _turns(part)]
        inside = {name for part in expand(turning, pack.definitions) for name in tree.traits_of(part)}
        read = {name for node in nodes for name in tree.traits_of(node)}
        names = sorted(
            name for name in read if name in pack.blank and (name in inside or name in pack.absent)
        )
        found = kept[segment.name] = tuple(names)
    return found


def _turns(node: tree.Expr) -> bool:
    return isinstance(node, _TURNING) or (isinstance(node, tree.Call) and node.name in ("COALESCE", "NULLIF"))
