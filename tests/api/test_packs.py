"""Packs on the command line: listed, copied, checked, written as SQL, their schemas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue.policies.files import shipped_packs
from segue.policies.load import load_pack
from tests.api.conftest import Segue

DIALECTS = ("duckdb", "postgres", "spark", "snowflake", "bigquery", "databricks", "redshift")


def test_the_packs_that_ship_are_listed_as_they_load(segue: Segue) -> None:
    found = json.loads(segue("packs", "--json").out)
    assert [each["pack"] for each in found] == shipped_packs()
    for each in found:
        loaded = load_pack(each["pack"])
        assert (each["revision"], each["title"]) == (loaded.revision, loaded.file.title)
        counts = (len(loaded.segments), len(loaded.plays), len(loaded.proof))
        assert (each["segments"], each["plays"], each["proof_points"]) == counts
    table = segue("packs").out
    assert all(name in table for name in shipped_packs())


def test_a_copied_pack_is_clean_named_after_its_folder_and_finds_its_schemas(
    segue: Segue, tmp_path: Path
) -> None:
    assert (
        segue("init", "saas_pipeline", "mine").out
        == "✓ mine: Pipeline by fit and intent\nnext: segue check mine\n"
    )
    assert "pack: mine\n" in (tmp_path / "mine/pack.yaml").read_text("utf-8")
    clean = segue("check", "mine", "--today", "2026-11-22", "--strict")
    assert clean.code == 0 and clean.out.startswith("✓ mine  sha256:") and "no findings" in clean.out
    for file in (tmp_path / "mine").rglob("*.yaml"):
        schema = file.read_text("utf-8").splitlines()[0].rpartition("=")[2]
        assert (file.parent / schema).resolve().is_file(), file
    again = segue("init", "mine", "next one", "--json")
    assert json.loads(again.out) == {
        "pack": "mine",
        "title": "Pipeline by fit and intent",
        "folder": "next one",
    }
    assert (tmp_path / "next one/.schema/pack.json").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "next one"]


def test_a_fault_has_its_place_and_the_nearest_name(segue: Segue, pack: Path) -> None:
    policy = pack / "segments/ready.yaml"
    policy.write_text(policy.read_text("utf-8").replace("fits AND", "fist AND"), "utf-8")
    broken = segue("check", "mini", "--json")
    assert broken.code == 1
    fault = json.loads(broken.out)[0]["findings"][0]
    assert (fault["file"], fault["line"], fault["column"]) == ("mini/segments/ready.yaml", 4, 7)
    assert "did you mean 'fits'" in fault["message"]
    shown = segue("check", "mini", width=40).out.splitlines()
    assert shown[:2] == ["✗ mini  does not load: 1 fault", "mini/segments/ready.yaml:4:7 error invalid_pack"]
    assert shown[-1] == "1 error"
    assert segue("decide", "a.example", "-p", "mini").error.startswith(
        "error: mini/segments/ready.yaml:4:7: "
    )


def test_findings_and_failing_tests_are_listed_by_place_and_counted(segue: Segue, pack: Path) -> None:
    case = "- name: a small one is ready\n  facts: {size: 1, intent: 80}\n  expect: {segment: ready}\n"
    (pack / "segments/ready_test.yaml").write_text(case, "utf-8")
    found = segue("check", "mini", width=60)
    lines = found.out.splitlines()
    assert found.code == 1 and lines[0].startswith("✗ mini  sha256:")
    assert "mini/segments/ready_test.yaml:1:3 test" in lines and "    a small one is ready" in lines
    assert "    mini/segments/ready_test.yaml:3:21: expected ready, found out (matched)" in lines
    assert lines[-1] == "1 of 1 test failed"
    assert any(line.startswith("mini/segments/") and line.endswith(" error owner_missing") for line in lines)
    data = json.loads(segue("check", "mini", "--json").out)[0]
    assert data["pack"] == "mini" and data["tests"]["run"] == 1
    assert [each["line"] for each in data["tests"]["failed"]] == [1]
    assert any(each["code"] == "owner_missing" for each in data["findings"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_prints_one_query(segue: Segue, pack: Path, dialect: str) -> None:
    arguments = ("sql", "mini", "--dialect", dialect, "--table", "crm.accounts")
    found = segue(*arguments)
    assert found.code == 0 and "crm.accounts" in found.out and "provisional" in found.out
    assert found.out.count(";") <= 1
    data = json.loads(segue(*arguments, "--json").out)
    assert data["sql"].strip() == found.out.strip() and data["dialect"] == dialect


def test_schemas_are_up_to_date_and_written_where_they_are_asked_for(segue: Segue, tmp_path: Path) -> None:
    assert "schemas are up to date" in segue("schemas", "--check").out
    first = json.loads(segue("schemas", "out", "--json").out)
    assert first["written"] == first["schemas"] and (tmp_path / "out/pack.json").is_file()
    assert json.loads(segue("schemas", "out", "--json").out)["written"] == []
    (tmp_path / "out/pack.json").write_text("{}", "utf-8")
    assert "out: out of date: pack.json" in segue("schemas", "out", "--check").error
