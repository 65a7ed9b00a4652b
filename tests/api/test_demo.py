"""`segue demo`, whole: two files, their segments, what was not suppressed, three decisions, and a story."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Segue

pytestmark = pytest.mark.trial


def test_the_demo_shows_what_it_does_and_keeps_it_as_data(process: Segue, data_folder: Path) -> None:
    found = process("demo", "--keep", str(data_folder), COLUMNS="120")
    assert found.code == 0 and not found.err, found.err
    tables = re.findall(r"^segment +accounts +share +settled +provisional", found.out, re.MULTILINE)
    assert len(tables) == 2
    spared = re.findall(r"^Not suppressed: (\S+) accounts that an empty field", found.out, re.MULTILINE)
    assert len(spared) == 2 and all(int(number.replace(",", "")) > 100 for number in spared)
    decisions = re.findall(r"^╭─ .+╮\n(?:│.*\n)+╰.+ ms ─╯$", found.out, re.MULTILINE)
    assert len(decisions) == 3
    website, chat, slack = decisions
    assert "provisional" in website and "Would settle it" in website and "compliance_frame_page" in website
    assert "matched" in chat and "soc2_healthcare" in chat and "Not done" in chat
    assert "no_outreach_without_consent" in slack and "permits call_today" in slack
    assert all("Because" in each and "Worth" in each and "Would change it" in each for each in decisions)
    story = found.out[found.out.index("An account comes into the market") :]
    assert re.findall(r"^Day (\d+) ", story, re.MULTILINE) == ["1", "1", "2", "3", "5", "10", "11"]
    assert "warm_up → sales_ready" in story and "Northwind Robotics came into sales ready" in story
    assert re.search(r"sales_ready → (empty → )?warm_up", story) and "signature verified" in story
    told = found.out[: found.out.index("Kept in ")]
    assert max(len(line) for line in told.splitlines()) <= 120
    check_data(json.loads((data_folder / "demo.json").read_text("utf-8")))


def check_data(found: dict[str, Any]) -> None:
    """Hold what `--json` prints against itself."""
    assert [each["pack"] for each in found["files"]] == ["security_maturity", "saas_pipeline"]
    for each in found["files"]:
        segments = each["labels"]["segments"]
        counted = sum(sum(statuses.values()) for statuses in segments.values())
        assert counted == each["import"]["rows_written"] - passed_over(each["import"]["duplicates"])
        assert each["labels"]["not_suppressed"]["accounts"] > 100
    assert [each["surface"] for each in found["decisions"]] == ["web", "chat", "slack"]
    assert [each["after"]["segment"] for each in found["story"]] == [
        "needs_data", "warm_up", "warm_up", "sales_ready", "sales_ready", "warm_up", "warm_up"
    ]  # fmt: skip
    assert found["not_installed"] == [] and len(found["story"][3]["alerts"]) == 1


def test_what_is_kept_can_be_looked_at(segue: Segue, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "something").touch()
    assert "expected a folder that is new or empty" in segue("demo", "--keep", str(full)).error


def passed_over(duplicates: dict[str, int]) -> int:
    """Return how many rows were passed over for another of their group."""
    return duplicates["rows"] - duplicates["groups"]
