"""What a change of label sets off is carried out by the service itself, shown and tried again over HTTP."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from segue.activation.consequence import CARRY_OUT
from segue.core.database import Database
from segue.core.ids import new_id
from segue.core.jobs import defer
from segue.evals.fakes.slack import TOKEN, FakeSlack
from tests.core.databases import with_database
from tests.service.running import Service, replica

TRAITS = {"industry": "saas", "employees": 500, "tech": ["salesforce"], "country": "US", "intent": 90}


@pytest.fixture
def own_database(store_url: str) -> str:
    """A store of this test alone: any replica over it would do its jobs, with other settings."""
    return store_url


def know(service: Service, account: str) -> None:
    now = int(datetime.now(UTC).timestamp() * 1e6)
    said = {name: {"declared": [value, None, now]} for name, value in TRAITS.items()}
    service.rows(
        "INSERT INTO segue.accounts (account_id, domain, name, owner, traits) VALUES (%s, %s, 'Globex', 'rep@example.com', %s)",
        account, f"{account}.example", json.dumps(said),
    )  # fmt: skip


def set_off(service: Service, account: str, play: str) -> str:
    """Store a change of label and what it sets off, as intake does."""
    revision = service.call("GET", "/readyz", key=None).json()["packs"]["saas_pipeline"]
    consequence_id = new_id()

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            cursor = await connection.execute(
                "INSERT INTO segue.transitions (account_id, pack, to_segment, to_status, because, cause, revision)"
                " VALUES (%s, 'saas_pipeline', 'sales_ready', 'matched', '[]', 'event', %s) RETURNING transition_id",
                (account, revision),
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


def settled(service: Service, account: str) -> list[dict[str, Any]]:
    """Wait until nothing of an account is open, and return its consequences."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        answer = service.call("GET", f"/v1/consequences?account={account}")
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.json()["consequences"]
        if all(each["status"] not in ("waiting", "doing") for each in found):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_the_service_carries_out_and_has_what_is_parked_tried_again(
    own_database: str, tmp_path: Path
) -> None:
    slack = FakeSlack(rep="U7")
    with (
        slack.running(),
        replica(
            own_database, tmp_path, SLACK_BOT_TOKEN="xoxb-wrong", SEGUE_SLACK_URL=f"{slack.url}/api/"
        ) as service,
    ):
        _, service.keys["secret"] = service.new_key("secret")
        service.heard_of(service.keys["secret"])
        know(service, "globex")
        alert, tag = set_off(service, "globex", "alert_owner"), set_off(service, "globex", "tag_crm")
        found = {each["id"]: each for each in settled(service, "globex")}
        assert (found[alert]["status"], found[alert]["reason"]) == ("parked", "Slack: invalid_auth")
        assert (found[tag]["status"], found[tag]["reason"]) == ("excluded", "not_configured")
        metrics = service.call("GET", "/metrics", key=None).text.splitlines()
        assert {"segue_consequences_parked 1.0", "segue_consequences_waiting 0.0"} <= set(metrics)
        parked = service.call("GET", "/v1/consequences?status=parked&account=globex").json()["consequences"]
        assert [each["id"] for each in parked] == [alert]
    with (
        slack.running(),
        replica(
            own_database, tmp_path, SLACK_BOT_TOKEN=TOKEN, SEGUE_SLACK_URL=f"{slack.url}/api/"
        ) as service,
    ):
        _, service.keys["secret"] = service.new_key("secret")
        service.heard_of(service.keys["secret"])
        answer = service.post(f"/v1/consequences/{alert}:retry", None, headers={"X-Request-ID": "again"})
        assert answer.status_code == 200 and answer.json()["status"] == "waiting"
        assert service.rows("SELECT action, target FROM segue.audit WHERE request_id = 'again'") == [
            ("retry", alert)
        ]
        assert {each["status"] for each in settled(service, "globex")} == {"done", "excluded"}
        assert [each["channel"] for each in slack.posted] == ["U7"]
        assert slack.posted[0]["client_msg_id"] == alert
        assert service.post(f"/v1/consequences/{alert}:retry", None).status_code == 409
        assert service.post("/v1/consequences/x:retry", None).status_code == 422
        assert service.call("GET", "/v1/consequences?status=gone").status_code == 422
