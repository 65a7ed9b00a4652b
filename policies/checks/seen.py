"""A pack's conditions as each part of it sees the facts, over one set of traits that tells them apart.

A segment that `needs` a trait sees it only when it is believed enough; another may see it all the
same. A rule sees what a contact states for itself in place of the account's. So a trait can be one
thing to a segment and another to the next, and what is proved of them together has to allow for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from segue.policies.checks.reads import closure
from segue.policies.language import tree
from segue.policies.language.cuts import Bounds
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.regions import Prover
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.models.traits import Trait
from segue.policies.pack import Pack, SegmentPolicy

_NULL = tree.Literal(None, Type.NULL)


class Views:
    """The conditions of a pack, rewritten over traits that are named by who sees them."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._definitions: dict[str, Expr] = dict(pack.definitions)
        self._absent = dict(pack.absent)
        self._bounds = {name: bounds_of(trait) for name, trait in pack.traits.items()}
        self._seen: dict[tuple[int, str], tuple[Expr, Expr]] = {}
        self._restated = restated(pack)
        self.prover = Prover(Evaluator(self._definitions, self._absent), self._bounds)

    def by_segment(self, segment: SegmentPolicy) -> Expr:
        """Return a segment's condition as it sees the account. Not for the residual."""
        assert segment.when is not None
        if not segment.model.needs:
            return segment.when.node
        return self._as_seen(segment.when.node, f"@{segment.name}", segment.model.needs)

    def by_rule(self, node: Expr) -> Expr:
        """Return a condition as rules see it: with what contacts state for themselves."""
        if not self._restated:
            return node
        return self._as_seen(node, "@contact", dict.fromkeys(self._restated))

    def _as_seen(self, node: Expr, by: str, changed: Mapping[str, float | None]) -> Expr:
        known = self._seen.get((id(node), by))
        if known is None:
            known = self._seen[id(node), by] = (node, self._renamed(node, by, changed))
        return known[1]

    def _renamed(self, node: Expr, by: str, changed: Mapping[str, float | None]) -> Expr:
        """Return the condition over `<trait><by>` for every trait that is changed or follows from one that is."""

        def rename(part: Expr) -> Expr:
            if not isinstance(part, tree.Trait) or not self._follows(part.name, changed):
                return part
            name = f"{part.name}{by}"
            if name not in self._definitions and name not in self._bounds:
                self._declare(part, name, by, changed)
            return tree.Trait(name, part.type, at=part.at)

        return tree.rebuild(node, rename)

    def _declare(self, trait: tree.Trait, name: str, by: str, changed: Mapping[str, float | None]) -> None:
        definition = self.pack.definitions.get(trait.name)
        least = changed.get(trait.name)
        if definition is not None:
            self._definitions[name] = self._renamed(definition, by, changed)
        elif least is not None:
            belief = tree.Trait(f"belief in {trait.name}", Type.NUMBER)
            self._bounds[belief.name] = Bounds(0, 1)
            doubted = tree.Compare("<", belief, tree.Literal(float(least), Type.NUMBER))
            self._definitions[name] = tree.Case(((doubted, _NULL),), trait, trait.type)
        else:
            self._bounds[name] = self._bounds[trait.name]
            if trait.name in self._absent:
                self._absent[name] = self._absent[trait.name]

    def _follows(self, name: str, changed: Mapping[str, float | None]) -> bool:
        definition = self.pack.definitions.get(name)
        return name in changed or (
            definition is not None and bool(closure(self.pack, [definition]) & {*changed})
        )


def restated(pack: Pack) -> frozenset[str]:
    """Return the account traits that a contact states for itself in the pack's own tests."""
    stated = {name for cases in pack.cases.values() for case in cases for name in case.contact}
    return frozenset(name for name in stated if pack.traits[name].scope.value == "account")


def bounds_of(trait: Trait) -> Bounds:
    """Return the least and the most that a trait can be by how it is computed."""
    if trait.count is not None or trait.distinct is not None:
        return Bounds(least=0)
    if trait.decay is not None:
        grows = all(points.add >= 0 for points in trait.decay.points)
        return Bounds(0 if grows else None, trait.decay.at_most)
    return Bounds()
