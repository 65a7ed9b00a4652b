"""The pytest plugin, in runs of its own: what it collects, what it shows, and what it leaves alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.evals.worlds import GOOD_CASES, write_pack

FAILING = "- {name: wrong, facts: {size: 500, intent: 70}, expect: {segment: out}}\n"
SUITE = """
suite: mini_promises
title: Promises
pack: ../pack
cases:
  - {name: buyer_dropped, facts: {size: 500, intent: 70}, surface: [chat, ads], forbidden_plays: [drop]}
  - {name: wrong_gold, facts: {size: 500, intent: 70}, surface: chat, gold: {segment: out}}
"""


def pytest_in(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest in a folder as a user would, warnings being errors; give its status and output."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-W",
        "error",
        "--import-mode=importlib",
        "--strict-markers",
    ]
    command += ["--strict-config", "-p", "no:langsmith_plugin", "-p", "no:cacheprovider", *arguments]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    return found.returncode, found.stdout + found.stderr


def test_cases_beside_policies_and_suites_are_items_that_say_why_they_fail(tmp_path: Path) -> None:
    write_pack(tmp_path / "pack", {"ready": GOOD_CASES, "out": FAILING})
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "promises.yaml").write_text(SUITE)
    (tmp_path / "test_own.py").write_text("def test_of_the_user(): pass\n")
    status, out = pytest_in(tmp_path, "-v")
    assert status == 1
    assert "4 passed" not in out
    assert "2 failed, 5 passed" in out
    assert "pack/segments/ready_test.yaml::one person fewer is out PASSED" in out
    assert "suites/promises.yaml::buyer_dropped PASSED" in out
    assert re.search(r"pack/segments/out_test\.yaml:1:\d+: expected out, found ready \(matched\)", out)
    assert "bad gold label: expected out, found ready (matched)" in out
    assert "Traceback" not in out and "runtest" not in out


def test_one_case_can_be_picked_by_its_name(tmp_path: Path) -> None:
    write_pack(tmp_path / "pack", {"ready": GOOD_CASES, "out": FAILING})
    status, out = pytest_in(tmp_path, "pack/segments/ready_test.yaml::one person fewer is out")
    assert (status, "1 passed" in out) == (0, True)


def test_a_pack_that_does_not_load_shows_its_faults_with_their_places(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack", {"ready": GOOD_CASES})
    (folder / "segments" / "out.yaml").write_text("segment: out\ntitle: Out\nwhen: NOT fitz\n")
    status, out = pytest_in(tmp_path)
    assert status != 0
    assert "pack/segments/out.yaml:3:11: unknown trait 'fitz'" in out
    assert "Traceback" not in out


def test_a_suite_that_cannot_be_read_shows_its_faults_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "promises.yaml").write_text(SUITE.replace("title: Promises\n", ""))
    status, out = pytest_in(tmp_path)
    assert status != 0
    assert "promises.yaml:2:1: the key 'title' is required" in out


def test_files_that_only_look_alike_are_left_alone(tmp_path: Path) -> None:
    for name in ("segments/other_test.yaml", "suites/compose.yaml", "suites/broken.yaml", "any_test.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("services: {web: {image: 'x'}}\n" if "compose" in name else "- [1, 2\n")
    (tmp_path / "test_own.py").write_text("def test_of_the_user(): pass\n")
    status, out = pytest_in(tmp_path)
    assert (status, "1 passed" in out) == (0, True)


def test_a_run_without_packs_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = (
        "pydantic",
        "yaml",
        "sqlglot",
        "langgraph",
        "duckdb",
        "rich.table",
        "segue.policies.load",
        "segue.evals.run",
    )
    (tmp_path / "test_own.py").write_text(
        f"import sys\ndef test_nothing_heavy():\n    assert 'segue.evals.pytest_plugin' in sys.modules\n"
        f"    assert [name for name in {heavy!r} if name in sys.modules] == []\n"
    )
    others = [
        part
        for name in ("anyio", "hypothesispytest", "xdist", "xdist.looponfail", "platformdirs")
        for part in ("-p", f"no:{name}")
    ]
    status, out = pytest_in(tmp_path, *others)
    assert status == 0, out


def test_packs_that_read_earlier_labels_load_in_the_order_of_the_setting(tmp_path: Path) -> None:
    write_pack(tmp_path / "tiers", {"ready": GOOD_CASES})
    second = write_pack(tmp_path / "motion", {})
    config = second / "pack.yaml"
    config.write_text(config.read_text().replace("pack: mini", "pack: motion"))
    (second / "segments" / "ready.yaml").write_text(
        "segment: ready\ntitle: Ready\nwhen: mini.segment = 'ready'\n"
    )
    (second / "segments" / "ready_test.yaml").write_text(
        "- {name: reads it, facts: {size: 500, intent: 70}, expect: {segment: ready, status: matched}}\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nsegue_packs =\n    tiers\n    motion\n")
    status, out = pytest_in(tmp_path)
    assert (status, "4 passed" in out) == (0, True), out
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    status, out = pytest_in(tmp_path)
    assert "unknown trait 'mini.segment'" in out
