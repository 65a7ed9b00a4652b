"""`segue jobs`, `audience` and `drift` over a store in which something was set off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue.agents.live_policies import LivePolicies
from segue.core.schema import migrate
from segue.core.settings import settings
from segue.evals.fakes.hubspot import TOKEN, FakeHubSpot
from tests.activation.world import FILES, World
from tests.api.conftest import Segue


@pytest.fixture
def world(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A store with one hot account, its pack active, which the commands are pointed at."""
    migrate(url)
    found = World(url)
    found.know("a1", "acme.example", "Acme [bold]", heat=90)
    for name, text in FILES.items():
        path = tmp_path / "motion" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    found.with_database(lambda database: LivePolicies(database).start([str(tmp_path / "motion")], [], "test"))
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    return found


def test_jobs_are_listed_shown_parked_and_tried_again(world: World, segue: Segue) -> None:
    made, other = world.set_off("send_it"), world.set_off("join_list")
    assert made in segue("jobs", "list").out
    assert [each["id"] for each in json.loads(segue("jobs", "list", "--json").out)] == [other, made]
    assert json.loads(segue("jobs", "show", made).out)["status"] == "waiting"
    assert segue("jobs", "park", made).code == 0 and world.of(made)["status"] == "parked"
    assert json.loads(segue("jobs", "list", "--status", "parked", "--json").out)[0]["reason"] == "by hand"
    assert "1 consequence to be tried again" in segue("jobs", "retry", "--parked").err
    assert world.of(made)["status"] == "waiting"
    assert world.rows("SELECT action, target FROM segue.audit ORDER BY audit_id") == [
        ("park", made),
        ("retry", made),
    ]
    assert "2 consequences" in segue("jobs", "retry", made, other).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "x"), "expected the id of a consequence, found 'x'"),
        (("retry",), "name the consequences to try again, or say --parked"),
        (("list", "--status", "gone"), "--status: expected one of waiting, doing"),
        (("park", "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6"), "no consequence 01a20e4a"),
    ],
)
def test_what_is_asked_for_wrongly_is_one_line(
    world: World, segue: Segue, arguments: tuple[str, ...], said: str
) -> None:
    assert said in segue("jobs", *arguments).error


def test_a_dry_run_tells_what_would_be_written(
    world: World, segue: Segue, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set_off("tag_it")
    world.set_off("send_it")
    hubspot = FakeHubSpot()
    hubspot.companies["7"] = {"domain": "acme.example", "segue_segment": "warm"}
    with hubspot.running():
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("SEGUE_HUBSPOT_URL", hubspot.url)
        settings.cache_clear()
        found = {each["play"]: each for each in json.loads(segue("jobs", "list", "--dry-run", "--json").out)}
        shown = segue("jobs", "list", "--dry-run").out
    assert found["tag_it"]["detail"] == {
        "record": "7",
        "field": "segue_segment",
        "before": "warm",
        "after": "hot",
    }
    assert (found["send_it"]["status"], found["send_it"]["reason"]) == ("excluded", "not_configured")
    assert "would be" in shown and hubspot.written == []


def test_drift_lists_what_the_crm_says_otherwise(
    world: World, segue: Segue, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.rows("INSERT INTO segue.labels VALUES ('a1', 'motion', 'hot', 'matched', '{}', 'r', now(), now())")
    assert "no CRM is not configured; expected hubspot or salesforce" in segue("drift").error
    hubspot = FakeHubSpot()
    hubspot.companies["7"] = {"domain": "acme.example"}
    with hubspot.running():
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("SEGUE_HUBSPOT_URL", hubspot.url)
        settings.cache_clear()
        (found,) = json.loads(segue("drift", "--json").out)
        assert (found["account"], found["there"], found["here"]) == ("a1", None, "hot")
        assert "1 tag to put right" in segue("drift").err
        hubspot.companies["7"]["segue_segment"] = "hot"
        assert "the tags in hubspot are those of the labels" in segue("drift").err
        monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "another")
        settings.cache_clear()
        assert (
            "the tags were not read: HubSpot answered 401" in segue("drift", "--connector", "hubspot").error
        )


def test_an_audience_is_a_file(world: World, segue: Segue, tmp_path: Path) -> None:
    world.set_off("join_list")
    world.work()
    out = tmp_path / "hot.csv"
    assert "1 account in" in segue("audience", "hot_ones", "--out", str(out)).err
    assert out.read_text() == "domain,company,account_id\nacme.example,Acme [bold],a1\n"
    assert segue("audience", "hot_ones", "--out", str(out), "--since", "2090-01-01T00:00").code == 0
    assert "no audience 'hot'" in segue("audience", "hot", "--out", str(out)).error
