"""Sellers who talk to the service through Slack, and accounts of theirs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2

from segue.activation.consequence import CARRY_OUT
from segue.core.database import Database
from segue.core.ids import new_id
from segue.core.jobs import defer
from segue.evals.fakes.slack import FakeSlack, event_body, form_body, signed
from tests.core.databases import with_database
from tests.service.running import Service

MEI, AVERY, STRANGER = "U2", "U3", "U9"
"""Avery, of the saas_pipeline's pod for the US, is the seller of most tests."""
JORDAN = "jordan.reyes@example.com"
MINE = "avery.cole@example.com"
HOT = {"industry": "saas", "employees": 800, "tech": ["salesforce"], "country": "US", "intent": 82}
WARM = {**HOT, "intent": 35}
HOSTILE = "<!channel> *Evil* & Sons <@U1> <https://evil.example|click>\u202e"
_numbers = count()


@dataclass
class Sellers:
    """The running service, the fake Slack, and what goes between them."""

    service: Service
    slack: FakeSlack
    names: count = field(default_factory=count)  # type: ignore[type-arg]

    def send(self, body: bytes, kind: str, headers: dict[str, str] | None = None) -> httpx2.Response:
        """Send a signed request, or one with other headers."""
        return self.service.call(
            "POST", "/slack/events", key=None, content=body,
            headers={"content-type": kind, **(signed(body) if headers is None else headers)},
        )  # fmt: skip

    def event(self, event: dict[str, Any], event_id: str | None = None) -> httpx2.Response:
        """Send an event."""
        return self.send(*event_body(event, event_id or f"Ev{next(_numbers)}-{time.time_ns()}"))

    def ask(self, text: str, user: str = AVERY, thread: str | None = None) -> dict[str, Any]:
        """Ask in a thread of the assistant, and return the message of the answer."""
        before = len(self.slack.posted)
        event = {
            "type": "message", "channel": f"D{user[1:]}", "channel_type": "im", "user": user, "text": text,
            "ts": f"{time.time():.6f}", "thread_ts": thread or f"{time.time():.6f}",
        }  # fmt: skip
        assert self.event(event).status_code == 200
        found: dict[str, Any] = self.wait(lambda: self.slack.posted[before:])[0]
        return found

    def command(self, text: str, user: str = AVERY) -> dict[str, Any]:
        """Give the slash command, and return the answer."""
        before = len(self.slack.responded)
        fields = {
            "command": "/segue", "text": text, "user_id": user, "channel_id": "C9", "team_id": "T1",
            "response_url": f"{self.slack.url}/response/1", "trigger_id": f"t{next(_numbers)}",
        }  # fmt: skip
        assert self.send(*form_body(fields)).status_code == 200
        found: dict[str, Any] = self.wait(lambda: self.slack.responded[before:])[0]
        return found

    def press(
        self, action: dict[str, Any], user: str, channel: str = "C0", ts: str = "1.1", **more: Any
    ) -> httpx2.Response:
        """Press a button under a message."""
        payload = {
            "type": "block_actions", "user": {"id": user}, "team": {"id": "T1"}, "trigger_id": f"t{next(_numbers)}",
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, **more},
            "channel": {"id": channel}, "actions": [{"type": "button", "block_id": "b", **action}],
            "response_url": f"{self.slack.url}/response/2", "message": {"ts": ts},
        }  # fmt: skip
        return self.send(*form_body({"payload": payload}))

    def submit(self, view: dict[str, Any], user: str, **values: dict[str, Any]) -> httpx2.Response:
        """Submit a form that was opened."""
        state = {"values": {name: {"value": value} for name, value in values.items()}}
        payload = {
            "type": "view_submission", "user": {"id": user}, "team": {"id": "T1"},
            "trigger_id": f"t{next(_numbers)}", "view": {**view, "id": "V1", "state": state},
        }  # fmt: skip
        return self.send(*form_body({"payload": payload}))

    def wait(self, look: Callable[[], Any], within: float = 15.0) -> Any:
        """Wait until there is something, and return it."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.01)
        raise AssertionError(self.service.log.read_text("utf-8", "replace")[-3_000:])

    def opened_since(self, before: int) -> list[dict[str, Any]]:
        """Return the forms that were opened after so many."""
        return self.slack.opened[before:]

    def alert(self, account: str, play: str = "alert_owner") -> tuple[str, dict[str, Any]]:
        """Have an alert sent, and return its id and the message."""
        before = len(self.slack.posted)
        consequence_id = set_off(self.service, account, play)
        (found,) = self.wait(
            lambda: [
                each for each in self.slack.posted[before:] if each.get("client_msg_id") == consequence_id
            ]
        )
        self.wait(
            lambda: self.service.rows(
                "SELECT 1 FROM segue.consequences WHERE consequence_id = %s AND status = 'done'",
                consequence_id,
            )
        )
        return consequence_id, found


def texts_of(message: dict[str, Any]) -> str:
    """Return all that a message says."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("text"), str):
                found.append(value["text"])
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(message.get("blocks") or message)
    return "\n".join(found)


def know(
    service: Service, account: str, name: str, owner: str | None, traits: dict[str, Any], segment: str,
    before: str | None = "warm_up", domain: str | None = None,
) -> None:  # fmt: skip
    """Store an account with its label, and the change by which it has it."""
    now = int(datetime.now(UTC).timestamp() * 1e6)
    said = {trait: {"declared": [value, None, now]} for trait, value in traits.items()}
    revision = service.call("GET", "/readyz", key=None).json()["packs"]["saas_pipeline"]
    because = [
        {"clause": "fit >= 70", "trait": "fit", "value": 100.0, "verdict": True},
        {"clause": "intent >= 60", "trait": "intent", "value": traits.get("intent"), "verdict": True},
    ]
    service.rows(
        "INSERT INTO segue.accounts (account_id, domain, name, owner, traits) VALUES (%s, %s, %s, %s, %s)",
        account, domain or f"{account}.example", name, owner, json.dumps(said),
    )  # fmt: skip
    at = datetime.now(UTC) - timedelta(hours=next(_numbers) + 1)
    service.rows(
        "INSERT INTO segue.labels (account_id, pack, segment, status, revision, since, labelled_at)"
        " VALUES (%s, 'saas_pipeline', %s, 'matched', %s, %s, now())",
        account, segment, revision, at,
    )  # fmt: skip
    service.rows(
        "INSERT INTO segue.transitions (account_id, pack, from_segment, to_segment, to_status, because, cause,"
        " revision, at) VALUES (%s, 'saas_pipeline', %s, %s, 'matched', %s, 'event', %s, %s)",
        account, before, segment, json.dumps(because), revision, at,
    )  # fmt: skip


def know_accounts(service: Service) -> None:
    """Store the accounts of the tests."""
    know(service, "globex", "Globex Corporation", MINE, HOT, "sales_ready")
    know(service, "initech", "Initech", MINE, {**HOT, "intent": 95, "employees": 1200}, "sales_ready")
    know(service, "umbrella", "Umbrella", MINE, WARM, "warm_up", "sales_ready")
    know(service, "hooli", "Hooli", "jordan.reyes@example.com", HOT, "sales_ready")
    know(service, "evil", HOSTILE, MINE, HOT, "sales_ready")
    know(service, "acme-us", "Acme Inc", MINE, HOT, "sales_ready", domain="acme.example")
    know(service, "acme-de", "Acme GmbH", "lena.vogel@example.com", {**HOT, "country": "DE"}, "sales_ready",
         domain="acme-de.example")  # fmt: skip
    know(service, "closed", "Closed Door", MINE, {**HOT, "has_open_opportunity": True}, "sales_ready")
    know(service, "nobodys", "Nobody's Firm", None, HOT, "sales_ready")


def set_off(service: Service, account: str, play: str) -> str:
    """Store a change of label and what it sets off, as intake does."""
    revision = service.call("GET", "/readyz", key=None).json()["packs"]["saas_pipeline"]
    consequence_id = new_id()
    because = [{"clause": "intent >= 60", "trait": "intent", "value": 82, "verdict": True}]

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            cursor = await connection.execute(
                "INSERT INTO segue.transitions (account_id, pack, from_segment, to_segment, to_status, because, cause,"
                " revision) VALUES (%s, 'saas_pipeline', 'warm_up', 'sales_ready', 'matched', %s, 'traits', %s)"
                " RETURNING transition_id",
                (account, json.dumps(because), revision),
            )
            row = await cursor.fetchone()
            assert row is not None
            await connection.execute(
                "INSERT INTO segue.consequences (consequence_id, transition_id, account_id, pack, revision, segment,"
                " play, moment, due_at, status)"
                " VALUES (%s, %s, %s, 'saas_pipeline', %s, 'sales_ready', %s, 'enter', now(), 'waiting')",
                (consequence_id, row[0], account, revision, play),
            )
            await defer(connection, CARRY_OUT, account, None, {"consequence_id": consequence_id})

    with_database(service.database, work)
    return consequence_id
