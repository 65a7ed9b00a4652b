"""Values and clauses as plain JSON, the same wherever they are stored or shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from segue.policies.language.explain import Clause
from segue.policies.language.types import Range


def json_value(value: Any) -> Any:
    """Return a trait's value as plain JSON: a score that is not settled as [lowest, highest]."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Range):
        return [_finite(value.lo), _finite(value.hi)]
    return list(value) if isinstance(value, tuple) else value


def clause_json(clause: Clause) -> dict[str, Any]:
    """Return a clause as plain JSON."""
    found = {
        "clause": clause.clause,
        "trait": clause.trait,
        "value": json_value(clause.value),
        "verdict": clause.verdict,
    }
    return {**found, "missing": list(clause.missing)} if clause.missing else found


def _finite(value: float) -> float | None:
    return value if abs(value) != float("inf") else None
