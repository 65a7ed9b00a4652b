"""Accounts that walk through segments, and the systems in which what that sets off leaves something behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from segue.accounts.label_changes import Cause
from segue.accounts.transitions import relabel
from segue.accounts.writer import TraitValue, put_traits
from segue.activation.connectors.audience import AudienceConnector
from segue.activation.connectors.crm import CrmRecord, TagConnector
from segue.activation.consequence import locked, settle
from segue.activation.judging import NotNow, judged
from segue.core.database import Connection, Database
from segue.policies.facts import Account
from segue.policies.load import load_files
from segue.policies.pack import Pack
from tests.accounts.labels.live import START, defer

HOUR = timedelta(hours=1)
SEGMENTS: Mapping[str, tuple[str, str]] = {
    "nurtured": ("tag, join_list, start_letter, tell", "untag, leave_list, stop_letter"),
    "sold_to": ("tag, leave_list, start_calls", "untag, stop_calls"),
    "taught": ("join_list, start_letter, join_class", "leave_list, stop_letter, leave_class"),
    "muted": ("tag, mute", "untag, unmute"),
    "customer": ("tag, stop_letter, stop_calls, leave_list, leave_class", "untag"),
}
"""Segments to what they do on entering and on leaving. In `rest` nothing is done."""
_JOINED = {"join_list": "list", "join_class": "class", "mute": "muted"}
_STARTED = {"start_letter": "letter", "start_calls": "calls"}
_PLAYS = {
    "tag": "kind: tag, channel: crm, undone_by: untag, parameters: {field: Segment__c}",
    "untag": "kind: tag, channel: crm, parameters: {field: Segment__c}",
    "join_list": "kind: audience, channel: ads, undone_by: leave_list, parameters: {audience: list}",
    "leave_list": "kind: audience, channel: ads, parameters: {audience: list}",
    "join_class": "kind: audience, channel: ads, undone_by: leave_class, parameters: {audience: class}",
    "leave_class": "kind: audience, channel: ads, parameters: {audience: class}",
    "mute": "kind: audience, channel: ads, undone_by: unmute, parameters: {audience: muted}",
    "unmute": "kind: audience, channel: ads, parameters: {audience: muted}",
    "start_letter": "kind: sequence, channel: email, undone_by: stop_letter",
    "stop_letter": "kind: tag, channel: crm",
    "start_calls": "kind: sequence, channel: email, undone_by: stop_calls",
    "stop_calls": "kind: tag, channel: crm",
    "tell": "kind: alert, channel: slack",
    "help": "kind: reply, channel: chat, message: Hello",
}


def walked_pack(settle_hours: Mapping[str, tuple[int, int]]) -> Pack:
    """Return a pack whose labels are the trait `place`, with hours to settle on entering and on leaving."""
    files = {
        "pack.yaml": "pack: walk\ntitle: A walk\ndecision: Who gets what\ndimensions: [place]\n"
        f"segments: [{', '.join(SEGMENTS)}, rest]\nsurfaces: [chat]\nsources: {{web: 1.0}}\n",
        "traits.yaml": "place: {type: text, layer: contextual}",
        "segments/rest.yaml": "{segment: rest, title: Rest, surfaces: {chat: {default: help}}}",
    }
    for name, (enter, leave) in SEGMENTS.items():
        hours = settle_hours.get(name, (0, 0))
        files[f"segments/{name}.yaml"] = (
            f"segment: {name}\ntitle: {name}\nwhen: place = '{name}'\non_enter: [{enter}]\non_exit: [{leave}]\n"
            f"settle: {{enter: {hours[0]}h, exit: {hours[1]}h}}\nsurfaces: {{chat: {{default: help}}}}\n"
        )
    for name, text in _PLAYS.items():
        files[f"plays/{name}.yaml"] = f"{{play: {name}, title: {name}, {text}}}"
    return load_files({name: text.encode() for name, text in files.items()}, "walk")


@dataclass
class Left:
    """What has been left behind for an account in other systems."""

    tag: str | None = None
    audiences: frozenset[str] = frozenset()
    sequences: frozenset[str] = frozenset()

    @classmethod
    def wanted(cls, segment: str) -> Left:
        """Return what there is to be for an account that has been in a segment for long."""
        entered = SEGMENTS.get(segment, ("", ""))[0].split(", ")
        return cls(
            segment if "tag" in entered else None,
            frozenset(_JOINED[each] for each in entered if each in _JOINED),
            frozenset(_STARTED[each] for each in entered if each in _STARTED),
        )


class _OneRecord:
    """A CRM with the record of one account."""

    name = "crm"

    def __init__(self) -> None:
        self.value: str | None = None

    def find(self, account: Account, field: str) -> list[CrmRecord]:
        return [CrmRecord(account.id, None, self.value)]

    def write(self, record_id: str, field: str, value: str | None) -> None:
        self.value = value

    def tagged(self, field: str) -> list[CrmRecord]:
        return self.find(Account("any"), field)

    def field_of(self, name: str) -> str:
        return name


@dataclass
class Walker:
    """One account on its walk. The worker is the test: it judges and carries out what is due, in its order."""

    database: Database
    pack: Pack
    account: str
    now: datetime = START
    crm: _OneRecord = field(default_factory=_OneRecord)
    sequences: set[str] = field(default_factory=set)
    done: list[tuple[str, str, str]] = field(default_factory=list)
    """Segment, moment and play of what was carried out."""
    ended: Left = field(default_factory=Left)
    """What is left behind when it is over."""

    async def go(self, place: str) -> None:
        """Come into another segment."""
        said = TraitValue("place", place, "web", self.now)
        await put_traits(self.database, self.account, None, [said])
        async with self.database.transaction() as connection:
            await relabel(
                connection, [self.account], (self.pack,), self.now, Cause.EVENT, defer, set_off_first=True
            )

    async def work(self, until: datetime) -> None:
        """Carry out what is due by an instant, one after the other: of what is due at once any may be the first."""
        while True:
            async with self.database.transaction() as connection:
                cursor = await connection.execute(
                    "SELECT consequence_id::text, due_at FROM segue.consequences WHERE account_id = %s"
                    " AND status = 'waiting' AND due_at <= %s ORDER BY due_at, reverse(consequence_id::text) LIMIT 1",
                    (self.account, until),
                )
                row = await cursor.fetchone()
                if row is None:
                    break
                self.now = max(self.now, row[1])
                await self._carry_out(connection, row[0])
        self.now = until

    async def left(self) -> Left:
        """Return what is left behind now."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT audience FROM segue.audience_members WHERE account_id = %s AND left_at IS NULL",
                (self.account,),
            )
            audiences = frozenset(row[0] for row in await cursor.fetchall())
        return Left(self.crm.value, audiences, frozenset(self.sequences))

    async def _carry_out(self, connection: Connection, consequence_id: str) -> None:
        found = await locked(connection, consequence_id)
        assert found is not None
        serving: Any = SimpleNamespace(up_to=lambda name: (self.pack,))
        verdict = await judged(connection, found, serving, self.now)
        if isinstance(verdict, NotNow):
            await settle(connection, found, verdict.status, verdict.reason, verdict.detail)
            return
        play = verdict.play.name
        if "field" in verdict.parameters:
            await TagConnector(self.crm).carry_out(verdict)
        elif "audience" in verdict.parameters:
            await AudienceConnector().carry_out_in(connection, verdict)
        elif play in _STARTED:
            self.sequences.add(_STARTED[play])
        elif play.startswith("stop_"):
            self.sequences.discard(play.removeprefix("stop_"))
        self.done.append((found.segment, found.moment, play))
        await settle(connection, found, "done", None, {}, 1)
