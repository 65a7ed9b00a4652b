"""`segue artifacts` and `segue tal` on a store: made, put to use, proposed, applied by a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.core.schema import migrate
from segue.evals.differential_servers import postgres_server
from tests.agents.shop import FILES, Shop
from tests.api.conftest import Segue


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    """A store with customers, and the shop's pack as a folder."""
    for name, text in FILES.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    with postgres_server() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        migrate(url)
        found = Shop(url)
        found.fill(60)
        yield found


def test_cut_points_and_a_list_come_into_use(segue: Segue, shop: Shop, tmp_path: Path) -> None:
    assert "no pack is active" in segue("artifacts", "make").error
    assert segue("policies", "activate", "shop").code == 0
    made = segue("artifacts", "make", "loyalty", "--as-of", "2026-11-27T12:00")
    assert "shop.loyalty" in made.out and "quantile" in made.out and "≤" in made.out
    [listed] = json.loads(segue("artifacts", "list", "--json").out)
    assert (listed["kind"], listed["trait"], listed["active"]) == ("cut_points", "loyalty", False)
    body = json.loads(segue("artifacts", "show", listed["artifact"][:15]).out)["body"]
    assert len(body["recency"]) == 4 and body["accounts"] > 30
    assert segue("artifacts", "activate", listed["artifact"][7:20]).code == 0
    assert segue("artifacts", "make", "--as-of", "2026-11-27T12:00", "--activate").code == 0
    assert segue("artifacts", "list").out.count("active") == 3

    nothing = segue("tal", "show")
    assert nothing.code == 0 and "no list of shop.tal was applied yet" in nothing.out
    proposed = segue("tal", "propose", "--out", "proposal.json")
    assert proposed.code == 0 and "gold 3, silver 5 of" in proposed.out and "8 changes" in proposed.out
    assert proposed.out.count("free seat") == 8
    written = json.loads((tmp_path / "proposal.json").read_text("utf-8"))
    assert "a person" not in proposed.out and "--by" in segue("tal", "apply", written["proposal"]).error
    assert "expected a name of 1 to 200" in segue("tal", "apply", written["proposal"], "--by", " ").error
    assert "a list is applied by a person" in segue("artifacts", "activate", written["proposal"]).error
    applied = segue("tal", "apply", written["proposal"], "--by", "Ana Silva")
    assert applied.code == 0 and "8 accounts with a seat" in applied.out
    assert "another was applied meanwhile" in segue("tal", "apply", written["proposal"], "--by", "Ana").error
    shown = json.loads(segue("tal", "show", "--json").out)
    assert [each["tier"] for each in shown["seats"]] == ["gold"] * 3 + ["silver"] * 5
    assert segue("tal", "show", "shop", "--trait", "tal").out.count("silver") == 5
    assert "0 changes" in segue("tal", "propose").out
    assert shop.rows("SELECT detail ->> 'by' FROM segue.audit WHERE action = 'apply_target_accounts'") == [
        ("Ana Silva",)
    ]
    assert "no live pack 'shoop'; expected one of shop" in segue("tal", "propose", "shoop").error
    assert "there is no such folder" in segue("tal", "propose", "--out", "nowhere/x.json").error
