"""The summary of a week, sent once over all replicas, and the rules that sellers overrode."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from segue.accounts.reader import AccountReader
from segue.activation.connectors.alert_buttons import ACCEPT, WRONG_PLAY
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.seller_case import Desk
from segue.api.slack.jobs import SUMMARY, Summaries, slack_jobs
from segue.core.database import Database
from segue.core.settings import Settings
from segue.evals.fakes.slack import TOKEN
from tests.core.databases import with_database
from tests.service.slack.test_alerts import buttons, fresh
from tests.service.slack.world import AVERY, Sellers, texts_of

pytestmark = pytest.mark.trial

STORED = "SELECT 1 FROM segue.alert_answers WHERE consequence_id = %s"
MONDAY = datetime(2026, 11, 30, 8, 1, tzinfo=UTC)


def settings(sellers: Sellers) -> Settings:
    given: dict[str, Any] = {"SLACK_BOT_TOKEN": TOKEN, "slack_url": f"{sellers.slack.url}/api/", "slack_channel": "C0",
                             "slack_pod_channels": "us=C1", "slack_summary": "Mon 08:00 UTC"}  # fmt: skip
    return Settings(**given)


def with_desk(sellers: Sellers, do: Callable[[Desk, LivePolicies, Database], Any]) -> Any:
    async def run(database: Database) -> Any:
        policies = LivePolicies(database)
        await policies.refresh()
        return await do(
            Desk(database, AccountReader(database), policies, LiveState(database)), policies, database
        )

    return with_database(sellers.service.database, run)


@pytest.fixture(scope="module")
def answered(sellers: Sellers) -> Sellers:
    """Three alerts that were answered: one taken on, two marked as the wrong play."""
    for name, answer in (("week-one", ACCEPT), ("week-two", WRONG_PLAY), ("week-three", WRONG_PLAY)):
        consequence_id, message = fresh(sellers, name)
        opened = len(sellers.slack.opened)
        sellers.press(
            {"action_id": answer, "value": buttons(message)[answer]["value"]}, AVERY, ts=f"4.{name}"
        )
        if answer == WRONG_PLAY:
            view = sellers.wait(partial(sellers.opened_since, opened))[0]["view"]
            sellers.submit(
                view, AVERY, reason={"selected_option": {"value": "bad_timing"}}, note={"value": "<b> & so"}
            )
        sellers.wait(partial(sellers.service.rows, STORED, consequence_id))
    return sellers


def test_the_summaries_are_deferred_once_and_sent_once(answered: Sellers) -> None:
    sellers, before = answered, len(answered.slack.posted)
    sellers.service.rows("UPDATE segue.consequences SET changed_at = '2026-11-25'")

    async def defer(desk: Desk, policies: LivePolicies, database: Database) -> tuple[int, list[int]]:
        made = [Summaries(settings(sellers), desk) for _ in range(3)]
        early = await made[0].defer_due(MONDAY + timedelta(hours=30))
        counts = await asyncio.gather(*(each.defer_due(MONDAY) for each in made))
        again = await made[0].defer_due(MONDAY + timedelta(hours=3))
        return early, [*counts, again]

    early, counts = with_desk(sellers, defer)
    all_of = "SELECT recipient, outcome FROM segue.seller_summaries WHERE done_at IS NOT NULL"
    sellers.wait(lambda: len(sellers.service.rows(all_of)) == sum(counts))
    assert (
        early == 0 and sum(counts) == len(sellers.service.rows("SELECT 1 FROM segue.seller_summaries")) == 10
    )
    posted = sellers.slack.posted[before:]

    async def send(desk: Desk, policies: LivePolicies, database: Database) -> None:
        do = slack_jobs(settings(sellers), policies, database)[SUMMARY]
        for recipient in ("rep:avery.cole@example.com", "pod:us", "all"):  # as a job that runs twice
            await do({"week": "2026-11-30", "recipient": recipient, "until": MONDAY.isoformat()})

    with_desk(sellers, send)
    assert len(sellers.slack.posted) == before + len(posted)
    found = {each["channel"]: texts_of(each) for each in posted}
    assert {"U3", "C1", "C0"} <= set(found) and "U2" not in found
    assert "Your week: Mon 23 Nov to Mon 30 Nov" in found["U3"] and "What was overridden" not in found["U3"]
    assert "The week of pod us" in found["C1"] and "The week of all accounts" in found["C0"]
    assert "marked as the wrong play" in found["U3"] and "taken on" in found["U3"]
    assert (
        "sales_ready sends alert_owner" in found["C0"]
        and "“Fits, but this is the wrong moment”" in found["C0"]
    )
    outcomes = dict(sellers.service.rows(all_of))
    assert outcomes["all"] == "sent" and outcomes["rep:mei.tan@example.com"] == "nothing_to_tell"
    assert outcomes["rep:lena.vogel@example.com"] == "nobody_in_slack"
    if "SEGUE_TEST_ARTIFACTS" in os.environ:
        folder = Path(os.environ["SEGUE_TEST_ARTIFACTS"]) / "slack"
        folder.mkdir(parents=True, exist_ok=True)
        (whole,) = [each for each in posted if each["channel"] == "C0"]
        (folder / "monday.json").write_text(json.dumps(whole["blocks"], indent=1), "utf-8")


def segue(sellers: Sellers, *arguments: str) -> str:
    found = subprocess.run(
        [sys.executable, "-P", "-c", "from segue.api.cli.main import run; run()", *arguments],
        env={**os.environ, "DATABASE_URL": sellers.service.database, "COLUMNS": "120"}, stdout=subprocess.PIPE, text=True,
        check=True,
    )  # fmt: skip
    return found.stdout


def test_the_command_groups_overrides_by_the_rule(answered: Sellers) -> None:
    found = json.loads(segue(answered, "overrides", "--since", "10d", "--json"))
    (rule,) = [each for each in found["rules"] if each["rule"] == "sales_ready sends alert_owner"]
    assert rule["overridden"] >= 2 and rule["sent"] >= 3 and rule["reasons"]["bad_timing"] == 2
    assert rule["clauses"][0]["clauses"] == ["intent >= 60 is true"] and rule["revisions"]
    assert rule["last"][0]["by"] == "avery.cole@example.com"
    routing = [each for each in found["rules"] if each["kind"] == "routing"]
    assert {each["rule"] for each in routing} == {"account_owner"}
    shown = segue(answered, "overrides", "--since", "10d")
    assert "sales_ready sends alert_owner was overridden" in shown
    assert "Fits, but this is the wrong moment" in shown and "<b> & so" in shown
    assert segue(answered, "overrides", "--since", "10d", "--pack", "another").startswith("Since")
