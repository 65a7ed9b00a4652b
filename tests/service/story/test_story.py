"""The story that Segue is for: an account comes into the market, is worked at once, and cools down by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from segment.analytics.client import Client

from segue.core.private_server import database_url
from segue.core.schema import migrate
from segue.evals.fakes.hubspot import TOKEN as HUBSPOT_TOKEN
from segue.evals.fakes.hubspot import FakeHubSpot
from segue.evals.fakes.receiver import SECRET, Receiver
from segue.evals.fakes.slack import TOKEN as SLACK_TOKEN
from segue.evals.fakes.slack import FakeSlack
from tests.service.running import Service, replica
from tests.service.story.days import let_pass

ACCOUNTS = (
    "Account ID,Account Name,Account Owner,Website,Employees,Industry,Billing Country,Tech Stack\n"
    "001A,Northwind Robotics,avery.cole@example.com,northwind-robotics.com,900,Software,United States,Salesforce\n"
)
FIELD = "segue_segment"


class World:
    """The service, and the systems that it tells."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.slack, self.hubspot, self.webhooks = (
            FakeSlack(**{"avery.cole": "UAVERY"}),
            FakeHubSpot(),
            Receiver(),
        )
        for fake in (self.slack, self.hubspot, self.webhooks):
            stack.enter_context(fake.running())
        self.hubspot.companies["77"] = {"domain": "northwind-robotics.com", "name": "Northwind Robotics"}
        url = stack.enter_context(database_url(None, folder / "data"))
        migrate(url)
        self.service: Service = stack.enter_context(
            replica(
                url, folder, SLACK_BOT_TOKEN=SLACK_TOKEN, SEGUE_SLACK_URL=f"{self.slack.url}/api/",
                HUBSPOT_ACCESS_TOKEN=HUBSPOT_TOKEN, SEGUE_HUBSPOT_URL=self.hubspot.url,
                SEGUE_WEBHOOK_URL=f"{self.webhooks.url}/hook", SEGUE_WEBHOOK_SECRET=SECRET,
                SEGUE_ALLOW_PRIVATE_TARGETS="127.0.0.1",
            )
        )  # fmt: skip
        for kind in ("secret", "write"):
            _, self.service.keys[kind] = self.service.new_key(kind)
            self.service.heard_of(self.service.keys[kind])

    def visit(self, path: str) -> None:
        """Let somebody of the account look at a page, through Segment's own client; return once it is stored."""
        failed: list[Any] = []
        client = Client(
            self.service.keys["write"], host=self.service.url, sync_mode=True,
            on_error=lambda error, _: failed.append(error),
        )  # fmt: skip
        client.identify("ada", {"email": "ada@northwind-robotics.com", "name": "Ada"})
        client.page("ada", "Site", "A page", {"path": path, "url": f"https://www.example.com{path}"})
        assert not failed

    def segment(self) -> str:
        """The segment that the account is in, as the service says."""
        found = self.service.call("GET", "/v1/accounts/northwind-robotics.com").json()
        return str(found["labels"]["saas_pipeline"]["segment"])

    def consequences(self, moment: str, segment: str) -> dict[str, str]:
        """What became of the plays of entering or leaving a segment, the newest of each: play to status."""
        rows = self.service.rows(
            "SELECT play, status FROM segue.consequences WHERE moment = %s AND segment = %s ORDER BY consequence_id",
            moment, segment,
        )  # fmt: skip
        return {str(play): str(status) for play, status in rows}

    def settled(self, moment: str, segment: str) -> bool:
        """True once nothing of entering or leaving a segment is still to be done."""
        return not {"waiting", "doing"} & set(self.consequences(moment, segment).values())

    def until(self, holds: Callable[[], bool], within: float = 30.0) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + within
        while not holds():
            if time.monotonic() > deadline:
                rows = self.service.rows(
                    "SELECT segment, moment, play, status, reason, due_at FROM segue.consequences"
                )
                raise AssertionError(
                    json.dumps(rows, default=str, indent=1) + self.service.log.read_text()[-2_000:]
                )
            time.sleep(0.1)


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack, Path(stack.enter_context(TemporaryDirectory(prefix="segue-test-"))))


def test_an_account_comes_into_the_market_and_cools_down(world: World) -> None:
    service = world.service
    sent = service.call(
        "POST", "/v1/accounts:import?filename=accounts.csv&pack=saas_pipeline&source=crm", content=ACCOUNTS
    )
    assert sent.status_code == 200, sent.text
    assert world.segment() == "needs_data"

    world.visit("/compare/segue-or-a-spreadsheet")
    assert world.segment() == "warm_up", "within the request that brought the visit"
    assert set(world.consequences("enter", "warm_up").values()) == {"waiting"}
    let_pass(service, timedelta(hours=25))
    world.until(lambda: world.settled("enter", "warm_up"))
    assert world.consequences("enter", "warm_up")["join_linkedin_retargeting"] == "done"
    assert world.hubspot.companies["77"][FIELD] == "warm_up"
    assert service.rows("SELECT audience FROM segue.audience_members WHERE left_at IS NULL") == [
        ("high_fit_not_looking",)
    ]

    let_pass(service, timedelta(days=2))
    world.visit("/compare/what-it-costs")
    assert world.segment() == "sales_ready", "within the request that brought the second visit"
    world.until(lambda: world.settled("enter", "sales_ready"))
    assert world.consequences("enter", "sales_ready") == dict.fromkeys(
        ("tag_crm", "route_same_day", "start_outreach", "alert_owner", "leave_linkedin_retargeting"), "done"
    )
    assert world.hubspot.companies["77"][FIELD] == "sales_ready"
    (alert,) = world.slack.posted
    assert alert["channel"] == "UAVERY" and "intent &gt;= 60" in json.dumps(alert["blocks"])
    assert [each["play"]["name"] for each in world.webhooks.taken.values()].count("start_outreach") == 1
    assert service.rows("SELECT audience FROM segue.audience_members WHERE left_at IS NULL") == []

    let_pass(service, timedelta(days=21))
    world.until(
        lambda: (
            world.segment() == "warm_up"
            and "sales_ready"
            in str(service.rows("SELECT from_segment FROM segue.transitions WHERE cause = 'time'"))
        )
    )
    assert set(world.consequences("exit", "sales_ready").values()) == {"waiting"}
    let_pass(service, timedelta(hours=25))
    world.until(lambda: world.settled("exit", "sales_ready"))
    assert world.consequences("exit", "sales_ready") == dict.fromkeys(("untag_crm", "stop_sequences"), "done")
    names = [each["play"]["name"] for each in world.webhooks.taken.values()]
    assert names.count("stop_sequences") == 1 and not world.webhooks.repeated
    assert len(world.slack.posted) == 1
