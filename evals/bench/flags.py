"""The flags of a page over HTTP against an empty endpoint with the same models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

from segue.core.ids import new_id
from segue.evals.bench.load import (
    CONNECTIONS,
    ROUNDS,
    LoadResult,
    described,
    micros,
    request_bytes,
    run_load,
)
from segue.evals.bench.measure import Measurement
from segue.evals.served import Served

_PATH = "/ofrep/v1/evaluate/flags"
_SHOWN = 1_000
"""Visitors who come back."""
_NEW = 20_000
"""Visitors of a round who come once."""
_numbers = count()


def measure_flags(service: Served, floor_port: int, accounts: int, seconds: float) -> Iterator[Measurement]:
    """Yield all flags of a page for visitors who come back, and for visitors who come for the first time.

    Of one who comes back the decision of the page is held: consent, account, label and rules are read and
    judged anew, and nothing is recorded. For one who comes first a decision is made, recorded with fsync on,
    and held. The rounds of the empty endpoint alternate with them.
    """
    back = [_request(service, f"back-{number}", number % accounts) for number in range(_SHOWN)]
    run_load(service.port, back, CONNECTIONS, seconds / 2)
    floors: list[LoadResult] = []
    found: dict[str, list[LoadResult]] = {"who come back": [], "who come first": []}
    for _ in range(ROUNDS):
        floors.append(run_load(floor_port, back, CONNECTIONS, seconds))
        found["who come back"].append(run_load(service.port, back, CONNECTIONS, seconds))
        first = [_request(service, new_id(), next(_numbers) % accounts) for _ in range(_NEW)]
        found["who come first"].append(run_load(service.port, first, CONNECTIONS, seconds))
    for visitors, results in found.items():
        yield Measurement(
            f"OFREP, all flags, visitors {visitors}", "empty FastAPI endpoint", "µs/request",
            micros(results), micros(floors), 0.3, 0.5, faster=True,
            same=not any(each.refused for each in (*floors, *results)),
            note=f"{described('answered', results)}; {described('empty', floors)}; {CONNECTIONS} connections",
        )  # fmt: skip


def _request(service: Served, visitor: str, account: int) -> bytes:
    context = {"targetingKey": visitor, "account": f"acc_{account}", "path": "/pricing"}
    headers = {"Authorization": f"Bearer {service.key}"}
    return request_bytes(_PATH, json.dumps({"context": context}).encode(), headers)
