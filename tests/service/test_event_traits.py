"""What an account did decides: over HTTP, with the events in the facts that a replay needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from segue.accounts.event_state import refresh_states
from segue.agents.replay import Period
from segue.agents.replay_log import replay_log
from segue.core.database import Database
from segue.policies.load import load_pack
from tests.core.databases import with_database
from tests.service.running import Service

VISITOR = "visits.example"


@pytest.fixture
def visited(service: Service) -> Iterator[Service]:
    """A store in which one account viewed prices three times, and a bot once."""
    now = datetime.now(UTC)
    service.put(
        f"/v1/accounts/{VISITOR}/traits", {"traits": [{"trait": "intent", "value": 3, "source": "crm"}]}
    )
    for number in range(4):
        service.rows(
            "INSERT INTO segue.events (source, message_id, kind, at, received_at, account_id, contact_id, path, mark)"
            " VALUES ('test', %s, 'page', %s, %s, %s, 'c1', '/pricing', %s)",
            str(number), now - timedelta(days=number), now - timedelta(days=number), VISITOR, "bot" if number == 2 else None,
        )  # fmt: skip
    yield service
    service.rows("DELETE FROM segue.events")
    service.rows(
        "UPDATE segue.accounts SET event_traits = NULL, event_traits_at = NULL, event_traits_until = NULL"
    )


def refresh(service: Service) -> None:
    async def do(database: Database) -> None:
        async with database.transaction() as connection:
            await refresh_states(connection, [VISITOR], [load_pack("saas_pipeline")], datetime.now(UTC))

    with_database(service.database, do)


def test_events_decide_and_are_logged(visited: Service) -> None:
    refresh(visited)
    known = visited.call("GET", f"/v1/accounts/{VISITOR}").json()
    events = known["events"]["saas_pipeline"]
    assert (events["pricing_views"], events["active_contacts"]) == (3, 1)
    assert 15 < events["intent"] < 45
    made = visited.decide(account=VISITOR)
    assert made.status_code == 200, made.text
    (facts,) = visited.rows(
        "SELECT facts FROM segue.decisions WHERE decision_id = %s", made.json()["decision_id"]
    )
    values = facts[0]["known"]["saas_pipeline"]["values"]
    assert values["pricing_views"] == 3 and 15 < values["intent"] < 45
    found = replay_log(visited.database, Period())
    assert found.different == 0 and found.same > 0
