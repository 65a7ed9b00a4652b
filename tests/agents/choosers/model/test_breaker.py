"""The breaker: when it opens, that it tries one call at a time, and that it counts every call once."""

from __future__ import annotations

import random

import pytest

from segue.agents.choosers.model.breaker import Breaker, Permit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def breaker(failures: int = 3, window: int = 5, open_for: float = 30.0) -> tuple[Breaker, Clock]:
    clock = Clock()
    return Breaker(failures, window, open_for, clock), clock


def admitted(found: Breaker) -> Permit:
    permit = found.admit()
    assert permit is not None
    return permit


def run(found: Breaker, outcomes: str) -> None:
    for each in outcomes:
        permit = admitted(found)
        if each == "x":
            found.failed(permit, "timeout")
        else:
            found.succeeded(permit)


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ("xx", "closed"),
        ("xxx", "open"),
        ("x.x.x", "open"),
        ("x....x.x", "closed"),
        ("xx...xx", "closed"),
        (".x.xx", "open"),
    ],
)
def test_it_opens_on_so_many_failures_among_the_last_calls(outcomes: str, state: str) -> None:
    found, _ = breaker()
    run(found, outcomes)
    assert found.state == state and found.counts.opens == (state == "open")


def test_open_holds_every_call_back_until_its_time() -> None:
    found, clock = breaker()
    run(found, "xxx")
    clock.now += 29.9
    assert found.admit() is None and found.counts.refused == 1 and found.counts.calls == 3
    clock.now += 0.1
    assert found.state == "half_open"


def test_half_open_lets_one_probe_through_at_a_time() -> None:
    found, clock = breaker()
    run(found, "xxx")
    clock.now += 30
    probe = admitted(found)
    assert probe.probe and [found.admit() for _ in range(5)] == [None] * 5
    found.failed(probe, "timeout")
    assert (found.state, found.counts.opens, found.counts.probes, found.counts.refused) == ("open", 2, 1, 5)
    clock.now += 30
    found.succeeded(admitted(found))
    assert found.state == "closed" and found.counts.probes == 2
    run(found, "xx")
    assert found.state == "closed", "failures of before it closed no longer count"


def test_a_probe_that_was_abandoned_leaves_its_place_to_another() -> None:
    found, clock = breaker()
    run(found, "xxx")
    clock.now += 30
    found.abandoned(admitted(found))
    assert found.state == "half_open" and admitted(found).probe and found.admit() is None


def test_late_news_of_calls_from_before_is_counted_and_changes_nothing() -> None:
    found, clock = breaker()
    late = [admitted(found) for _ in range(4)]
    run(found, "xxx")
    found.succeeded(late[0])
    found.failed(late[1], "timeout")
    assert found.state == "open" and found.counts.opens == 1
    clock.now += 30
    probe = admitted(found)
    found.abandoned(late[2])
    assert found.admit() is None, "the probe is still under way"
    found.succeeded(probe)
    found.failed(late[3], "timeout")
    assert found.state == "closed" and found.counts.failures["timeout"] == 5


@pytest.mark.parametrize("seed", range(20))
def test_every_call_is_counted_once_and_probes_are_never_two(seed: int) -> None:
    draw = random.Random(seed)
    found, clock = breaker()
    under_way: list[Permit] = []
    asked = 0
    for _ in range(3_000):
        clock.now += draw.choice([0, 0, 1, 40])
        if draw.random() < 0.5:
            asked += 1
            permit = found.admit()
            if permit is not None:
                under_way.append(permit)
        elif under_way:
            permit = under_way.pop(draw.randrange(len(under_way)))
            outcome = draw.choice("sfffa")
            if outcome == "s":
                found.succeeded(permit)
            elif outcome == "f":
                found.failed(permit, "connection")
            else:
                found.abandoned(permit)
        counts = found.counts
        ended = counts.successes + counts.failures.total() + counts.abandoned
        assert counts.calls == ended + len(under_way) and counts.calls + counts.refused == asked
        current = max((each.period for each in under_way), default=0)
        assert sum(each.probe and each.period == current for each in under_way) <= 1
    assert found.counts.opens > 3 and found.counts.probes > 3
