"""`segue policies` and `segue replay` on a store of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import psycopg
import pytest

from segue.policies.files import SHIPPED
from tests.api.conftest import Segue

PACK = "saas_pipeline"


@pytest.fixture
def store(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def test_a_pack_is_stored_activated_compared_and_rolled_back(
    segue: Segue, store: str, tmp_path: Path
) -> None:
    nothing = segue("policies", "diff", PACK)
    assert nothing.error == "error: no policy is active to compare with; name two packs"
    shutil.copytree(SHIPPED / PACK, tmp_path / "mine")
    traits = tmp_path / "mine" / "traits.yaml"
    traits.write_text(traits.read_text("utf-8").replace("fit >= 70", "fit >= 80"), "utf-8")
    assert segue("policies", "activate", PACK).code == 0
    first = json.loads(segue("policies", "list", "--json").out)["active"]["packs"]

    stored = json.loads(segue("policies", "store", "mine", "--json").out)["revision"]
    changed = json.loads(segue("policies", "diff", stored[:15], "--json").out)
    assert changed["after"].endswith(stored[:14]) and changed["accounts"] == 0
    planned = segue("policies", "activate", stored, "--dry-run")
    assert planned.code == 0 and "would move 0 of 0 accounts" in planned.out
    made = json.loads(segue("policies", "activate", stored, "--shadow", first[0]["revision"], "--json").out)
    assert [each["shadow"] for each in made["active"]["packs"]] == [False, True]
    back = json.loads(segue("policies", "rollback", "--json").out)
    assert back["active"]["packs"] == first and back["active"]["action"] == "rollback"
    listed = segue("policies", "list").out
    assert listed.count("active") == 1 and stored[:19] in listed
    with psycopg.connect(store) as connection:
        actions = connection.execute("SELECT action FROM segue.audit ORDER BY audit_id").fetchall()
    assert [row[0] for row in actions] == ["store_policy", "activate", "store_policy", "activate", "rollback"]
    assert segue("policies", "activate", "sha256:0").error == "error: no policy revision 'sha256:0' is stored"


def test_an_empty_log_replays(segue: Segue, store: str) -> None:
    ran = segue("replay", "--json")
    assert ran.code == 0 and json.loads(ran.out)["decisions"] == 0
    assert segue("shadow", "diff").out.startswith("✓ 0 decisions compared with live")


@pytest.mark.parametrize("limit", ["x", "-1", "101%", "nan%"])
def test_a_limit_that_is_none_is_refused(segue: Segue, limit: str) -> None:
    assert (
        "expected a number of accounts" in segue("policies", "diff", PACK, PACK, f"--max-moved={limit}").error
    )
