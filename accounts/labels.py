"""The label of a stored account in each pack of a chain, at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from segue.accounts.stored import StoredAccount, known_traits
from segue.policies.classifier import HeldLabel, Label, Status, label_of, segment_of
from segue.policies.facts import Facts
from segue.policies.pack import Pack


class Labelled(NamedTuple):
    """The label of an account in one pack, and the facts that gave it."""

    facts: Facts
    segment: str
    status: Status
    held: HeldLabel | None
    """Set where somebody holds the label by hand, and the pack still has its segment."""

    def label(self, pack: Pack) -> Label:
        """Return the label whole, with the clauses behind it and what would settle it."""
        return label_of(pack, self.facts, {} if self.held is None else {pack.name: self.held})


def labels_of(stored: StoredAccount, packs: Sequence[Pack], now: datetime) -> dict[str, Labelled]:
    """Return the label of an account in each pack, in their order. `now` is in UTC."""
    labels: dict[str, Labelled] = {}
    for pack in packs:
        known = known_traits(stored.traits, pack, now)
        earlier = {
            f"{name}.segment": found.segment
            for name, found in labels.items()
            if f"{name}.segment" in pack.schema
        }
        values = {**pack.blank, **known.values, **earlier}
        facts = Facts(values, now, known.believed, values)
        pin = stored.pinned_label(pack.name)
        if pin is not None and pin.value in pack.by_name:
            held = HeldLabel(pin.value, pin.reason)
            labels[pack.name] = Labelled(facts, pin.value, Status.MATCHED, held)
        else:
            segment, status = segment_of(pack, facts)
            labels[pack.name] = Labelled(facts, segment.name, status, None)
    return labels
