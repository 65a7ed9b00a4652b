"""Findings as people and programs read them: lines for a terminal, plain dicts for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from segue.core.errors import Place
from segue.policies.checks.codes import Severity
from segue.policies.checks.finding import Finding

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def as_text(findings: Sequence[Finding], *, reasons: bool = True) -> Text:
    """Return findings for a terminal: place, severity and code, then the message, then why it matters.

    A place is `file:line:column`, which editors and terminals open. The reason of a code is given
    once, with its first finding. The last line counts.
    """
    text = Text()
    said: set[str] = set()
    for each in findings:
        text.append_text(headed(each.place, each.severity, _STYLES[each.severity]))
        text.append(f" {each.code}\n", "dim")
        text.append(f"    {each.message}\n")
        if reasons and each.code not in said:
            said.add(each.code)
            text.append(f"    {each.reason}\n", "dim")
    text.append(summary(findings))
    return text


def headed(place: Place, what: str, style: str) -> Text:
    """Return the head of something that is wrong: its place, and what it is in a style of its own."""
    return Text.assemble((str(place), "bold"), (f" {what}", style))


def summary(findings: Sequence[Finding]) -> str:
    """Return how many findings there are of each severity: `2 errors, 1 warning`, or `no findings`."""
    counts = Counter(each.severity for each in findings)
    parts = []
    for severity, singular in (
        (Severity.ERROR, "error"),
        (Severity.WARNING, "warning"),
        (Severity.INFO, "note"),
    ):
        if counts[severity]:
            parts.append(f"{counts[severity]} {singular}{'s' if counts[severity] > 1 else ''}")
    return ", ".join(parts) or "no findings"


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as plain dicts: code, severity, file, line, column, message, reason.

    `line` and `column` count from 1 and are None where a whole file is meant.
    """
    return [
        {
            "code": each.code.value,
            "severity": each.severity.value,
            **place_json(each.place),
            "message": each.message,
            "reason": each.reason,
        }
        for each in findings
    ]


def place_json(place: Place) -> dict[str, Any]:
    """Return a place as plain JSON, with the keys that a finding has for it."""
    return {"file": place.file, "line": place.line, "column": place.column}


def failed(findings: Sequence[Finding], *, strict: bool = False) -> bool:
    """Return True when a check fails: there is an error, or with `strict` a warning."""
    grave = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(each.severity in grave for each in findings)
