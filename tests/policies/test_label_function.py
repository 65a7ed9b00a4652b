"""All segments in one function: each condition is asked as it is on its own, however many there are."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from segue.policies.pack import Pack
from tests.policies.mini import FILES, MONDAY, mini_pack


def pack_of(when: str) -> Pack:
    ready = FILES["segments/ready.yaml"].replace("when: fits AND intent >= 60", f"when: {when}")
    return mini_pack(segments__ready=ready)


def code_by_segments(pack: Pack, values: dict[str, Any]) -> int:
    """What the one function promises, from the segments' own functions."""
    unknown = 0
    for segment in pack.segments:
        verdict = True if segment.when is None else segment.when.function(values, MONDAY)
        if verdict:
            return 2 * segment.index + unknown
        unknown |= verdict is None
    raise AssertionError("the residual takes every account")


@pytest.mark.parametrize(
    "when",
    [
        "size > 5 AND region = 'US' AND intent >= 60",
        "size > 5 AND NOT (region = 'US' AND intent >= 60) AND size < 100",
        "fits AND intent >= 60 AND size > 5 AND fits",
        " AND ".join(f"size > {number}" for number in range(90)) + " AND intent >= 60 AND region = 'US'",
    ],
)
def test_the_one_function_agrees_with_the_segments_one_by_one(when: str) -> None:
    pack = pack_of(when)
    seen = set()
    for size, region, intent, customer in product(
        (None, 5, 50, 500), (None, "US", "EU"), (None, 10.0, 60.0), (None, True, False)
    ):
        values = {"size": size, "region": region, "intent": intent, "is_customer": customer}
        code = pack.label_code({**pack.blank, **values}, MONDAY)
        assert code == code_by_segments(pack, {**pack.blank, **values}), values
        known = {name: value for name, value in values.items() if value is not None}
        assert pack.label_code(known, MONDAY) == code, "a fact left out is a fact unknown"
        seen.add(code)
    assert len(seen) >= 4
