"""The story that Segue is for, as `segue demo` tells it: every claim of it holds."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from segue.evals.served import served
from segue.evals.story.model import Chapter, InAudience, Tagged
from segue.evals.story.systems import FIELD, OWNER_IN_SLACK, Systems
from segue.evals.story.telling import ACCOUNT, PACK, SDK, tell
from segue.policies.files import find_pack, read_files

pytestmark = pytest.mark.trial

AUDIENCE = "high_fit_not_looking"
OTHER = (
    "Account ID,Account Name,Website,Employees,Industry,Billing Country,Tech Stack\n"
    "002B,Southwind,southwind-robotics.com,900,Software,United States,Salesforce\n"
)
"""An account that nobody of visits."""


def without_hours(folder: Path) -> str:
    """Write the pack with reps who are free at any hour, so that the test's hour does not matter."""
    for path, content in read_files(find_pack(PACK)).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = content.decode()
        target.write_text(re.sub(r"\n +hours: .*", "", text) if path == "routing.yaml" else text)
    return str(folder)


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[list[Chapter], Systems, str]]:
    """The chapters, the systems, and the database when it is over."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="segue-test-")))
        systems = Systems.started(stack)
        data = folder / "data"
        data.mkdir()
        pack = without_hours(folder / PACK)
        service = stack.enter_context(served([pack], data, settings=systems.settings()))
        assert systems.missing == []
        service.import_content(OTHER.encode(), "other.csv", PACK, "crm")
        yield list(tell(service, systems)), systems, service.database


def of(chapter: Chapter, moment: str, segment: str) -> dict[str, str]:
    """What became of the plays of entering or leaving a segment."""
    return {
        each["play"]: each["status"] for each in chapter.carried_out
        if (each["moment"], each["segment"]) == (moment, segment)
    }  # fmt: skip


def test_the_label_follows_each_visit_within_its_request_and_goes_back_by_itself(
    told: tuple[list[Chapter], Systems, str],
) -> None:
    imported, first, _, second, _, cooled, _ = told[0]
    assert (imported.after["segment"], imported.after["missing"]) == ("needs_data", ["intent"])
    for chapter, segment, cause in (
        (first, "warm_up", "event"), (second, "sales_ready", "event"), (cooled, "warm_up", "time")
    ):  # fmt: skip
        (move,) = chapter.moves
        assert (move["to"], move["cause"]) == (segment, cause)
        assert chapter.after["segment"] == segment, "by the answer to the client"
    assert first.visit is not None and second.visit is not None
    assert {first.visit.sent_by, second.visit.sent_by} == {SDK}
    assert second.moves[0]["because"][-1]["clause"] == "intent >= 60"


def test_everything_is_carried_out_once_by_the_real_clients(
    told: tuple[list[Chapter], Systems, str],
) -> None:
    chapters, systems, _ = told
    _, first, held, second, *_ = chapters
    assert not first.tags and not first.webhooks, "a stay of less than a day tells nobody"
    assert of(held, "enter", "warm_up") == dict.fromkeys(
        ("tag_crm", "join_linkedin_retargeting", "start_nurture"), "done"
    )
    assert held.audiences == [InAudience(AUDIENCE, "add", "northwind-robotics.com")]
    assert of(second, "enter", "sales_ready") == dict.fromkeys(
        ("tag_crm", "route_same_day", "start_outreach", "alert_owner", "leave_linkedin_retargeting"), "done"
    )
    assert second.tags == [Tagged(FIELD, "warm_up", "sales_ready")]
    assert second.audiences == [InAudience(AUDIENCE, "remove", "northwind-robotics.com")]
    (alert,) = systems.posted()
    text = json.dumps(alert["blocks"], ensure_ascii=False)
    assert alert["channel"] == OWNER_IN_SLACK and "intent is 81.9 (at least 60)" in text
    assert "A software vendor doubled meetings" in text, "proof for the persona that visits, a CMO"
    assert [each["play"]["name"] for each in second.webhooks] == ["start_outreach"]
    assert systems.webhooks is not None and not systems.webhooks.repeated


def test_what_was_set_off_is_taken_back(told: tuple[list[Chapter], Systems, str]) -> None:
    chapters, systems, database = told
    *_, cooled, cleared = chapters
    assert not cooled.tags and not cooled.webhooks, "a day has to pass first"
    left = of(cleared, "exit", "sales_ready")
    assert left.keys() == {"untag_crm", "stop_outreach"} and left["stop_outreach"] == "done"
    assert (
        left["untag_crm"],
        cleared.tags,
    ) in (  # due at the same instant as the new tag: either may be first
        ("done", [Tagged(FIELD, "sales_ready", None), Tagged(FIELD, None, "warm_up")]),
        ("excluded", [Tagged(FIELD, "sales_ready", "warm_up")]),
    )
    assert [(each["play"]["name"], each["segment"]) for each in cleared.webhooks] == [
        ("stop_outreach", "sales_ready")
    ]
    assert of(cleared, "enter", "warm_up")["start_nurture"] == "excluded", "one letter in 90 days"
    assert cleared.audiences == [InAudience(AUDIENCE, "add", "northwind-robotics.com")]
    with psycopg.connect(database) as connection:
        open_still = connection.execute(
            "SELECT count(*) FROM segue.consequences WHERE account_id = %s"
            " AND status NOT IN ('done', 'excluded', 'cancelled')", (ACCOUNT,),
        ).fetchone()  # fmt: skip
    assert open_still == (0,)
    assert len(systems.posted()) == 1


def test_who_does_not_visit_is_known_not_to_from_the_first_event_on(
    told: tuple[list[Chapter], Systems, str],
) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with psycopg.connect(told[2]) as connection:
            label = connection.execute(
                "SELECT segment FROM segue.labels WHERE account_id = '002B'"
            ).fetchone()
            set_off = connection.execute(
                "SELECT count(*) FROM segue.consequences WHERE account_id = '002B'"
            ).fetchone()
        if label == ("warm_up",):
            break
        time.sleep(0.2)
    assert label == ("warm_up",), "intent is 0 and not unknown"
    assert set_off == (0,), "that somebody else visited is no reason to write to them"
