"""Facts on which a pack and a mutant of it decide differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any

from segue.agents.decide import decide
from segue.core.errors import SegueError
from segue.evals.cases import snapshot_of
from segue.evals.generate import Generator
from segue.evals.mutants import Mutant
from segue.evals.outcome import first_difference, outcome_of, shrink
from segue.policies.classifier import segment_of
from segue.policies.language.thresholds import expand
from segue.policies.language.tree import traits_of
from segue.policies.models.case import Case
from segue.policies.pack import Pack, SegmentPolicy

Told = tuple[str, Any, Any]
"""The key under which two decisions differ, and what each has there."""

_MOST_TRIES = 500
_INVENTED = 600
_BASES = 120
_VALUES = 12
_HOURS = tuple(datetime(2026, 11, 23, hour, 0, tzinfo=UTC) for hour in (2, 9, 21))
"""Instants at which some reps are at work and others are not."""


class Examples:
    """Looks for situations of one pack. `packs` are the pack, last, and those loaded before it."""

    def __init__(self, packs: Sequence[Pack], tests: Sequence[Case]) -> None:
        self._packs = packs
        self._pack = packs[-1]
        self._tests = tests

    def telling(self, mutant: Mutant, witness: Mapping[str, Any] | None) -> tuple[Case, Told] | None:
        """Return a case with few facts that tells a mutant from the pack, or None when none was found.

        `witness` are facts on which the changed condition is known to differ.
        """
        changed = mutant.make()
        for case in islice(self._trials(mutant, witness or {}), _MOST_TRIES):
            if self._told(case, changed) is not None:
                small = shrink(case, lambda each: self._told(each, changed) is not None, 100)
                told = self._told(small, changed)
                assert told is not None
                return small, told
        return None

    def _told(self, case: Case, changed: Pack) -> Told | None:
        try:
            one = decide(snapshot_of(self._packs, case))
            other = decide(snapshot_of((*self._packs[:-1], changed), case))
        except SegueError:
            return None
        return first_difference(outcome_of(one), outcome_of(other))

    def _trials(self, mutant: Mutant, witness: Mapping[str, Any]) -> Iterator[Case]:
        """Yield cases worth trying, the likeliest first: overlaid with facts at the changed place."""
        bases = self._bases(mutant)
        if mutant.stated == "counters":
            for number in range(1, 6):
                counters = dict.fromkeys(sorted(mutant.plays)[:1], number)
                yield from (_with(case, counters=counters) for case in bases[:60])
        doubted = [] if mutant.doubted is None else [mutant.doubted]
        if mutant.suppressing is not None:
            doubted = sorted({name for each in self._pack.segments for name in each.model.needs})
        for name in doubted:
            yield from (_with(case, believed={name: 0.01}) for case in bases[:_BASES])
        known = {name: value for name, value in witness.items() if name in self._generator.traits}
        yield from (self._overlaid(case, known) for case in bases[:_BASES])
        if mutant.file == "routing.yaml":
            yield from (_with(case, now=now) for now in _HOURS for case in bases[:60])
        overlays = list(self._overlays(mutant))
        for overlay in overlays:
            share = _MOST_TRIES // (2 * len(overlays)) + 1
            yield from (self._overlaid(case, overlay) for case in bases[:share])
        yield from bases

    def _bases(self, mutant: Mutant) -> list[Case]:
        """Return invented cases and tests that are offered one of the plays, those in the changed segment first."""
        found = []
        for case, segment in self._labelled:
            if case.surface is None or mutant.surface not in (None, case.surface.value):
                continue
            treatment = segment.model.surfaces.get(case.surface)
            offered = treatment.plays if treatment is not None else ()
            if not mutant.plays or not mutant.plays.isdisjoint(offered):
                found.append((segment.name != mutant.segment, case))
        return [case for _, case in sorted(found, key=lambda each: each[0])]

    @cached_property
    def _labelled(self) -> list[tuple[Case, SegmentPolicy]]:
        """Invented cases, then the pack's own tests, each with the segment it is in."""
        found = []
        for case in (*self._generator.cases(_INVENTED), *self._tests):
            segment, _ = segment_of(self._pack, snapshot_of(self._packs, case).facts)
            found.append((case, segment))
        return found

    @cached_property
    def _generator(self) -> Generator:
        return Generator(self._pack, seed=1)

    def _overlays(self, mutant: Mutant) -> Iterator[dict[str, Any]]:
        """Yield single facts around the thresholds of the changed part."""
        nodes = [node for node in (mutant.before, mutant.after) if node is not None]
        read = {trait for part in expand(nodes, self._pack.definitions) for trait in traits_of(part)}
        for name in sorted(read.intersection(self._generator.traits)):
            yield from ({name: value} for value in self._generator.near(name, nodes)[:_VALUES])

    def _overlaid(self, case: Case, overlay: Mapping[str, Any]) -> Case:
        given = {**case.facts, **case.contact, **case.context, **overlay}
        known = {name: value for name, value in given.items() if value is not None}
        placed = self._generator.case(known, case.surface, case.name)
        return _with(placed, believed=case.believed, counters=case.counters, now=case.now)


def _with(case: Case, **changes: Any) -> Case:
    return case.model_copy(update=changes)
