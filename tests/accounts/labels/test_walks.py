"""However an account walks through segments: what is left behind in the end is what its segment leaves behind."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segue.accounts.effects import overwrites
from segue.core.database import Database
from tests.accounts.labels.live import START, Live, plays
from tests.accounts.labels.walks import HOUR, SEGMENTS, Left, Walker, walked_pack

_ALL = [*SEGMENTS, "rest"]
_hours = st.sampled_from([0, 1, 6, 24, 48])
_settle = st.fixed_dictionaries({name: st.tuples(_hours, _hours) for name in SEGMENTS})
_steps = st.lists(
    st.tuples(st.sampled_from(_ALL), st.sampled_from([0, 1, 5, 7, 23, 25, 50, 100]), st.booleans()),
    min_size=2, max_size=9,
)  # fmt: skip
_names = itertools.count()
SALES: Mapping[str, tuple[int, int]] = {"nurtured": (24, 48), "sold_to": (0, 24), "taught": (0, 24)}
Step = tuple[str, float, bool]
"""Where the account goes, the hours that it stays, and whether a worker runs meanwhile."""


def walk(live: Live, settle_hours: Mapping[str, tuple[int, int]], steps: Sequence[Step]) -> Walker:
    """Let an account walk, and do all that is due in the end."""

    async def do(database: Database) -> Walker:
        walker = Walker(database, walked_pack(settle_hours), f"walker-{next(_names)}")
        for place, hours, works in steps:
            await walker.go(place)
            until = walker.now + timedelta(hours=hours)
            if works:
                await walker.work(until)
            walker.now = until
        await walker.work(walker.now + 1000 * HOUR)
        walker.ended = await walker.left()
        return walker

    return live.over(do)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_settle, _steps)
@example(SALES, [("nurtured", 30, True), ("sold_to", 5, True), ("nurtured", 100, True)])
@example(SALES, [("nurtured", 30, True), ("sold_to", 100, True)])
def test_what_is_left_behind_is_what_the_present_segment_leaves(
    live: Live, settle_hours: Any, steps: Any
) -> None:
    walker = walk(live, settle_hours, steps)
    assert walker.ended == Left.wanted(steps[-1][0]), walker.done


def test_back_soon_what_was_written_over_is_done_again_and_nothing_else(live: Live) -> None:
    hours = {**SALES, "sold_to": (0, 12)}
    walker = walk(live, hours, [("nurtured", 30, True), ("sold_to", 5, True), ("nurtured", 100, True)])
    again = [play for segment, moment, play in walker.done if (segment, moment) == ("nurtured", "enter")]
    assert sorted(again[:4]) == ["join_list", "start_letter", "tag", "tell"]
    assert sorted(again[4:]) == ["join_list", "tag"]
    assert {each for each in walker.done if each[1] == "exit"} == {
        ("sold_to", "exit", "untag"),
        ("sold_to", "exit", "stop_calls"),
    }


def test_what_the_present_segment_does_too_is_not_taken_back_by_the_former_one(live: Live) -> None:
    walker = walk(live, SALES, [("nurtured", 30, True), ("taught", 100, True)])
    assert [play for _, moment, play in walker.done if moment == "exit"] == ["untag"]
    found = live.rows(
        "SELECT play, detail FROM segue.consequences WHERE account_id = %s AND reason = 'in_effect_again'"
        " ORDER BY 1", walker.account,
    )  # fmt: skip
    assert found == [
        ("leave_list", {"segment": "taught", "play": "join_list"}),
        ("stop_letter", {"segment": "taught", "play": "start_letter"}),
    ]


def test_what_was_tried_for_another_segment_may_have_written_over(live: Live) -> None:
    live.packs = (walked_pack(SALES),)
    live.move("a", START, place="nurtured")
    live.carry_out(START + 24 * HOUR)
    live.move("a", START + 30 * HOUR, place="sold_to")
    live.rows(
        "UPDATE segue.consequences SET attempts = 1, changed_at = clock_timestamp()"
        " WHERE segment = 'sold_to' AND play = 'tag'"
    )
    live.move("a", START + 31 * HOUR, place="nurtured")
    again = live.consequences("a", "enter")[-4:]
    assert plays(again, "waiting") == {"tag"}
    kept = [(play, reason) for _, _, play, status, reason in again if status == "excluded"]
    assert kept == [(play, "still_in_effect") for play in ("join_list", "start_letter", "tell")]


def test_what_ends_the_effect_of_what() -> None:
    pack = walked_pack({})
    ended = {
        (play, earlier) for play in pack.plays for earlier in pack.plays if overwrites(pack, play, earlier)
    }
    undone = {
        (name, play.model.undone_by) for name, play in pack.plays.items() if play.model.undone_by is not None
    }
    tags = set(itertools.product(("tag", "untag"), repeat=2))
    same = {(name, name) for name in ("stop_letter", "stop_calls")}
    assert ended == {*undone, *((undo, name) for name, undo in undone), *tags, *same}
    assert not overwrites(pack, "tag", "a_play_of_an_earlier_revision")
