"""Identifiers are UUIDs of version 7 that sort by time."""

from __future__ import annotations

import time
import uuid

from segue.core.ids import new_id


def test_they_are_version_7_and_carry_the_time() -> None:
    before = time.time_ns() // 1_000_000
    found = uuid.UUID(new_id())
    after = time.time_ns() // 1_000_000
    assert found.version == 7 and found.variant == uuid.RFC_4122
    assert before <= found.int >> 80 <= after


def test_later_ones_sort_later_and_none_repeats() -> None:
    first = new_id()
    time.sleep(0.002)
    second = new_id()
    assert first < second
    assert len({new_id() for _ in range(2_000)}) == 2_000
