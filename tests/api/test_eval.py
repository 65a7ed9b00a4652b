"""`segue eval` on the command line: what it prints and writes, and when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.api.conftest import Segue
from tests.evals.worlds import GOOD_CASES, WEAK_CASES, write_pack

QUICK = ("--laws", "3", "--no-mutation")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "good", {"ready": GOOD_CASES})


def test_a_pack_that_passes_writes_its_reports(segue: Segue, good: Path, tmp_path: Path) -> None:
    found = segue("eval", "good", *QUICK, "--junit", "report.xml", "--html", "report.html")
    assert found.code == 0 and "tests beside the policies" in found.out and "passed in" in found.out
    assert ElementTree.parse(tmp_path / "report.xml").getroot().get("failures") == "0"
    assert "Policy evaluation: mini" in (tmp_path / "report.html").read_text("utf-8")
    again = json.loads(segue("eval", "good", *QUICK, "--json").out)
    assert [each["passed"] for each in again] == [True] and again[0]["mutation"] is None


def test_a_failing_case_or_a_weak_test_fails_and_names_its_place(
    segue: Segue, good: Path, tmp_path: Path
) -> None:
    wrong = GOOD_CASES.replace("{segment: ready, status: matched}", "{segment: rest}")
    write_pack(tmp_path / "wrong", {"ready": wrong})
    failing = segue("eval", "wrong", *QUICK)
    assert (
        failing.code == 1 and "wrong/segments/ready_test.yaml:4:21: expected rest, found ready" in failing.out
    )
    write_pack(tmp_path / "weak", {"ready": WEAK_CASES})
    weak = segue("eval", "weak", "--laws", "0", "--json")
    report = json.loads(weak.out)[0]
    assert weak.code == 1 and not report["passed"] and report["mutation"]["survivors"]
    assert segue("eval", "weak", "--laws", "0", "--least", "0").code == 0
    assert "no suite 'nowhere'" in segue("eval", "good", "--suite", "nowhere").error
