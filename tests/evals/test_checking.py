"""`segue check` as a report: what loads, what the lints find, what fails, in order and each under its name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segue.core.errors import NotFoundError
from segue.evals.checking import CheckReport, check_packs
from segue.policies.checks.report import as_json, as_text
from tests.evals.worlds import GOOD_CASES, WEAK_CASES, write_pack

TODAY = date(2026, 11, 22)


def check(folder: Path, **changes: str) -> CheckReport:
    (report,) = check_packs([str(write_pack(folder, {"ready": WEAK_CASES}, **changes))], TODAY)
    return report


def test_a_pack_that_loads_is_linted_and_its_tests_run(tmp_path: Path) -> None:
    report = check(tmp_path / "mini")
    assert report.pack is not None and report.pack.name == "mini"
    assert len(report.cases) == 1 and not report.failures
    assert report.findings and report.failed(), "the small pack has no owners"
    text = report.as_text().plain
    assert text.splitlines()[0] == f"✗ {tmp_path / 'mini'}  {report.pack.revision[:14]}"
    assert text.endswith(", 1 test passes")


def test_a_pack_that_does_not_load_keeps_no_other_from_its_report(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad", write_pack(tmp_path / "good", {"ready": GOOD_CASES})
    write_pack(bad, {})
    (bad / "pack.yaml").write_text("pack: bad\n", "utf-8")
    first, second = check_packs([str(bad), str(good)], TODAY)
    assert first.pack is None and first.failed() and second.pack is not None
    lines = first.as_text().plain.splitlines()
    assert lines[0] == f"✗ {bad}  does not load: {len(first.findings)} faults"
    assert lines[1:] == as_text(first.findings).plain.splitlines() and len(first.findings) > 1
    found = first.to_json()
    assert found["revision"] is None and found["tests"] == {"run": 0, "failed": []}
    assert {each["code"] for each in found["findings"]} == {"invalid_pack"}
    assert found["findings"] == as_json(first.findings)
    assert len(second.cases) == 3


def test_warnings_fail_only_a_strict_check(tmp_path: Path) -> None:
    report = check(tmp_path / "mini")
    warnings = tuple(each for each in report.findings if each.severity.value == "warning")
    only = CheckReport("mini", report.pack, warnings, report.cases)
    assert warnings and not only.failed() and only.failed(strict=True)
    assert only.as_text().plain.startswith("! mini")
    clean = CheckReport("mini", report.pack, (), report.cases)
    assert not clean.failed(strict=True) and len(clean.as_text().plain.splitlines()) == 1


def test_a_name_that_is_no_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no pack 'nowhere'"):
        check_packs(["nowhere"], TODAY)
