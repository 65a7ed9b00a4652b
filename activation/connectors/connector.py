"""What a connector is asked to do, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from segue.core.database import Connection
from segue.policies.facts import Account
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import CompiledPlay
from segue.policies.routing import Assignment


@dataclass(frozen=True, slots=True)
class MergedInto:
    """The account that the one of an errand was merged into, and its label in the pack now."""

    account: Account
    segment: str


@dataclass(frozen=True, slots=True)
class Errand:
    """One consequence, judged and worded: everything that a connector may tell the other side."""

    consequence_id: str
    """The stable id: every try of the same consequence carries it."""
    account: Account
    pack: str
    revision: str
    segment: str
    """The segment that was entered, or left."""
    moment: str
    """`enter` or `exit`."""
    play: CompiledPlay
    takes_back: bool
    """True when the play takes back what another one left behind."""
    message: str | None
    proof: tuple[ProofPoint, ...]
    because: tuple[Mapping[str, Any], ...]
    """The clauses behind the change of label, as plain JSON."""
    assignment: Assignment
    changed_at: datetime
    """When the label changed."""
    merged: MergedInto | None = None
    """Set where the account is none of its own any more: its own record is cleared, and no other."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What the play's file says beside its words."""
        return self.play.model.parameters


class Connector(Protocol):
    """A system in which plays are carried out."""

    name: str

    async def carry_out(self, errand: Errand) -> Mapping[str, Any]:
        """Do it, and return what came of it as plain JSON.

        Raises:
            NotDoneError: the other side has no place for it.
            RefusedError: it was refused, and would be again until a person changes something.
            TryAgainError: it may be done later. Whatever else is raised is taken for this.
        """
        ...


@runtime_checkable
class TellingConnector(Protocol):
    """A connector that sends a message: every try of a consequence sends the same one."""

    name: str

    def words(self, errand: Errand) -> Mapping[str, Any]:
        """Return what is to be told, as plain JSON."""
        ...

    async def tell(
        self, errand: Errand, words: Mapping[str, Any], first_try: datetime | None = None
    ) -> Mapping[str, Any]:
        """Tell it, and return what came of it as plain JSON. Raises what a `Connector` may raise.

        `first_try` is when the same was tried first, where that may have been heard.
        """
        ...


@runtime_checkable
class LocalConnector(Protocol):
    """A connector that works in Segue's own store, within the transaction that finishes the consequence."""

    name: str

    async def carry_out_in(self, connection: Connection, errand: Errand) -> Mapping[str, Any]:
        """Do it, and return what came of it as plain JSON.

        Raises:
            NotDoneError: there is no place for it.
        """
        ...


AnyConnector = Connector | TellingConnector | LocalConnector


class NotDoneError(Exception):
    """There is nothing to do it with or to: the consequence is excluded, with this reason code."""

    def __init__(self, reason: str, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = dict(detail or {})


class RefusedError(Exception):
    """Trying again changes nothing: the consequence is parked, with this reason."""


class TryAgainError(Exception):
    """It may be done later, after so many seconds where the other side said how many."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after
