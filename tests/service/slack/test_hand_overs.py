"""A chat that is handed over is told to the rep in Slack: once, with what was said, unless there is a reason not to."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx2
import pytest

from segue.agents.conversations.hand_overs import ALERT
from segue.core.database import Database
from segue.core.jobs import defer
from tests.core.databases import with_database
from tests.service.slack.world import HOT, MINE, Sellers, know, texts_of

pytestmark = pytest.mark.trial

PERSON = "I want to talk to a real person please"
PLEASE = "Can I talk to a person? <!channel> We have to decide this week."


def said(sellers: Sellers, text: str, **more: Any) -> tuple[str, str]:
    """Say something, and return the conversation and the stream."""
    message = {"role": "user", "parts": [{"type": "text", "text": text}]}
    found: httpx2.Response = sellers.service.post("/v1/chat", {"message": message, **more})
    assert found.status_code == 200, found.text
    name = found.text.split('"conversation_id":"', 1)[1].split('"', 1)[0]
    return name, found.text


@pytest.fixture(autouse=True)
def _understood(sellers: Sellers) -> None:
    """Wait until what is said is understood by its meaning: a replica that starts reads by plain words first."""
    sellers.wait(lambda: '"how":"message"' in said(sellers, PERSON, visitor=f"v-{uuid.uuid4().hex}")[1])


def alerts(sellers: Sellers, conversation_id: str) -> list[dict[str, Any]]:
    return [each for each in sellers.slack.posted if conversation_id in str(each["blocks"])]


def outcomes(sellers: Sellers, conversation_id: str) -> list[tuple[Any, ...]]:
    query = "SELECT outcome FROM segue.hand_overs WHERE conversation_id = %s AND done_at IS NOT NULL"
    return sellers.service.rows(query, conversation_id)


def again(sellers: Sellers, conversation_id: str) -> None:
    """Have every alert of a conversation tried, whether or not it was or its time has come."""

    async def put(database: Database) -> None:
        async with database.transaction() as connection:
            cursor = await connection.execute(
                "SELECT hand_over_id::text FROM segue.hand_overs WHERE conversation_id = %s",
                (conversation_id,),
            )
            for (hand_over_id,) in await cursor.fetchall():
                await defer(connection, ALERT, None, None, {"hand_over_id": hand_over_id})

    with_database(sellers.service.database, put)


def test_the_rep_is_alerted_once_with_what_was_said(sellers: Sellers) -> None:
    account = "handed-over"
    know(sellers.service, account, "Handed Over", MINE, HOT, "sales_ready")
    conversation_id, stream = said(sellers, PLEASE, account=account, visitor="v-1")
    assert '"somebody_is_told":true' in stream and "Nobody is alerted" not in stream
    (alert,) = sellers.wait(lambda: alerts(sellers, conversation_id))
    assert alert["channel"] == "U3"
    text = texts_of(alert)
    assert "wants a person" in text and "It is urgent" in text and conversation_id in text
    assert "<!channel>" not in text and "&lt;!channel&gt;" in text
    said(sellers, "I want to talk to a person, please", conversation_id=conversation_id, account=account)
    again(sellers, conversation_id)
    again(sellers, conversation_id)
    sellers.wait(lambda: not sellers.service.rows(
        "SELECT 1 FROM segue_jobs.procrastinate_jobs WHERE task_name = %s AND status IN ('todo', 'doing')", ALERT))  # fmt: skip
    assert len(alerts(sellers, conversation_id)) == 1 and outcomes(sellers, conversation_id) == [("sent",)]


def test_an_alert_that_was_heard_before_its_end_was_stored_is_not_sent_again(sellers: Sellers) -> None:
    account = "heard-before"
    know(sellers.service, account, "Heard Before", MINE, HOT, "sales_ready")
    conversation_id, _ = said(sellers, PLEASE, account=account, visitor="v-2")
    sellers.wait(lambda: outcomes(sellers, conversation_id))
    sellers.service.rows(
        "UPDATE segue.hand_overs SET done_at = NULL WHERE conversation_id = %s", conversation_id
    )
    again(sellers, conversation_id)
    assert sellers.wait(lambda: outcomes(sellers, conversation_id)) == [("sent",)]
    assert len(alerts(sellers, conversation_id)) == 1


def test_what_was_left_goes_to_the_channel_with_the_message(sellers: Sellers) -> None:
    conversation_id, stream = said(sellers, PERSON, visitor="v-3")
    assert '"how":"message"' in stream
    said(
        sellers, "I want a person to call me about the audit", visitor="v-3", conversation_id=conversation_id
    )
    assert alerts(sellers, conversation_id) == [], "there is time to leave a message"
    again(sellers, conversation_id)
    (alert,) = sellers.wait(lambda: alerts(sellers, conversation_id))
    assert alert["channel"] == "C0" and "about the audit" in str(alert["blocks"])


@pytest.mark.parametrize("why", ["switched_off", "left_alone"])
def test_it_is_looked_at_again_before_it_goes_out(sellers: Sellers, why: str) -> None:
    visitor = f"v-{uuid.uuid4().hex}"
    conversation_id, _ = said(sellers, PERSON, visitor=visitor)
    if why == "left_alone":
        said(sellers, "Leave me alone.", visitor=visitor, conversation_id=conversation_id)
    else:
        assert sellers.service.put("/v1/switches/slack", {"off": True, "reason": "A test"}).status_code == 200
    try:
        again(sellers, conversation_id)
        assert sellers.wait(lambda: outcomes(sellers, conversation_id)) == [(why,)]
    finally:
        sellers.service.put("/v1/switches/slack", {"off": False, "reason": "A test"})
    time.sleep(0.1)
    assert alerts(sellers, conversation_id) == []
