"""Which properties of events the policies count: what an erasure may leave where it is a number."""

from __future__ import annotations

from collections.abc import Iterable

from segue.policies.models.traits import Pick, Sum
from segue.policies.pack import Pack


def counted_properties(packs: Iterable[Pack]) -> frozenset[str]:
    """Return the properties of which some trait takes the sum, the first or the latest."""
    found = set()
    for pack in packs:
        for trait in pack.traits.values():
            for part in (trait.sum, trait.first, trait.latest):
                if isinstance(part, Sum | Pick):
                    found.add(part.of)
    return frozenset(found)
