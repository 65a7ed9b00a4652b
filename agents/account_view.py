"""An account as a person looks at it: what is known, who it is one with, its labels and its buying committee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from segue.accounts.committees import committees
from segue.accounts.event_values import values_at
from segue.accounts.families import read_family
from segue.accounts.label_rows import LabelRow, read_labels
from segue.accounts.merges import read_merges
from segue.accounts.stored import StoredAccount, instant_of, known_of
from segue.accounts.transition_log import read_transitions
from segue.agents.snapshot import take_snapshot
from segue.core.database import Connection
from segue.policies.artifacts import seats_of
from segue.policies.classifier import HeldLabel, Label, label_of
from segue.policies.models.rank import NO_SEAT
from segue.policies.pack import Pack

_LAST = 10
"""Transitions that are shown with an account."""


async def account_view(
    connection: Connection, stored: StoredAccount, packs: Sequence[Pack], now: datetime
) -> dict[str, Any]:
    """Return what is known of an account, which was read with its events, as plain JSON with instants in it."""
    who, state = stored.with_pinned_owner(), stored.events
    rows = (await read_labels(connection, [who.id]))[who.id]
    changes = await read_transitions(connection, account_id=who.id, limit=_LAST)
    family = await read_family(connection, who.id, stored.aliases)
    merged = await read_merges(connection, stored.aliases) if stored.aliases else []
    return {
        "account": {
            "id": who.id, "domain": who.domain, "name": who.name, "owner": who.owner,
            "open_opportunity_owner": who.open_opportunity_owner,
        },
        "asked_as": stored.asked_as,
        "merged": [each.to_json() for each in merged],
        "family": family.to_json(),
        "traits": {
            name: [
                {"value": value, "source": source, "confidence": confidence, "true_at": instant_of(since)}
                for source, (value, confidence, since) in said.items()
            ]
            for name, said in sorted(stored.traits.items())
        },
        "events": {
            pack.name: values_at(pack, state.kept, state.at, now) if state is not None else {}
            for pack in packs
        },
        "ranks": {
            pack.name: {name: tiers.get(who.id, NO_SEAT) for name, tiers in seats_of(pack).items()}
            for pack in packs
        },
        "pins": [
            {"kind": pin.kind, "pack": pin.pack or None, "value": pin.value, "reason": pin.reason,
             "expires_at": pin.expires_at}
            for pin in stored.pins
        ],
        "labels": _labels(stored, packs, rows, now),
        "committee": await committees(connection, (who.id, *stored.aliases), packs, now),
        "transitions": [each.to_json() for each in changes],
    }  # fmt: skip


def _labels(
    stored: StoredAccount, packs: Sequence[Pack], rows: Mapping[str, LabelRow], now: datetime
) -> dict[str, Any]:
    held = {pin.pack: HeldLabel(pin.value, pin.reason) for pin in stored.pins if pin.kind == "label"}
    known = {pack.name: known_of(stored, pack, now) for pack in packs}
    snapshot = take_snapshot(packs, stored.account, packs[-1].file.surfaces[0], now, known=known, held=held)
    labels = (*snapshot.earlier, label_of(snapshot.pack, snapshot.facts, held))
    return {
        label.pack: {
            "segment": label.segment,
            "status": label.status.value,
            "missing": list(label.missing),
            "stale": list(known[label.pack].stale),
            "since": _since(label, rows.get(label.pack)),
        }
        for label in labels
    }


def _since(label: Label, row: LabelRow | None) -> datetime | None:
    """Return when the account came into its segment; None in the moment between a change and its being written."""
    return row.since if row is not None and row.segment == label.segment else None
