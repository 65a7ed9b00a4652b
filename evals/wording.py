"""Labels, findings and values in the words of a test report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from segue.policies.classifier import Label
from segue.policies.findings import Finding
from segue.policies.language.explain import Clause
from segue.policies.language.types import Range
from segue.policies.models.case import Case

_VERDICTS = {True: "true", False: "false", None: "unknown"}


def show(value: Any) -> str:
    """Return a trait's value as a person reads it: a score that is not settled as `60 to 80`."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Range):
        return f"{value.lo:g}" if value.lo == value.hi else f"{value.lo:g} to {value.hi:g}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, tuple | list):
        return f"[{', '.join(show(each) for each in value)}]"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def show_names(names: Iterable[str]) -> str:
    """Return names in a row, or `none`."""
    return ", ".join(names) or "none"


def show_clause(clause: Clause) -> str:
    """Return one clause with its value and verdict on one line."""
    subject = f" ({clause.trait}: {show(clause.value)})" if clause.trait else ""
    missing = f", missing {show_names(clause.missing)}" if clause.missing else ""
    return f"{clause.clause} is {_VERDICTS[clause.verdict]}{subject}{missing}"


def show_label(label: Label) -> str:
    """Return a label as `segment (status)`."""
    return f"{label.segment} ({label.status.value})"


def show_finding(finding: Finding) -> str:
    """Return what the gate said of a play on one line: the reason, the rule and the clause behind it."""
    if finding.permitted:
        return "permitted"
    parts = [finding.reason]
    if finding.rule is not None:
        parts.append(f"by {finding.rule}")
    if finding.clause is not None:
        parts.append(f"because {finding.clause}")
    if finding.missing:
        parts.append(f"(missing {show_names(finding.missing)})")
    elif finding.trait is not None or finding.value is not None:
        parts.append(f"({finding.trait or 'delivered'}: {show(finding.value)})")
    return " ".join(parts)


def show_case(case: Case) -> str:
    """Return the situation of a case on one line: what is known, and where it is asked."""
    parts = []
    for key in ("facts", "contact", "context", "believed", "counters"):
        stated = getattr(case, key)
        if stated:
            parts.append(f"{key} {{{', '.join(f'{name}: {show(value)}' for name, value in stated.items())}}}")
    if case.surface is not None:
        parts.append(f"on {case.surface.value}")
    return ", ".join(parts) or "nothing known"
