"""Every code of `segue check` is in the document, with its severity and reason."""

from __future__ import annotations

from pathlib import Path

from segue.policies.checks import REASONS, Code
from segue.policies.checks.codes import severity_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "checks.md").read_text("utf-8")


def test_the_document_lists_exactly_the_codes_there_are() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{code.value}` | {severity_of(code).value} | {REASONS[code]} |" for code in Code]
