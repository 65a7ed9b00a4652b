"""`segue proof`: from a file to a search, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from tests.api.conftest import Segue
from tests.core.databases import start_packs

ROWS = """id,claim,body,evidence,expires_on,tags.persona
erased_in_an_hour,A person is erased within an hour,One call erases a person everywhere.,https://example.com/a,2027-09-01,ciso
bad_day,Claim,Body,https://example.com/b,soon,
"""


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    start_packs(store_url, "saas_pipeline")
    monkeypatch.setenv("DATABASE_URL", store_url)
    return store_url


def test_from_a_file_to_a_search(segue: Segue, store: str, tmp_path: Path) -> None:
    (tmp_path / "proof.csv").write_text(ROWS, "utf-8")
    imported = segue("proof", "import", "proof.csv", "--by", "ana@example.com")
    assert imported.code == 1 and "1 proof point of saas_pipeline: 1 new" in imported.out
    assert "proof.csv:3:5: expires_on: expected a day such as 2027-09-01, found 'soon'" in imported.err
    again = json.loads(segue("proof", "import", "proof.csv", "--by", "ana@example.com", "--json").out)
    assert again["added"] == {"erased_in_an_hour": "unchanged"} and len(again["faults"]) == 1
    query = ("proof", "search", "how do you delete somebody", "--json")
    [draft] = json.loads(segue("proof", "list", "--state", "draft", "--json").out)
    assert (draft["id"], draft["source"], draft["file"]) == ("erased_in_an_hour", "store", "proof.csv:2")
    approved = segue("proof", "approve", "erased_in_an_hour", "--by", "legal@example.com")
    assert approved.code == 0 and "saas_pipeline reads sha256:" in approved.out
    found = json.loads(segue(*query, "-f", "country=US", "-c", "persona=ciso").out)
    assert found["ranked_by"] == "meaning" and found["found"][0]["id"] == "erased_in_an_hour"
    assert found["found"][0]["source"] == "store"
    assert "erased_in_an_hour" not in segue(*query, "-f", "country=US", "-c", "persona=cfo").out
    assert "erased_in_an_hour" in segue("proof", "list").out
    ended = segue(
        "proof", "expire", "erased_in_an_hour", "--by", "legal@example.com", "--reason", "It takes two"
    )
    assert ended.code == 0 and "1 proof point expired" in ended.out
    assert "erased_in_an_hour" not in segue(*query).out
    with psycopg.connect(store) as connection:
        actions = connection.execute("SELECT action, detail FROM segue.audit ORDER BY at").fetchall()
    assert [action for action, _ in actions] == ["add_proof", "approve_proof", "expire_proof"]
    assert actions[-1][1]["by"] == "legal@example.com" and actions[-1][1]["reason"] == "It takes two"


def test_one_is_added_by_hand(segue: Segue, store: str) -> None:
    one = (
        "proof", "add", "fast_answers", "--claim", "Answers in 40 ms", "--body", "Measured.",
        "--evidence", "https://example.com/fast", "--expires-on", "2027-09-01", "--by", "ana",
    )  # fmt: skip
    added = segue(*one, "--tag", "persona=it")
    assert added.code == 0 and "fast_answers is a draft of saas_pipeline (new)" in added.out
    assert "expected NAME=VALUE" in segue(*one, "--tag", "persona").error
    assert "no value of persona, found 'its'" in segue(*one, "--tag", "persona=its").error
    assert "expires_on" in segue(*one[:-4], "--expires-on", "soon", "--by", "ana").error
    assert "--by: expected a name" in segue(*one[:-1], " ").error
    assert "is the pack's own" in segue("proof", "expire", "flat_price", "--by", "x", "--reason", "y").error
    assert (
        "no proof point 'fast_answer' is stored"
        in segue("proof", "approve", "fast_answer", "--by", "x").error
    )
    assert "no such file" in segue("proof", "import", "none.csv", "--by", "x").error
