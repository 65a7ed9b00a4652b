"""All that a decision rested on, as plain JSON: written into the log, and read back for replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.accounts.counted import DeliveredCounts
from segue.accounts.stored import Delivered, KnownTraits
from segue.agents.identity import Identity, identity_of
from segue.agents.snapshot import Snapshot, take_snapshot
from segue.policies.classifier import HeldLabel
from segue.policies.facts import Account
from segue.policies.lease import Lease, lease_of
from segue.policies.left_alone import LeftAlone
from segue.policies.pack import Pack
from segue.policies.plain import json_value


@dataclass(frozen=True, slots=True)
class LoggedFacts:
    """The inputs of one decision. The same inputs and revisions give the same decision."""

    account: Account
    surface: str
    now: datetime
    known: Mapping[str, KnownTraits] = field(default_factory=dict)
    """What each pack knew, by its name."""
    contact: Mapping[str, Any] = field(default_factory=dict)
    contact_id: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    delivered: tuple[Delivered, ...] = ()
    loads: Mapping[str, int] = field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()
    held: Mapping[str, HeldLabel] = field(default_factory=dict)
    identity: Identity | None = None
    """How the account was found, where the caller did not name it."""
    lease: Lease | None = None
    """What the account was being told in the deciding pack."""
    drawn: bool = False
    """Whether the account takes part in holdouts and experiments."""
    preferred: tuple[str, ...] = ()
    """Proof points that answer what was asked in a conversation, the closest first."""
    unasked: frozenset[str] = frozenset()
    """Traits that a conversation does not ask for any more; `*` is every one."""
    left_alone: LeftAlone = LeftAlone.NO
    """How far the person asked, in the conversation, to be left alone."""

    def snapshot(self, packs: Sequence[Pack]) -> Snapshot:
        """Return the snapshot that the last of `packs` decides on.

        Raises:
            InputError, ValueFault: a fact does not fit these packs.
        """
        return take_snapshot(
            packs,
            self.account,
            self.surface,
            self.now,
            contact=self.contact,
            request=self.context,
            counts=DeliveredCounts(self.delivered, self.now, self.contact_id),
            loads=self.loads,
            switched_off=self.switched_off,
            known=self.known,
            held=self.held,
            identity=self.identity,
            lease=self.lease,
            drawn=self.drawn,
            preferred=self.preferred,
            unasked=self.unasked,
            left_alone=self.left_alone,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the inputs as plain JSON; what is empty is left out."""
        account = self.account
        found: dict[str, Any] = {
            "account": {
                name: value
                for name in ("id", "domain", "name", "owner", "open_opportunity_owner")
                if (value := getattr(account, name)) is not None
            },
            "surface": self.surface,
            "now": self.now.isoformat(),
            "known": {
                pack: {"values": _plain(known.values), "believed": dict(known.believed)}
                for pack, known in self.known.items()
            },
        }
        optional = {
            "contact": _plain(self.contact),
            "contact_id": self.contact_id,
            "context": _plain(self.context),
            "delivered": [[each.play, each.contact, each.at.isoformat()] for each in self.delivered],
            "loads": dict(self.loads),
            "switched_off": sorted(self.switched_off),
            "held": {pack: [hold.segment, hold.reason] for pack, hold in self.held.items()},
            "identity": None if self.identity is None else self.identity.to_json(),
            "lease": None if self.lease is None else self.lease.to_json(),
            "drawn": self.drawn,
            "preferred": list(self.preferred),
            "unasked": sorted(self.unasked),
            "left_alone": self.left_alone.value,
        }
        return found | {name: value for name, value in optional.items() if value}


def are_erased(found: Any) -> bool:
    """Return True for what an erasure leaves in the place of facts: nothing that says whose they were."""
    return not isinstance(found, Mapping) or "account" not in found


def logged_facts(found: Mapping[str, Any]) -> LoggedFacts:
    """Return the inputs that `LoggedFacts.to_json` wrote."""
    known = {
        pack: KnownTraits(each["values"], each["believed"]) for pack, each in found.get("known", {}).items()
    }
    return LoggedFacts(
        Account(**found["account"]),
        found["surface"],
        datetime.fromisoformat(found["now"]),
        known,
        found.get("contact", {}),
        found.get("contact_id"),
        found.get("context", {}),
        tuple(
            Delivered(play, who, datetime.fromisoformat(at)) for play, who, at in found.get("delivered", ())
        ),
        found.get("loads", {}),
        frozenset(found.get("switched_off", ())),
        {pack: HeldLabel(*hold) for pack, hold in found.get("held", {}).items()},
        identity_of(found.get("identity")),
        lease_of(found["lease"]) if found.get("lease") else None,
        found.get("drawn", False),
        tuple(found.get("preferred", ())),
        frozenset(found.get("unasked", ())),
        LeftAlone(found.get("left_alone", "")),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json_value(value) for name, value in values.items()}
