"""What one trait can be, cut into the regions that a set of atoms tells apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.policies.language.atoms import FALSE, TRUE, UNKNOWN, Atom, Subject, bit_of
from segue.policies.language.cuts import Bounds, cut
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.types import Type

_SAMPLES = 12


@dataclass(frozen=True, slots=True)
class Domain:
    """The regions of one subject. A set of regions is an integer with a bit for each.

    `samples` holds values of each region. `masks` gives, for each atom, the regions in which it is
    true, false and unknown. `vague` is the region of all values that no sample stands for, 0 when
    there is none: every atom may give any verdict there.
    """

    samples: tuple[tuple[Any, ...], ...]
    masks: Mapping[Atom, tuple[int, int, int]]
    vague: int = 0

    @property
    def full(self) -> int:
        """The set of all regions."""
        return (1 << len(self.samples)) - 1

    def verdicts(self, atom: Atom, regions: int) -> int:
        """Return the verdicts that an atom gives over a set of regions."""
        true, false, unknown = self.masks[atom]
        return (
            (TRUE if regions & true else 0)
            | (FALSE if regions & false else 0)
            | (UNKNOWN if regions & unknown else 0)
        )

    def parts(self, atom: Atom, regions: int) -> list[int]:
        """Split a set of regions by what the atom gives there; one part when it cannot be split."""
        if regions & self.vague and regions != self.vague:
            return [regions & ~self.vague, self.vague]
        return [regions] if regions == self.vague else [regions & m for m in self.masks[atom] if regions & m]


@dataclass
class Domains:
    """Cuts the domains of the traits of one set of conditions.

    `absent` are the traits whose absence means a value: they are never unknown.
    """

    absent: Mapping[str, Any]
    bounds: Mapping[str, Bounds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._evaluator = Evaluator({}, self.absent)

    def of(
        self, subject: Subject, kind: Type, atoms: Iterable[Atom], hints: Sequence[Any], now: datetime
    ) -> Domain:
        """Return the domain of one subject. For a list's item the one region is "in", the other "not in"."""
        asked = list(atoms)
        if subject.item is not None:
            return Domain(((True,), (False,)), dict.fromkeys(asked, (1, 2, 0)))
        bounds = self.bounds.get(subject.trait, Bounds())
        values, complete = cut(kind, [atom.node for atom in asked], hints, bounds, now)
        if subject.trait not in self.absent:
            values.append(None)
        return self._grouped(subject.trait, asked, values, complete, now)

    def _grouped(
        self, trait: str, atoms: Sequence[Atom], values: Sequence[Any], complete: bool, now: datetime
    ) -> Domain:
        regions: dict[tuple[int, ...], list[Any]] = {}
        for value in values:
            outcome = tuple(bit_of(self._evaluator.verdict(a.node, {trait: value}, now)) for a in atoms)
            held = regions.setdefault((*outcome, 0 if value is None else 1), [])
            if len(held) < _SAMPLES:
                held.append(value)
        masks = {}
        vague = 0 if complete else 1 << len(regions)
        for position, atom in enumerate(atoms):
            masks[atom] = (
                self._where(regions, position, TRUE) | vague,
                self._where(regions, position, FALSE) | vague,
                self._where(regions, position, UNKNOWN) | vague,
            )
        samples = [tuple(held) for held in regions.values()]
        if vague:
            samples.append(tuple(value for value in values if value is not None)[:_SAMPLES])
        return Domain(tuple(samples), masks, vague)

    def _where(self, regions: Mapping[tuple[int, ...], Sequence[Any]], position: int, bit: int) -> int:
        return sum(1 << index for index, outcome in enumerate(regions) if outcome[position] == bit)
