"""A pack's conditions as each part of it sees the facts, over one set of traits that tells them apart.

A segment that `needs` a trait sees it only when it is believed enough; another may see it all the
same. A rule sees what a contact states for itself in place of the account's. So a trait can be one
thing to a segment and another to the next, and what is proved of them together has to allow for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segue.policies.checks.reads import closure
from segue.policies.language import tree
from segue.policies.language.cuts import Bounds
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.regions import Answer, Prover, Wanted
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.models.traits import Scope, Trait
from segue.policies.pack import Pack, SegmentPolicy

LEAST_BUDGET = 100
"""The least steps that a question is given."""

_NULL = tree.Literal(None, Type.NULL)
_Changed = Mapping[str, float | str]
"""Traits that are seen otherwise: when they are believed this much, or as a contact restates them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition with the verdicts asked of it: as it is written, and as it is seen."""

    written: Expr
    seen: Expr
    verdicts: frozenset[bool | None]

    def of(self, verdicts: frozenset[bool | None]) -> Asked:
        """Return the same condition with other verdicts asked of it."""
        return replace(self, verdicts=verdicts)


class Views:
    """The conditions of a pack, rewritten over traits that are named by who sees them."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._definitions: dict[str, Expr] = dict(pack.definitions)
        self._absent = dict(pack.absent)
        self._bounds = {name: bounds_of(trait) for name, trait in pack.traits.items()}
        self._renames: dict[Any, tuple[Expr, Expr]] = {}
        self._restated: _Changed = dict.fromkeys(restated(pack), "restated")
        self._prover = Prover(Evaluator(self._definitions, self._absent), self._bounds)

    def by_anyone(self, node: Expr, verdicts: frozenset[bool | None]) -> Asked:
        """Ask a condition of the facts as they are."""
        return Asked(node, node, verdicts)

    def by_segment(self, segment: SegmentPolicy, verdicts: frozenset[bool | None]) -> Asked:
        """Ask a segment's condition as it sees the account. Not for the residual."""
        assert segment.when is not None
        node = segment.when.node
        seen = self._as_seen(node, segment.model.needs) if segment.model.needs else node
        return Asked(node, seen, verdicts)

    def by_rule(self, node: Expr, verdicts: frozenset[bool | None]) -> Asked:
        """Ask a condition as rules see it: with what contacts state for themselves."""
        seen = self._as_seen(node, self._restated) if self._restated else node
        return Asked(node, seen, verdicts)

    def possible(self, asked: Sequence[Asked]) -> Answer:
        """Return whether all of these can be at once.

        Mostly they can where everyone sees the same, which is the quicker to find.
        """
        together = self._together(asked)
        if together is Answer.YES or all(each.seen is each.written for each in asked):
            return together
        return self._asked([Wanted(each.seen, each.verdicts) for each in asked])

    def any_possible(self, cases: Sequence[Sequence[Asked]]) -> Answer:
        """Return whether one of several cases can be; where everyone sees the same is tried first."""
        for asked in cases:
            if self._together(asked) is Answer.YES:
                return Answer.YES
        found = {self.possible(asked) for asked in cases}
        return next((each for each in (Answer.YES, Answer.UNDECIDED) if each in found), Answer.NO)

    def _together(self, asked: Sequence[Asked]) -> Answer:
        return self._asked([Wanted(each.written, each.verdicts) for each in asked])

    def _asked(self, wanted: Sequence[Wanted]) -> Answer:
        """Ask the prover, with less patience each time that it gives up: a check ends in bounded time."""
        found = self._prover.possible(*wanted).answer
        if found is Answer.UNDECIDED:
            self._prover.budget = max(self._prover.budget // 2, LEAST_BUDGET)
        return found

    def _as_seen(self, node: Expr, changed: _Changed) -> Expr:
        key = (id(node), tuple(sorted(changed.items(), key=str)))
        known = self._renames.get(key)
        if known is None:
            known = self._renames[key] = (node, self._renamed(node, changed))
        return known[1]

    def _renamed(self, node: Expr, changed: _Changed) -> Expr:
        """Return the condition over other traits for those that are changed or follow from one that is.

        A trait's new name says what is changed of it, so that those who see the same share it.
        """

        def rename(part: Expr) -> Expr:
            if not isinstance(part, tree.Trait):
                return part
            below = closure(self.pack, [part])
            by = [f"{name} {how}" for name, how in sorted(changed.items()) if name in below]
            if not by:
                return part
            name = f"{part.name} by {', '.join(by)}"
            if name not in self._definitions and name not in self._bounds:
                self._declare(part, name, changed)
            return tree.Trait(name, part.type, at=part.at)

        return tree.rebuild(node, rename)

    def _declare(self, trait: tree.Trait, name: str, changed: _Changed) -> None:
        definition, how = self.pack.definitions.get(trait.name), changed.get(trait.name)
        if definition is not None:
            self._definitions[name] = self._renamed(definition, changed)
        elif isinstance(how, float):
            belief = tree.Trait(f"belief in {trait.name}", Type.NUMBER)
            self._bounds[belief.name] = Bounds(0, 1)
            doubted = tree.Compare("<", belief, tree.Literal(how, Type.NUMBER))
            self._definitions[name] = tree.Case(((doubted, _NULL),), trait, trait.type)
        else:
            self._bounds[name] = self._bounds[trait.name]
            if trait.name in self._absent:
                self._absent[name] = self._absent[trait.name]


def restated(pack: Pack) -> frozenset[str]:
    """Return the account traits that a contact states for itself in the pack's own tests."""
    stated = {name for cases in pack.cases.values() for case in cases for name in case.contact}
    return frozenset(name for name in stated if pack.traits[name].scope is Scope.ACCOUNT)


def bounds_of(trait: Trait) -> Bounds:
    """Return the least and the most that a trait can be by how it is computed."""
    if trait.count is not None or trait.distinct is not None:
        return Bounds(least=0)
    if trait.rfm is not None and trait.rfm.part is not None:
        return Bounds(0, trait.rfm.quantiles)
    if trait.decay is not None:
        grows = all(points.add >= 0 for points in trait.decay.points)
        return Bounds(0 if grows else None, trait.decay.at_most)
    return Bounds()
