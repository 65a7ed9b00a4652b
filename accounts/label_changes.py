"""What becomes of the label of one account: the row to keep, and the transition if it changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from segue.accounts.label_rows import LabelRow
from segue.accounts.labels import Labelled, labels_of
from segue.accounts.stored import StoredAccount
from segue.policies.classifier import Status, clauses_of
from segue.policies.language.explain import Clause
from segue.policies.pack import Pack
from segue.policies.plain import clause_json


class Cause(StrEnum):
    """What made an account be labelled again."""

    EVENT = "event"
    TIME = "time"
    TRAITS = "traits"
    IMPORT = "import"
    PIN = "pin"
    POLICY = "policy"
    IDENTITY = "identity"
    MERGE = "merge"
    """Two accounts were merged into one, or that was undone."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an account's label in a pack: of its segment, or of how sure it is alone."""

    account_id: str
    pack: str
    revision: str
    from_segment: str | None
    """None for the first label of the account in the pack."""
    to_segment: str | None
    """None where the account was merged into another, which is labelled in its place."""
    from_status: Status | None
    to_status: Status | None
    because: tuple[Clause, ...]
    """The clauses that flipped, as they are now."""
    cause: Cause
    at: datetime
    since: datetime | None
    """When the account had come into the segment that it leaves."""
    transition_id: int = 0

    @property
    def is_move(self) -> bool:
        """True when the segment is another; a change of status alone sets nothing off."""
        return self.from_segment != self.to_segment

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "transition_id": self.transition_id, "account": self.account_id, "pack": self.pack,
            "revision": self.revision, "from": self.from_segment, "to": self.to_segment,
            "status": {
                "from": self.from_status and self.from_status.value,
                "to": self.to_status and self.to_status.value,
            },
            "because": [clause_json(each) for each in self.because], "cause": self.cause.value,
            "at": self.at.isoformat(),
        }  # fmt: skip


def label_changes(
    stored: StoredAccount, packs: Sequence[Pack], old: Mapping[str, LabelRow], cause: Cause, now: datetime
) -> tuple[list[LabelRow], list[Transition]]:
    """Return the label rows of an account that are to be written, and what changed.

    `now` is in UTC. A row that would stay as it is is not among them.
    """
    rows: list[LabelRow] = []
    transitions: list[Transition] = []
    found = labels_of(stored, packs, now)
    for pack in packs:
        label, before = found[pack.name], old.get(pack.name)
        missing = label.label(pack).missing if label.status is Status.PROVISIONAL else ()
        stays = before is not None and before.segment == label.segment
        row = LabelRow(
            stored.account.id, pack.name, label.segment, label.status, missing, pack.revision,
            before.since if before is not None and stays else now, now,
        )  # fmt: skip
        if before is not None and replace(before, labelled_at=now) == row:
            continue
        rows.append(row)
        if before is None or not stays or before.status is not label.status:
            transitions.append(_transition(row, before, flipped(pack, before, label), cause, now))
    return rows, transitions


def flipped(pack: Pack, before: LabelRow | None, label: Labelled) -> tuple[Clause, ...]:
    """Return the clauses that moved an account from one segment to another, as they are now.

    A segment earlier in the pack's order was reached by its condition coming true: the clauses of that.
    One later in the order, by the former segment's no longer holding: the clauses of that. A label held
    by hand, the first one, and a change of status alone have the clauses that decide now.
    """
    if before is not None and before.segment != label.segment and label.held is None:
        former, present = pack.by_name.get(before.segment), pack.by_name[label.segment]
        if former is not None:
            earlier = present.index < former.index
            clauses = clauses_of(pack, (present if earlier else former).name, label.facts)
            found = tuple(each for each in clauses if (each.verdict is True) is earlier)
            if found:
                return found
    return label.label(pack).because


def _transition(
    row: LabelRow, before: LabelRow | None, because: tuple[Clause, ...], cause: Cause, now: datetime
) -> Transition:
    was = (None, None, None) if before is None else (before.segment, before.status, before.since)
    return Transition(
        row.account_id, row.pack, row.revision, was[0], row.segment, was[1], row.status, because, cause, now,
        was[2],
    )  # fmt: skip
