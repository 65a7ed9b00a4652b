"""What an account's label could be if one fact of it were another: every outcome, not a sample.

Accounts that lie in the same region of every trait share their labels, so each is worked out once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any

from segue.policies.classifier import doubted_traits, segment_of
from segue.policies.facts import Facts
from segue.policies.language.thresholds import candidates, expand
from segue.policies.language.tree import Expr
from segue.policies.pack import Pack, SegmentPolicy
from segue.policies.trait_cuts import Region, cut_traits


class Completions:
    """The labels that single facts can lead to, in one pack at one instant (in UTC)."""

    def __init__(self, pack: Pack, now: datetime) -> None:
        self.pack = pack
        self.now = now
        self._cuts = cut_traits(pack, now)
        self.traits: tuple[str, ...] = tuple(self._cuts)
        """The imported traits that decide labels, in the pack's order."""
        self._needs = [(n, least) for each in pack.segments for n, least in each.model.needs.items()]
        conditions = [each.when.node for each in pack.segments if each.when is not None]
        self._nodes = expand(conditions, pack.definitions)
        self._labels: dict[Hashable, str] = {}

    @property
    def unproven(self) -> frozenset[str]:
        """The traits of which an outcome may have been overlooked.

        Arithmetic or a comparison of two traits reads them, or too many items of a list are asked for.
        """
        return frozenset(name for name, found in self._cuts.items() if not found.complete)

    def region(self, name: str, value: Any) -> Region:
        """Return the region of a known value of a deciding trait."""
        return self._cuts[name].region(value)

    def representative(self, name: str, region: Region) -> Any:
        """Return a value of a region that is among those tried."""
        return self._cuts[name].values[region]

    def add_observed(self, name: str, values: Iterable[Any]) -> None:
        """Make sure that the regions of values which accounts have are among those tried."""
        self._cuts[name].add(values)

    def pattern(self, facts: Facts) -> tuple[Hashable, ...]:
        """Return what the label depends on: the region of every trait, and what is doubted of them."""
        account = facts.account
        regions = (
            None if account.get(name) is None else (found.region(account[name]),)
            for name, found in self._cuts.items()
        )
        doubted = (facts.believed.get(name, 1.0) < least for name, least in self._needs)
        return (*regions, *doubted)

    def label(self, facts: Facts) -> str:
        """Return the segment of some facts; worked out once for each pattern of them."""
        pattern = self.pattern(facts)
        found = self._labels.get(pattern)
        if found is None:
            found = self._labels[pattern] = segment_of(self.pack, facts)[0].name
        return found

    def outcomes(self, facts: Facts, name: str) -> Mapping[Region, str]:
        """Return the segment for every region that a trait's value can lie in, the value being believed."""
        cut = self._cuts[name]
        tried = dict(cut.values)
        if cut.by_value:
            tried.update((cut.region(each), each) for each in self._solved(facts, name))
        return {region: self.label(with_value(facts, name, value)) for region, value in tried.items()}

    def possible(self, facts: Facts) -> tuple[str, ...]:
        """Return the segments that some completion of the facts may lead to, by three-valued logic.

        Every segment that can come about is in it; one that cannot may be.
        """
        found = []
        for segment in self.pack.segments:
            verdict = self._verdict(segment, facts)
            if verdict is not False:
                found.append(segment.name)
            if verdict:
                break
        return tuple(found)

    def _verdict(self, segment: SegmentPolicy, facts: Facts) -> bool | None:
        if segment.when is None:
            return True
        doubted = doubted_traits(segment, facts.believed) if facts.believed else frozenset[str]()
        if not doubted:
            return segment.when.function(facts.account, facts.now)
        seen = {**facts.account, **dict.fromkeys(doubted)}
        return self.pack.evaluator_without(doubted).verdict(segment.when.node, seen, facts.now)

    def _solved(self, facts: Facts, name: str) -> list[Any]:
        """Return the thresholds of a trait that stands in arithmetic, as the account's other facts set them."""

        def solve(node: Expr, value: Any) -> float | None:
            found = self.pack.evaluator.value(node, {**facts.account, name: value}, facts.now)
            return found if isinstance(found, int | float) else None

        kind = self._cuts[name].type
        return candidates(name, kind, self._nodes, facts.now, facts.account.get(name), solve)


def with_value(facts: Facts, name: str, value: Any) -> Facts:
    """Return the facts with one of them known and wholly believed."""
    account = {**facts.account, name: value}
    believed = {other: belief for other, belief in facts.believed.items() if other != name}
    return Facts(account, facts.now, believed, {**facts.merged, name: value})
