"""A small pack whose labels set something off in every kind of system, and a store in which they do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg

from segue.activation.carrying import Activation, Retries, carry_out
from segue.activation.connectors.connected import connected
from segue.activation.connectors.connector import AnyConnector
from segue.activation.consequence import CARRY_OUT
from segue.activation.jobs import own_database
from segue.activation.worker import Worker
from segue.core.database import Database
from segue.core.ids import new_id
from segue.core.jobs import defer
from segue.core.settings import Settings
from segue.evals.fakes.receiver import SECRET
from segue.evals.fakes.slack import TOKEN
from segue.policies.load import load_files
from segue.policies.pack import Pack

FILES: Mapping[str, str] = {
    "pack.yaml": """
pack: motion
title: A motion
decision: Who gets a person
dimensions: [heat]
segments: [hot, warm, rest]
surfaces: [chat]
sources: {crm: 1.0}
guardrails:
  - {id: stop, forbid: {kinds: [alert]}, when: stopped, reason: asked_to_stop}
""",
    "traits.yaml": """
heat: {type: number, layer: intent}
region: {type: text, layer: firmographic, values: {EU: [], US: []}}
stopped: {type: boolean, layer: contextual, absent: false}
""",
    "segments/hot.yaml": """
segment: hot
title: Hot
when: heat >= 60
on_enter: [route_it, tag_it, tell_owner, send_it, join_list]
on_exit: [untag_it, leave_list]
surfaces: {chat: {default: help}}
limits: [{plays: [tell_owner], at_most: 1, per: account, over: 7d}]
proof: {match: [region], at_most: 2}
""",
    "segments/warm.yaml": "{segment: warm, title: Warm, when: heat >= 30, surfaces: {chat: {default: help}}}",
    "segments/rest.yaml": "{segment: rest, title: Rest, surfaces: {chat: {default: help}}}",
    "plays/help.yaml": "{play: help, title: Help, kind: reply, channel: chat, message: Hello}",
    "plays/route_it.yaml": "{play: route_it, title: Route it, kind: route, channel: crm, owner: pod}",
    "plays/tag_it.yaml": """
{play: tag_it, title: Tag it, kind: tag, channel: crm, undone_by: untag_it, parameters: {field: Segue_Segment__c}}
""",
    "plays/untag_it.yaml": """
{play: untag_it, title: Untag it, kind: tag, channel: crm, parameters: {field: Segue_Segment__c}}
""",
    "plays/tell_owner.yaml": """
{play: tell_owner, title: Call them, kind: alert, channel: slack, owner: account_owner, message: "Heat {heat} <now> & {proof.1|no proof}"}
""",
    "plays/send_it.yaml": "{play: send_it, title: Send it, kind: sequence, channel: email, message: 'Heat {heat}', undone_by: stop_it}",
    "plays/stop_it.yaml": "{play: stop_it, title: Stop it, kind: tag, channel: email}",
    "plays/join_list.yaml": """
{play: join_list, title: Join, kind: audience, channel: ads, undone_by: leave_list, parameters: {audience: hot_ones}}
""",
    "plays/leave_list.yaml": "{play: leave_list, title: Leave, kind: audience, channel: ads, parameters: {audience: hot_ones}}",
    "plays/note_it.yaml": "{play: note_it, title: Take a note, kind: reply, channel: chat, message: Nobody is free}",
    "proof/in_eu.md": """---
id: in_eu
claim: Works in the EU
tags: {region: [EU]}
evidence: https://example.com/eu
approved_by: legal@example.com
approved_on: 2020-01-01
expires_on: 2099-01-01
---
It does.
""",
    "routing.yaml": """
pods:
  - pod: everywhere
    reps: [{rep: rep@example.com, daily_cap: 3}, {rep: other@example.com, weight: 0.000001}]
order: [account_owner, pod, fallback]
fallback: {play: note_it}
""",
}


def motion(extra: Mapping[str, str] | None = None, **changes: str | None) -> Pack:
    """Load the pack with whole files replaced or left out; `__` in a name stands for `/`; `extra` by their paths."""
    files = {**FILES, **(extra or {})}
    for name, text in changes.items():
        path = f"{name.replace('__', '/')}.yaml"
        if text is None:
            del files[path]
        else:
            files[path] = text
    return load_files({name: text.encode() for name, text in files.items()}, "motion")


@dataclass
class World:
    """A store, the pack that serves over it, and the connectors that its settings make."""

    url: str
    pack: Pack = field(default_factory=motion)
    settings: dict[str, Any] = field(default_factory=dict)
    connectors: dict[str, AnyConnector] | None = None
    retries: Retries = field(default_factory=lambda: Retries(3, 30.0, 60.0))
    timeout: float = 5.0

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def know(
        self, account: str, domain: str | None, name: str, owner: str | None = None, **traits: Any
    ) -> None:
        """Store an account and what the CRM says of it."""
        said = {trait: {"crm": [value, None, 1]} for trait, value in traits.items()}
        self.rows(
            "INSERT INTO segue.accounts (account_id, domain, name, owner, traits) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (account_id) DO UPDATE SET traits = excluded.traits, owner = excluded.owner",
            account, domain, name, owner, json.dumps(said),
        )  # fmt: skip

    def moved(self, account: str, before: str | None, after: str) -> int:
        """Store a change of label."""
        because = [{"clause": "heat >= 60", "trait": "heat", "value": 90, "verdict": True}]
        ((made,),) = self.rows(
            "INSERT INTO segue.transitions (account_id, pack, from_segment, to_segment, to_status, because, cause,"
            " revision) VALUES (%s, 'motion', %s, %s, 'matched', %s, 'event', %s) RETURNING transition_id",
            account, before, after, json.dumps(because), self.pack.revision,
        )  # fmt: skip
        return int(made)

    def set_off(
        self, play: str, account: str = "a1", *, transition: int | None = None, moment: str = "enter",
        segment: str = "hot", due: timedelta = timedelta(0),
    ) -> str:  # fmt: skip
        """Store a consequence and its job, as a change of label does, and return its id."""
        consequence_id = new_id()
        made = transition or self.moved(account, None, segment)
        at = datetime.now(UTC) + due

        async def work(database: Database) -> None:
            async with database.transaction() as connection:
                await connection.execute(
                    "INSERT INTO segue.consequences (consequence_id, transition_id, account_id, pack, revision,"
                    " segment, play, moment, due_at, status)"
                    " VALUES (%s, %s, %s, 'motion', %s, %s, %s, %s, %s, 'waiting')",
                    (consequence_id, made, account, self.pack.revision, segment, play, moment, at),
                )
                await defer(connection, CARRY_OUT, account, at, {"consequence_id": consequence_id})

        self.with_database(work)
        return consequence_id

    def with_database(self, work: Callable[[Database], Awaitable[Any]]) -> Any:
        """Do something over the store."""

        async def run() -> Any:
            database = own_database(self.url, 4)
            await database.open()
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    def activation(self, database: Database) -> Activation:
        """Return what carrying out rests on."""
        serving = SimpleNamespace(up_to=lambda name: (self.pack,))
        made = self.connectors if self.connectors is not None else connected(Settings(**self.settings))
        return Activation(database, SimpleNamespace(live=serving), made, self.retries, self.timeout)

    def carry_out(self, consequence_id: str) -> dict[str, Any]:
        """Carry one out without the queue and return what became of it."""
        self.with_database(lambda database: carry_out(self.activation(database), consequence_id))
        return self.of(consequence_id)

    def work(self, concurrency: int = 4) -> None:
        """Let a worker do what is due now."""

        async def drain(database: Database) -> None:
            await Worker(self.url, self.activation(database), concurrency).drain()

        self.with_database(drain)

    def of(self, consequence_id: str) -> dict[str, Any]:
        """Return a consequence as it is stored."""
        columns = ("status", "reason", "attempts", "detail")
        (row,) = self.rows(
            f"SELECT {', '.join(columns)} FROM segue.consequences WHERE consequence_id = %s", consequence_id
        )
        return dict(zip(columns, row, strict=True))

    def jobs(self) -> list[tuple[Any, ...]]:
        """Return the jobs that wait: name, status, instant."""
        return self.rows(
            "SELECT task_name, status::text, scheduled_at FROM segue_jobs.procrastinate_jobs ORDER BY id"
        )

    def hurry(self) -> None:
        """Let every job be due now."""
        self.rows("UPDATE segue_jobs.procrastinate_jobs SET scheduled_at = NULL")


def webhook_settings(url: str) -> dict[str, Any]:
    """Return the settings of webhooks to a receiver on loopback."""
    return {"webhook_url": url, "webhook_secret": SECRET, "allow_private_targets": "127.0.0.1"}


def slack_settings(url: str, channel: str = "") -> dict[str, Any]:
    """Return the settings of Slack at a fake."""
    return {"SLACK_BOT_TOKEN": TOKEN, "slack_url": f"{url}/api/", "slack_channel": channel}
