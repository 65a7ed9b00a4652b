"""Seats: against a slow oracle, in any order, never too many, never moved for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from segue.policies.models.rank import NO_SEAT, Rank
from segue.policies.seating import Candidate, Seating, SeatReason, ranked, seat

ACCOUNTS = [f"a{number:02}" for number in range(14)]
scores = st.dictionaries(st.sampled_from(ACCOUNTS), st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0, 2.0, 2.5, 3.0]))
ranks = st.builds(
    lambda sizes, margin, within: Rank(
        by="score",
        tiers={f"tier_{n}": size for n, size in enumerate(sizes, 1)},
        margin=margin,
        keep_within=within,
    ),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.sampled_from([0.0, 0.1, 0.5, 2.0]),
    st.integers(0, 4),
)
holders = st.dictionaries(st.sampled_from(ACCOUNTS), st.sampled_from(["tier_1", "tier_2", "tier_3", "gone"]))


def tiers_of(found: Seating) -> dict[str, str]:
    return {each.account_id: each.tier for each in found.seats}


def oracle(rank: Rank, candidates: list[Candidate], held: Mapping[str, str]) -> dict[str, str]:
    """One exchange at a time, each time looking at everybody again."""
    order = {tier: place for place, tier in enumerate(rank.tiers)}
    found: dict[str, str] = {}
    by_id = {each.account_id: each for each in candidates}
    last = 0
    for tier, size in rank.tiers.items():
        last += size
        free = [each for each in candidates if each.account_id not in found]
        claims = {a for a in by_id if a not in found and order.get(held.get(a, ""), 99) <= order[tier]}
        inside = set(sorted(claims, key=lambda a: by_id[a].rank)[:size])
        while len(inside) < size:
            left = [each for each in free if each.account_id not in inside | claims]
            if not left:
                break
            inside.add(min(left, key=lambda each: each.rank).account_id)
        dropped: set[str] = set(claims - inside)
        while True:
            left = [each for each in free if each.account_id not in inside | dropped]
            worst = max((by_id[a] for a in inside & claims), key=lambda each: each.rank, default=None)
            if not left or worst is None:
                break
            best = min(left, key=lambda each: each.rank)
            if round(best.score - worst.score, 6) <= rank.margin or worst.rank <= last + rank.keep_within:
                break
            inside = inside - {worst.account_id} | {best.account_id}
            dropped.add(worst.account_id)
        found |= dict.fromkeys(inside, tier)
    return found


@given(ranks, scores, holders, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_the_seats_are_those_of_the_oracle_in_any_order(
    rank: Rank, given_scores: dict[str, float], held: dict[str, str], random: Random
) -> None:
    candidates = ranked(given_scores)
    found = seat(rank, candidates, held)
    assert tiers_of(found) == oracle(rank, candidates, held)
    shuffled = random.sample(candidates, len(candidates))
    assert seat(rank, shuffled, dict(random.sample(sorted(held.items()), len(held)))) == found
    assert ranked(dict(random.sample(sorted(given_scores.items()), len(given_scores)))) == candidates


@given(ranks, scores, holders)
@settings(max_examples=300, deadline=None)
def test_the_laws_of_seats(rank: Rank, given_scores: dict[str, float], held: dict[str, str]) -> None:
    candidates = ranked(given_scores)
    found = seat(rank, candidates, held)
    tiers = tiers_of(found)
    by_id = {each.account_id: each for each in candidates}
    for tier, size in rank.tiers.items():
        assert sum(each == tier for each in tiers.values()) <= size
    total = sum(rank.tiers.values())
    assert len(tiers) == min(total, len(candidates)), "no seat stays empty while somebody may have one"
    assert len(found.seats) == len(tiers) and set(found.lost) == set(held) - set(tiers)
    again = seat(rank, candidates, tiers)
    assert tiers_of(again) == tiers and not again.lost, "with the same scores nobody moves"
    assert all(each.reason is SeatReason.KEPT for each in again.seats)
    for each in found.seats:
        if (
            each.ahead_of is not None
        ):  # who lost a seat to another was ahead by less than that, and far behind
            loser = by_id[each.ahead_of]
            last = sum(size for tier, size in rank.tiers.items() if tier <= each.tier)
            assert each.score - loser.score > rank.margin and loser.rank > last + rank.keep_within


@given(ranks, scores, holders)
@settings(max_examples=200, deadline=None)
def test_only_the_best_and_those_with_a_seat_are_needed(
    rank: Rank, given_scores: dict[str, float], held: dict[str, str]
) -> None:
    """What is read of the store: the best as many as there are seats and holders, and the holders."""
    candidates = ranked(given_scores)
    most = sum(rank.tiers.values()) + len(held)
    few = [each for each in candidates if each.rank <= most or each.account_id in held]
    assert seat(rank, few, held) == seat(rank, candidates, held)


def test_without_a_list_the_best_get_the_seats_and_ties_go_by_id() -> None:
    rank = Rank(by="score", tiers={"one": 1, "two": 2})
    found = seat(rank, ranked({"d": 5.0, "b": 7.0, "a": 5.0, "c": 5.0}), {})
    assert [(each.account_id, each.tier, each.rank) for each in found.seats] == [
        ("b", "one", 1), ("a", "two", 2), ("c", "two", 3),
    ]  # fmt: skip
    assert {each.reason for each in found.seats} == {SeatReason.FREE_SEAT}


def test_a_seat_is_kept_within_margin_or_buffer_and_lost_beyond_both() -> None:
    held = {"a": "one"}
    near, far = {"a": 10.0, "b": 14.0}, {"a": 10.0, "b": 16.0, "c": 12.0}
    assert tiers_of(seat(Rank(by="s", tiers={"one": 1}, margin=5.0), ranked(near), held)) == {"a": "one"}
    taken = seat(Rank(by="s", tiers={"one": 1}, margin=5.0), ranked(far), held)
    assert [(each.account_id, each.reason, each.ahead_of) for each in taken.seats] == [
        ("b", SeatReason.AHEAD, "a")
    ]
    assert taken.lost == {"a": SeatReason.DISPLACED}
    buffered = Rank(by="s", tiers={"one": 1}, keep_within=2)
    assert tiers_of(seat(buffered, ranked(far), held)) == {"a": "one"}, "third of one seat and two ranks"
    assert tiers_of(seat(buffered, ranked({**far, "d": 11.0}), held)) == {"b": "one"}


def test_who_may_not_have_a_seat_any_more_leaves_whatever_the_margin() -> None:
    rank = Rank(by="s", tiers={"one": 1}, margin=100.0, keep_within=100)
    found = seat(rank, ranked({"b": 1.0}), {"a": "one"})
    assert tiers_of(found) == {"b": "one"} and found.lost == {"a": SeatReason.NOT_ELIGIBLE}
    assert NO_SEAT not in rank.tiers
