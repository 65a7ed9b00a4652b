"""A change of label: what is written, why, and what it sets off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from segue.accounts.label_changes import Cause
from tests.accounts.labels.live import START, Live, plays
from tests.accounts.labels.packs import MOTION, live_packs

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOT: dict[str, Any] = {"intent": 80.0, "size": 500}
ON_ENTER, ON_EXIT = {"tag", "route", "start"}, {"untag", "stop", "tell"}


def test_a_first_label_by_an_event_is_a_transition_and_sets_off(live: Live) -> None:
    changed = {each.pack: each for each in live.move("a", START, **HOT)}
    assert (changed["tiers"].from_segment, changed["tiers"].to_segment) == (None, "large")
    assert changed["motion"].to_segment == "hot"
    assert live.label("a") == ("hot", "matched")
    assert plays(live.consequences("a"), "waiting") == ON_ENTER
    jobs = live.rows("SELECT name, lock, at, arguments ->> 'consequence_id' FROM noted_jobs")
    assert {row[:3] for row in jobs} == {("activation.carry_out", "a", START + HOUR)}
    assert {row[3] for row in jobs} == {
        str(row[0]) for row in live.rows("SELECT consequence_id FROM segue.consequences")
    }


def test_a_first_label_by_a_file_sets_nothing_off(live: Live) -> None:
    live.say("a", **HOT)
    live.relabel("a", START, Cause.IMPORT, set_off_first=False)
    assert live.label("a") == ("hot", "matched")
    assert live.rows("SELECT count(*) FROM segue.transitions") == [(2,)]
    assert live.consequences("a") == []


def test_labelled_again_with_nothing_new_nothing_is_written(live: Live) -> None:
    live.move("a", START, **HOT)
    before = live.rows("SELECT * FROM segue.labels ORDER BY pack")
    assert live.relabel("a", START + HOUR) == []
    assert live.rows("SELECT * FROM segue.labels ORDER BY pack") == before


def test_the_clauses_are_those_that_flipped(live: Live) -> None:
    live.move("a", START, size=500, intent=30.0)
    [up] = live.move("a", START + HOUR, intent=80.0)
    assert [(each.trait, each.value, each.verdict) for each in up.because] == [
        ("tiers.segment", "large", True),
        ("intent", 80.0, True),
    ]
    [down] = live.move("a", START + 2 * HOUR, intent=25.0)
    assert (down.from_segment, down.to_segment) == ("hot", "warm")
    assert [(each.trait, each.value, each.verdict) for each in down.because] == [("intent", 25.0, False)]
    [(because,)] = live.rows("SELECT because FROM segue.transitions ORDER BY transition_id DESC LIMIT 1")
    assert because == [{"clause": "intent >= 60", "trait": "intent", "value": 25.0, "verdict": False}]


def test_a_change_of_status_alone_is_told_and_sets_nothing_off(live: Live) -> None:
    live.move("a", START, intent=30.0, size=5)
    [change] = live.move("a", START + HOUR, size=None)
    assert (change.pack, change.from_segment, change.to_segment) == ("tiers", "small", "small")
    assert (change.from_status, change.to_status) == ("residual", "provisional")
    assert [each.clause for each in change.because] == ["size >= 100"]
    assert live.rows("SELECT count(*) FROM segue.consequences") == [(1,)]
    query = "SELECT status, since, missing, labelled_at FROM segue.labels WHERE pack = 'tiers'"
    assert live.rows(query) == [("provisional", START, ["size"], START + HOUR)]


def test_entered_and_left_before_it_settled_neither_tags_nor_untags(live: Live) -> None:
    live.move("a", START, **HOT)
    live.move("a", START + timedelta(minutes=59), intent=1.0)
    found = live.consequences("a")
    assert plays([each for each in found if each[0] == "enter"], "cancelled") == ON_ENTER
    assert {each[4] for each in found if each[0] == "exit"} == {"never_in_effect"}
    assert plays(found, "waiting") == set()


def test_left_after_it_settled_everything_is_taken_back_when_that_has_settled_too(live: Live) -> None:
    live.move("a", START, **HOT)
    live.carry_out(START + HOUR)
    live.move("a", START + 2 * HOUR, intent=1.0)
    assert plays(live.consequences("a", "exit"), "waiting") == ON_EXIT
    due = live.rows("SELECT DISTINCT due_at FROM segue.consequences WHERE moment = 'exit'")
    assert due == [(START + 2 * HOUR + DAY,)]


def test_only_what_was_done_is_taken_back(live: Live) -> None:
    live.move("a", START, **HOT)
    live.rows("UPDATE segue.consequences SET status = 'done' WHERE play = 'tag'")
    live.rows("UPDATE segue.consequences SET status = 'excluded', reason = 'forbidden' WHERE play = 'start'")
    live.move("a", START + 2 * HOUR, intent=1.0)
    found = live.consequences("a", "exit")
    assert plays(found, "waiting") == {"untag", "tell"}  # tell takes nothing back: it tells of any stay
    assert plays(found, "excluded") == {"stop"}


def test_what_was_tried_and_failed_is_taken_back(live: Live) -> None:
    live.move("a", START, **HOT)
    live.carry_out(START + HOUR, "parked")
    live.move("a", START + 2 * HOUR, intent=1.0)
    assert plays(live.consequences("a", "exit"), "waiting") == ON_EXIT


def test_back_before_the_exit_settled_the_stay_goes_on(live: Live) -> None:
    live.move("a", START, **HOT)
    live.carry_out(START + HOUR)
    live.move("a", START + 2 * HOUR, intent=1.0)
    live.move("a", START + 3 * HOUR, intent=80.0)
    found = live.consequences("a")
    assert plays(found, "waiting") == set()
    assert {each[4] for each in found if each[0] == "exit"} == {"label_changed"}
    assert plays(found, "excluded") == ON_ENTER
    assert {each[4] for each in found if each[3] == "excluded"} == {"still_in_effect"}
    live.move("a", START + 4 * HOUR, intent=1.0)  # and the second time it leaves for good
    assert plays(live.consequences("a", "exit"), "waiting") == ON_EXIT


def test_a_stay_goes_on_through_a_policy_that_sets_nothing_off(live: Live) -> None:
    live.move("a", START, **HOT)
    live.carry_out(START + HOUR)
    live.move("a", START + 2 * HOUR, intent=1.0)
    live.say("a", START + 3 * HOUR, intent=80.0)
    live.relabel("a", START + 3 * HOUR, Cause.POLICY, set_off=False)
    assert {each[4] for each in live.consequences("a", "exit")} == {"label_changed"}
    live.move("a", START + 3 * DAY, intent=1.0)
    assert plays(live.consequences("a", "exit"), "waiting") == ON_EXIT


def test_what_is_due_and_waits_for_a_worker_is_called_off_by_coming_back(live: Live) -> None:
    live.move("a", START, **HOT)
    live.carry_out(START + HOUR)
    live.move("a", START + 2 * HOUR, intent=1.0)
    live.move("a", START + 10 * DAY, **HOT)
    assert {each[4] for each in live.consequences("a") if each[3] == "excluded"} == {"still_in_effect"}
    assert plays(live.consequences("a", "exit"), "waiting") == set()


def test_taken_back_in_part_it_is_a_new_stay(live: Live) -> None:
    live.move("a", START, **HOT)
    live.carry_out(START + HOUR)
    live.move("a", START + 2 * HOUR, intent=1.0)
    live.rows("UPDATE segue.consequences SET status = 'done', attempts = 1 WHERE play = 'untag'")
    live.move("a", START + 40 * DAY, **HOT)
    assert plays(live.consequences("a", "enter"), "waiting") == ON_ENTER


def test_a_stay_that_goes_on_sets_off_what_it_had_not_come_to(live: Live) -> None:
    live.move("a", START, **HOT)
    live.rows("UPDATE segue.consequences SET status = 'done' WHERE play = 'route'")
    live.move("a", START + 2 * HOUR, intent=1.0)
    live.move("a", START + 3 * HOUR, intent=80.0)
    assert plays(live.consequences("a"), "waiting") == {"tag", "start"}
    live.carry_out(START + 4 * HOUR)
    live.move("a", START + 5 * HOUR, intent=1.0)
    assert plays(live.consequences("a", "exit"), "waiting") == ON_EXIT


def test_entering_again_too_soon_sets_nothing_off_and_later_it_does(live: Live) -> None:
    live.move("a", START, **HOT)
    live.carry_out(START + HOUR)
    left = START + 2 * HOUR
    live.move("a", left, intent=1.0)
    live.carry_out(left + DAY)
    live.move("a", left + 20 * DAY, **HOT)
    found = live.consequences("a")
    assert {each[4] for each in found if each[3] == "excluded"} == {"reentered_too_soon"}
    assert plays(found, "waiting") == set()
    live.move("a", left + 21 * DAY, intent=1.0)  # that stay set nothing off: it is no exit to count from
    exits = live.consequences("a", "exit")
    assert {each[3] for each in exits[:3]} == {"done"}
    assert {each[4] for each in exits[3:]} == {"never_in_effect"}
    live.move("a", left + 31 * DAY, **HOT)
    assert plays(live.consequences("a"), "waiting") == ON_ENTER


def test_a_stay_that_came_to_nothing_does_not_hold_the_next_one_up(live: Live) -> None:
    live.move("a", START, **HOT)
    live.move("a", START + HOUR / 2, intent=1.0)
    live.move("a", START + HOUR, **HOT)
    assert plays(live.consequences("a"), "waiting") == ON_ENTER


def test_without_settling_coming_back_at_once_is_a_new_stay(live: Live) -> None:
    live.move("a", START, intent=30.0, seen_at="2020-01-01T00:00:00Z")
    live.carry_out(START)
    live.move("a", START + HOUR, intent=1.0)
    live.carry_out(START + HOUR)
    live.move("a", START + 2 * HOUR, intent=30.0)
    nurtures = [each[3] for each in live.consequences("a") if each[2] == "nurture"]
    assert nurtures == ["done", "waiting"]


def test_a_segment_with_nothing_to_do_on_entering_is_left_with_what_it_has_to_do(live: Live) -> None:
    live.move("a", START, customer=True)
    live.move("a", START + HOUR, customer=False)
    assert plays(live.consequences("a", "exit"), "waiting") == {"thank"}


def test_a_policy_sets_nothing_off_unless_asked_but_cancels_what_no_longer_holds(live: Live) -> None:
    live.move("a", START, **HOT)
    live.move("b", START, **HOT)
    live.carry_out(START + HOUR)
    live.move("c", START + HOUR, **HOT)
    stricter = Live(live.url)
    text = MOTION["segments/hot.yaml"].replace(">= 60", ">= 90")
    stricter.packs = live_packs(segments__hot=text)
    stricter.relabel(["a", "c"], START + HOUR, Cause.POLICY, set_off=False)
    assert live.consequences("a", "exit") == []
    assert plays(live.consequences("c"), "cancelled") == ON_ENTER
    stricter.relabel("b", START + HOUR, Cause.POLICY)
    assert plays(live.consequences("b", "exit"), "waiting") == ON_EXIT
    causes = live.rows("SELECT DISTINCT cause FROM segue.transitions WHERE from_segment = 'hot'")
    assert causes == [("policy",)]


def test_a_pin_holds_the_label_and_lets_go(live: Live) -> None:
    live.move("a", START, intent=1.0, size=5, seen_at="2020-01-01T00:00:00Z")
    live.pin("a", "hot", START + 2 * DAY)
    [held] = live.relabel("a", START + HOUR, Cause.PIN)
    assert (held.to_segment, held.because[0].clause) == ("hot", "pinned by hand: A test")
    assert live.rows("SELECT label_due_at FROM segue.accounts") == [(START + 2 * DAY,)]
    [freed] = live.relabel("a", START + 2 * DAY, Cause.TIME)
    assert (freed.from_segment, freed.to_segment) == ("hot", "quiet")


def test_an_alias_is_labelled_as_the_account_that_it_stands_for(live: Live) -> None:
    live.move("a", START, **HOT)
    live.say("b", **HOT)
    live.rows("UPDATE segue.accounts SET alias_of = 'b' WHERE account_id = 'a'")
    changed = live.relabel("a", START + HOUR, Cause.IDENTITY)
    assert {each.account_id for each in changed} == {"b"}
    assert live.rows("SELECT DISTINCT account_id FROM segue.labels") == [("b",)]
    assert {each[4] for each in live.consequences("a")} == {"merged"}


def test_an_instant_before_the_label_that_there_is_does_not_count(live: Live) -> None:
    live.move("a", START, size=500, intent=30.0)
    live.move("a", START + DAY, intent=80.0)
    assert live.relabel("a", START + HOUR) == []
    assert live.label("a")[0] == "hot"
