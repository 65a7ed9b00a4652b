"""Which properties of events the policies count: what an erasure may leave where it is a number."""

from __future__ import annotations

from collections.abc import Iterable

from segue.policies.pack import Pack


def counted_properties(packs: Iterable[Pack]) -> frozenset[str]:
    """Return the properties of which some trait takes the sum (in an `rfm` or a trend too), the first or the latest."""
    found: set[str] = set()
    for pack in packs:
        for trait in pack.traits.values():
            found |= {
                part.of for part in (trait.sum, trait.first, trait.latest, trait.trend) if part and part.of
            }
            if trait.rfm is not None:
                found.add(trait.rfm.value)
    return frozenset(found)
