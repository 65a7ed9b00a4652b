"""The one snapshot that a decision reasons over: collected once, passed on whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.accounts.stored import KnownTraits
from segue.agents.identity import Identity
from segue.core.errors import InputError, nearest
from segue.policies.artifacts import artifact_ids
from segue.policies.classifier import HeldLabel, Label, label_of
from segue.policies.facts import Account, Facts, take_facts
from segue.policies.lease import Lease
from segue.policies.left_alone import LeftAlone
from segue.policies.models.pack import Surface
from segue.policies.pack import Pack
from segue.policies.situation import Counts, PlayCounts


@dataclass(frozen=True)
class Snapshot:
    """Who asks, where, and everything known at one instant."""

    pack: Pack
    account: Account
    facts: Facts
    surface: str
    earlier: tuple[Label, ...] = ()
    """The labels of the packs that come before this one."""
    revisions: Mapping[str, str] = field(default_factory=dict)
    """The content hashes of those packs."""
    artifacts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the population decided: pack to trait to artifact, for all packs that read some."""
    counts: Counts = field(default_factory=PlayCounts)
    loads: Mapping[str, int] = field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()
    held: Mapping[str, HeldLabel] = field(default_factory=dict)
    """Labels that somebody holds by hand, by pack."""
    identity: Identity | None = None
    """How the account was found, where the caller did not name it."""
    lease: Lease | None = None
    """What the account is being told in this pack."""
    drawn: bool = False
    """True where the account takes part in holdouts and experiments."""
    preferred: tuple[str, ...] = ()
    """Proof points that answer what was asked, the closest first."""
    unasked: frozenset[str] = frozenset()
    """Traits that are not to be asked for; `*` is every one."""
    left_alone: LeftAlone = LeftAlone.NO
    """How far the person asked, in this conversation, to be left alone."""


def take_snapshot(
    packs: Sequence[Pack],
    account: Account,
    surface: str,
    now: datetime,
    *,
    account_facts: Mapping[str, Any] | None = None,
    contact: Mapping[str, Any] | None = None,
    request: Mapping[str, Any] | None = None,
    believed: Mapping[str, float] | None = None,
    counts: Counts | None = None,
    loads: Mapping[str, int] | None = None,
    switched_off: frozenset[str] = frozenset(),
    known: Mapping[str, KnownTraits] | None = None,
    held: Mapping[str, HeldLabel] | None = None,
    identity: Identity | None = None,
    lease: Lease | None = None,
    drawn: bool = False,
    preferred: tuple[str, ...] = (),
    unasked: frozenset[str] = frozenset(),
    left_alone: LeftAlone = LeftAlone.NO,
) -> Snapshot:
    """Return the snapshot for a decision by the last of `packs`.

    The packs before it label the account first; where a later pack reads `<pack>.segment` it sees
    that label. Facts that a pack does not declare are left out for it; a fact that none declares
    is refused. `known` is what each pack knows already, by its name; `account_facts` and `believed`
    are the same for all and go over it. A label in `held` is taken as it is.

    Raises:
        InputError: an unknown fact or surface.
        ValueFault: a value is not of its trait's type.
    """
    if surface not in _SURFACES:
        raise InputError(
            f"unknown surface {surface!r}; expected one of {', '.join(Surface)}{nearest(surface, Surface)}"
        )
    given = dict(account_facts or {})
    _check_known(packs, (given, contact or {}, request or {}))
    labels: list[Label] = []

    def facts_for(pack: Pack) -> Facts:
        traits = {f"{label.pack}.segment": label.segment for label in labels}
        stored = (known or {}).get(pack.name, _NOTHING)
        news = {**_declared(pack, given), **_declared(pack, traits)}
        return take_facts(
            pack,
            news if stored.coerced else {**stored.values, **news},
            now,
            _declared(pack, contact or {}),
            _declared(pack, request or {}),
            {name: belief for name, belief in stored.believed.items() if name not in given}
            | dict(believed or {}),
            stored.values if stored.coerced else None,
        )

    for earlier in packs[:-1]:
        labels.append(label_of(earlier, facts_for(earlier), held or {}))  # noqa: PERF401 - the next reads it
    pack = packs[-1]
    facts = facts_for(pack)
    revisions = {each.name: each.revision for each in packs[:-1]}
    artifacts = {each.name: artifact_ids(each) for each in packs if each.artifacts}
    return Snapshot(
        pack,
        account,
        facts,
        surface,
        tuple(labels),
        revisions,
        artifacts,
        counts or PlayCounts(),
        loads or {},
        switched_off,
        held or {},
        identity,
        lease,
        drawn,
        preferred,
        unasked,
        left_alone,
    )


_NOTHING = KnownTraits({}, {})
_SURFACES = frozenset(surface.value for surface in Surface)


def _declared(pack: Pack, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in pack.schema}


def _check_known(packs: Sequence[Pack], groups: Sequence[Mapping[str, Any]]) -> None:
    if not packs:
        raise InputError("no pack to decide by")
    for values in groups:
        for name in values:
            if not any(name in pack.schema for pack in packs):
                known = [trait for pack in packs for trait in pack.blank]
                raise InputError(f"unknown fact {name!r}{nearest(name, known)}")
