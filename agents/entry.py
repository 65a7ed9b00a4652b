"""A decision as it is committed: its row, what its commit depends on, and what may come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from segue.accounts.stored import Delivered
from segue.agents.leases import HeldPage, TakenLease
from segue.policies.lease import Lease
from segue.policies.models.segment import Limit


@dataclass(frozen=True, slots=True)
class Once:
    """A call that may be repeated: its key within the caller's, the digest of its body, and its answer."""

    key_id: str
    idempotency_key: str
    body_digest: bytes
    status: int
    response: bytes

    @property
    def key(self) -> tuple[str, str]:
        """What names the call: the caller's key and theirs for the call."""
        return self.key_id, self.idempotency_key


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision to commit, with what its commit depends on."""

    row: tuple[Any, ...]
    account_id: str
    play: str
    now: datetime
    contact: str | None = None
    counted: bool = False
    """Whether some limit counts the play, so that its delivery is kept."""
    limits: tuple[Limit, ...] = ()
    window: timedelta = timedelta(0)
    """How far back the deliveries are given to one that lost: the longest of the policies' limits."""
    rep_cap: tuple[str, int] | None = None
    """The rep who is assigned, and how many assignments a day they take."""
    once: Once | None = None
    lease: TakenLease | None = None
    """What the account is told from now on, where it is not being told anything yet."""
    page: HeldPage | None = None
    """What the flags of a page rest on from now on."""

    @property
    def stands_alone(self) -> bool:
        """True where the decision's row is all there is to commit."""
        return not (self.counted or self.limits or self.rep_cap or self.once or self.lease or self.page)


@dataclass(frozen=True, slots=True)
class Committed:
    """The decision is stored."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A call with the same idempotency key was answered already."""

    once: Once


@dataclass(frozen=True, slots=True)
class LimitLost:
    """Others took what the limit or the daily cap had left; nothing was stored."""

    delivered: tuple[Delivered, ...] = ()
    """The deliveries to the account as they are now."""
    rep: str | None = None
    """The rep whose day is full."""


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """Another decision began to tell the account something; nothing was stored."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class PageLost:
    """Another decision was first for the page; nothing was stored."""


Outcome = Committed | Repeated | LimitLost | LeaseLost | PageLost
