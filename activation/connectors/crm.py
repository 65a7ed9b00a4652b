"""Tags in a CRM: the segment of an account, written into a field of its record and cleared from it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

from segue.accounts.domains import read_domain
from segue.activation.connectors.connector import Errand, NotDoneError, RefusedError, TryAgainError
from segue.policies.facts import Account

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """A company in the CRM, with the tag that it carries there."""

    record_id: str
    website: str | None
    value: str | None
    """None where the field is empty."""

    @property
    def domain(self) -> str | None:
        """The domain of its website, as Segue reads it."""
        return read_domain(self.website).domain if self.website else None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a field of a record; None is an empty one."""

    record: str
    field: str
    before: str | None
    after: str | None


class Crm(Protocol):
    """The calls of one CRM. They block: run them in a thread. They raise what a `Connector` may raise."""

    name: str

    def find(self, account: Account, field: str) -> list[CrmRecord]:
        """Return the records that may be an account: one by its id, else all of its domain."""
        ...

    def write(self, record_id: str, field: str, value: str | None) -> None:
        """Set the field of a record; None clears it."""
        ...

    def tagged(self, field: str) -> list[CrmRecord]:
        """Return every record whose field is not empty."""
        ...

    def field_of(self, name: str) -> str:
        """Return what the CRM calls the field that a play names."""
        ...


class TagConnector:
    """Writes and clears tags in a CRM."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self.name = crm.name

    async def carry_out(self, errand: Errand) -> Mapping[str, Any]:
        """Write the segment into the record of the account; or clear it, where it is still the one that was left.

        An account that has come into another segment meanwhile keeps the tag of that one; so does one that
        another was merged into, where both are the same record.
        """
        change = await self.change(errand)
        if change.before != change.after:
            await self.in_thread(lambda: self.crm.write(change.record, change.field, change.after))
        return asdict(change)

    async def change(self, errand: Errand) -> Change:
        """Return what would be written, by what the record says now; nothing is."""
        field = self.crm.field_of(field_named(errand.parameters))
        record = one_record(await self.in_thread(lambda: self.crm.find(errand.account, field)))
        after = None if errand.takes_back else errand.segment
        if errand.takes_back and errand.moment == "exit" and record.value != errand.segment:
            after = record.value
        merged = errand.merged
        if after is None and merged is not None and merged.segment == errand.segment:
            theirs = await self.in_thread(lambda: self.crm.find(merged.account, field))
            if record.record_id in [each.record_id for each in theirs]:
                after = record.value
        return Change(record.record_id, field, record.value, after)

    async def in_thread(self, call: Callable[[], T]) -> T:
        """Run a call of the CRM beside the event loop, and give its faults their meaning."""
        try:
            return await asyncio.to_thread(call)
        except (NotDoneError, RefusedError, TryAgainError):
            raise
        except Exception as error:  # the libraries raise anything when the answer is not what they expect
            raise TryAgainError(f"{self.name}: {type(error).__name__}") from error


def field_named(parameters: Mapping[str, Any]) -> str:
    """Return the field that a play's parameters name.

    Raises:
        RefusedError: they name none, or what cannot be one.
    """
    field = parameters.get("field")
    if not isinstance(field, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", field):
        raise RefusedError(f"the play's parameter `field` is {field!r}, which is no field of a CRM")
    return field


def one_record(records: list[CrmRecord]) -> CrmRecord:
    """Return the one record there is.

    Raises:
        NotDoneError: there is none, or there are several and which one is meant is not known.
    """
    if not records:
        raise NotDoneError("not_in_crm")
    if len(records) > 1:
        raise NotDoneError("several_in_crm", {"records": [each.record_id for each in records]})
    return records[0]
