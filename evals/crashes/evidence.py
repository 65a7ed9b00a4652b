"""What the log holds, against what callers received. Read by plain SQL, past the service's own code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import psycopg

from segue.evals.crashes.callers import Observed, account_of

_QUERY = """
SELECT account_id, encode(sha256(convert_to(answer::text, 'UTF8')), 'hex') FROM segue.decisions
WHERE account_id LIKE 'call-%'
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the log differs from what callers received."""

    stored: int
    lost: int
    """Answers that a caller received and the log does not have with the same bytes."""
    twice: int
    """Calls that have more than one decision, answered or not."""


def read_evidence(url: str, observed: Observed) -> Evidence:
    """Compare the log at `url` with what callers saw."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(_QUERY).fetchall()
    stored = set(rows)
    per_call = Counter(account for account, _ in rows)
    lost = sum((account_of(number), digest) not in stored for number, digest in observed.received.items())
    return Evidence(len(rows), lost, sum(count > 1 for count in per_call.values()))
