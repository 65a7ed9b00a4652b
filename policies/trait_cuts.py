"""The values of each trait that between them give every label which that trait can lead to.

The tests of a pack's segments cut the values of a trait into regions in which no test changes its
answer: one value of each region is enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.policies.checks.reads import closure, deciding_traits
from segue.policies.checks.seen import bounds_of
from segue.policies.language.atoms import Atom, Subject
from segue.policies.language.cuts import Bounds, cut
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.outline import Outliner, TooLargeError
from segue.policies.language.question import read_by
from segue.policies.language.sweep import tests_below
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.pack import Pack

Region = Hashable
"""A region of one trait: what the tests on it answer there."""

_MOST_ITEMS = 10
"""Named items of a list up to which every subset of them is tried."""


@dataclass(slots=True)
class TraitCut:
    """How one trait is cut: by tests, by the items asked of a list, or not at all (each value for itself)."""

    name: str
    type: Type
    now: datetime
    evaluator: Evaluator
    tests: Sequence[Expr] = ()
    items: Sequence[str] = ()
    by_value: bool = False
    """Arithmetic, or a comparison with another trait, reads it: every value is a region of its own."""
    complete: bool = False
    """True when the values below give every outcome that the trait can have."""
    values: dict[Region, Any] = field(default_factory=dict)
    """A value of each region."""

    def region(self, value: Any) -> Region:
        """Return the region of a known value."""
        if self.by_value:
            return frozenset(value) if isinstance(value, tuple) else value
        if self.type is Type.TEXT_LIST:
            return frozenset(item for item in self.items if item in value)
        return tuple(self.evaluator.verdict(test, {self.name: value}, self.now) for test in self.tests)

    def add(self, values: Iterable[Any]) -> None:
        """Make sure that the regions of some values are among those tried."""
        for value in values:
            self.values.setdefault(self.region(value), value)


def cut_traits(pack: Pack, now: datetime) -> dict[str, TraitCut]:
    """Return the cut of every imported trait that the segments' conditions read, in the pack's order."""
    nodes = [each.when.node for each in pack.segments if each.when is not None]
    deciding = deciding_traits(pack)
    names = [name for name in pack.imported if name in deciding]
    tests, by_value = _outlined(pack, nodes, names)
    constants = read_by(nodes, pack.definitions).constants
    evaluator = Evaluator({}, pack.absent)
    found = {}
    for name in names:
        items = tuple(sorted(each.item for each in tests if each.trait == name and each.item is not None))
        asked = tuple(dict.fromkeys(atom.node for atom in tests.get(Subject(name), ())))
        kind = Type(pack.schema[name])
        one = TraitCut(name, kind, now, evaluator, asked, items, name in by_value)
        values, all_tried = _values(pack, one, constants)
        one.complete = all_tried and not one.by_value
        one.add(values)
        found[name] = one
    return found


def _outlined(
    pack: Pack, nodes: Sequence[Expr], names: Sequence[str]
) -> tuple[Mapping[Subject, Sequence[Atom]], frozenset[str]]:
    """Return the tests of each subject, and the traits that more than such tests read."""
    outliner = Outliner(pack.definitions)
    try:
        graphs = [outliner.condition(node) for node in nodes]
    except TooLargeError:
        return {}, frozenset(names)
    tests: dict[Subject, list[Atom]] = {}
    for test in tests_below(graphs):
        if isinstance(test, Atom):
            tests.setdefault(test.subject, []).append(test)
    below = [pack.definitions[name] for name in outliner.unfollowed if name in pack.definitions]
    return tests, frozenset({*outliner.unfollowed, *closure(pack, below)})


def _values(pack: Pack, one: TraitCut, constants: Sequence[Any]) -> tuple[Sequence[Any], bool]:
    """Return values of a trait, and whether they cover every outcome of its tests."""
    trait = pack.traits.get(one.name)
    declared = None if trait is None or trait.values is None else tuple(trait.values)
    if one.type is Type.TEXT_LIST:
        return _subsets([each for each in one.items if declared is None or each in declared])
    if declared is not None:
        return declared, True
    bounds = Bounds() if trait is None else bounds_of(trait)
    return cut(one.type, one.tests, constants, bounds, one.now)


def _subsets(items: Sequence[str]) -> tuple[list[tuple[str, ...]], bool]:
    """Return the lists that some items make, and whether those are all there are."""
    sizes: Iterable[int] = range(len(items) + 1)
    if len(items) <= _MOST_ITEMS:
        return [each for size in sizes for each in itertools.combinations(items, size)], True
    few = [each for size in (0, 1, 2) for each in itertools.combinations(items, size)]
    return [*few, *(tuple(i for i in items if i != out) for out in items), tuple(items)], False
