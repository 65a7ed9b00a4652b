"""`segue moved`: true of what happened, the failures first, and readable."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from segue.accounts.label_changes import Cause
from segue.api.cli.since import read_since
from tests.accounts.labels.live import Live
from tests.api.conftest import Segue

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEDNESDAY = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)


@pytest.fixture
def live(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Three accounts: one moved and everything fired, one came back, of one a tag failed."""
    url = store_url
    monkeypatch.setenv("DATABASE_URL", url)
    found = Live(url)
    start = datetime.now(UTC) - 5 * DAY
    for name in ("acme", "borealis", "cobalt"):
        found.say(name, start, intent=30.0, size=500, seen_at="2020-01-01T00:00:00Z")
    found.relabel(["acme", "borealis", "cobalt"], start, Cause.IMPORT, set_off_first=False)
    found.rows("UPDATE segue.accounts SET name = 'Acme', domain = 'acme.example' WHERE account_id = 'acme'")
    for name in ("acme", "borealis"):
        found.move(name, start + DAY, intent=80.0)
    found.carry_out(start + 2 * DAY)
    found.move("borealis", start + 2 * DAY, intent=30.0)
    found.carry_out(start + 4 * DAY)
    found.move("cobalt", start + 3 * DAY, intent=90.0)
    found.carry_out(start + 4 * DAY)
    found.rows(
        "UPDATE segue.consequences SET status = 'parked', attempts = 6, reason = 'the CRM answers 401'"
        " WHERE account_id = 'cobalt' AND play = 'tag'"
    )
    return found


def test_it_tells_who_moved_why_and_what_failed(live: Live, segue: Segue) -> None:
    said = segue("moved", "--since", "7d")
    assert said.code == 0, said.err
    lines = [line.strip() for line in said.out.splitlines()]
    assert lines[0].endswith("3 accounts of 3 moved, 1 of them back to where they were")
    assert lines[3].startswith("Failed to fire: 1")
    assert any(
        "cobalt" in line and "tag (entering hot)" in line and "the CRM answers 401" in line for line in lines
    )
    at = lines.index("warm → hot  3 moves  by event")
    assert lines[at + 1] == "why   tiers.segment = 'large' is true and intent >= 60 is true"
    assert lines[at + 2] == "leave stop_nurture: 3 excluded (nothing to take back)"
    assert lines[at + 3 : at + 5] == ["enter tag: 2 done, 1 FAILED", "enter route, start: 3 done"]
    assert "Acme (acme.example)" in lines[at + 5]
    assert "First labels in motion: warm 3" in lines


def test_its_json_holds_the_same(live: Live, segue: Segue) -> None:
    found = json.loads(segue("moved", "--since", "7d", "--pack", "motion", "--json").out)
    assert (found["moved"], found["returned"], found["failures"]) == (3, 1, 1)
    assert [(each["account"], each["status"]) for each in found["failed"]] == [("cobalt", "parked")]
    moves = {(each["from"], each["to"]): each for each in found["groups"]}
    assert {key: each["moves"] for key, each in moves.items()} == {("warm", "hot"): 3, ("hot", "warm"): 1}
    [back] = moves["hot", "warm"]["accounts"]
    assert [(each["trait"], each["value"]) for each in back["because"]] == [("intent", 30.0)]
    assert json.loads(segue("moved", "--since", "7d", "--pack", "tiers", "--json").out)["groups"] == []


def test_an_account_that_was_merged_into_another_is_none_that_moved(live: Live, segue: Segue) -> None:
    live.rows("UPDATE segue.accounts SET alias_of = 'acme' WHERE account_id = 'borealis'")
    live.rows(
        "INSERT INTO segue.transitions (account_id, pack, from_segment, because, cause, revision)"
        " VALUES ('borealis', 'motion', 'warm', '[]', 'merge', 'r')"
    )
    said = segue("moved", "--since", "7d").out
    assert "2 accounts of 2 moved" in said
    assert "1 account of motion merged into others" in said
    assert json.loads(segue("moved", "--json").out)["merged"] == [{"pack": "motion", "accounts": 1}]


def test_what_is_late_has_failed_to_fire(live: Live, segue: Segue) -> None:
    live.rows("UPDATE segue.consequences SET status = 'waiting' WHERE account_id = 'acme' AND play = 'route'")
    assert "is a worker running?" in " ".join(segue("moved", "--since", "7d", width=200).out.split())


def test_nothing_moved(live: Live, segue: Segue) -> None:
    assert "0 accounts of 3 moved" in segue("moved", "--since", "1m").out


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("monday", datetime(2026, 11, 23, tzinfo=UTC)),
        ("Wednesday", datetime(2026, 11, 25, tzinfo=UTC)),
        ("thursday", datetime(2026, 11, 19, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 24, tzinfo=UTC)),
        ("3d", WEDNESDAY - 3 * DAY),
        ("12h", WEDNESDAY - 12 * HOUR),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T10:00+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
    ],
)
def test_since_is_said_in_words(text: str, instant: datetime) -> None:
    assert read_since(text, WEDNESDAY) == instant


def test_another_word_is_refused(segue: Segue) -> None:
    assert "expected monday, yesterday, 3d" in segue("moved", "--since", "whenever").error
