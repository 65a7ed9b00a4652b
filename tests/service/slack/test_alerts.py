"""What sellers do with the alerts that they get, by the buttons under them."""

from __future__ import annotations

from typing import Any

import pytest

from segue.activation.connectors.alert_buttons import ACCEPT, ACTIONS, NOT_NOW, REASSIGN, WRONG_PLAY
from tests.service.slack.world import AVERY, HOT, JORDAN, MINE, STRANGER, Sellers, know, texts_of

pytestmark = pytest.mark.trial


def buttons(message: dict[str, Any]) -> dict[str, Any]:
    (found,) = [each for each in message["blocks"] if each.get("block_id") == ACTIONS]
    return {each["action_id"]: each for each in found["elements"]}


def answers(sellers: Sellers, consequence_id: str) -> list[tuple[Any, ...]]:
    return sellers.service.rows(
        "SELECT round, answer, rep, answered_by, reason, note, owner, via, play FROM segue.alert_answers"
        " WHERE consequence_id = %s ORDER BY round",
        consequence_id,
    )


def fresh(sellers: Sellers, name: str) -> tuple[str, dict[str, Any]]:
    know(sellers.service, name, name.capitalize(), MINE, HOT, "sales_ready")
    return sellers.alert(name)


OUTCOMES = """
CREATE TABLE IF NOT EXISTS segue.outcomes (sender text NOT NULL, outcome_id text NOT NULL, decision_id uuid,
    account_id text NOT NULL, visitor text, kind text NOT NULL, flag text, value double precision,
    at timestamptz NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), key_id text NOT NULL,
    PRIMARY KEY (sender, outcome_id))
"""
"""Where the store has it already, this does nothing."""


def test_two_people_accept_and_one_does(sellers: Sellers) -> None:
    sellers.service.rows(OUTCOMES)
    consequence_id, message = fresh(sellers, "accepted")
    press = buttons(message)[ACCEPT]
    action = {"action_id": ACCEPT, "value": press["value"]}
    assert message["channel"] == "U3" or message["channel"] == "C0"
    for user in (AVERY, AVERY, "U4"):
        assert sellers.press(action, user, channel="D3", ts="17.1").status_code == 200
    updates = sellers.wait(lambda: [each for each in sellers.slack.updated if each["ts"] == "17.1"])
    assert ACTIONS not in {each.get("block_id") for each in updates[0]["blocks"]}
    assert "*Avery Cole* took this on" in texts_of(updates[0])
    told = sellers.wait(lambda: [each for each in sellers.slack.ephemeral if each["user"] == "U4"])
    assert "faster" in texts_of(told[0]) and "Avery Cole" in texts_of(told[0])
    assert answers(sellers, consequence_id) == [
        (0, "accept", MINE, "slack:U3", None, None, None, "account_owner", "alert_owner")
    ]
    outcomes = "SELECT kind, account_id FROM segue.outcomes WHERE sender = 'slack' AND outcome_id = %s"
    assert sellers.service.rows(outcomes, f"{consequence_id}:0") == [("alert_accept", "accepted")]


def test_a_stranger_presses_nothing(sellers: Sellers) -> None:
    consequence_id, message = fresh(sellers, "untouched")
    value = buttons(message)[ACCEPT]["value"]
    for action in (ACCEPT, REASSIGN, WRONG_PLAY):
        sellers.press({"action_id": action, "value": value}, STRANGER, ts="18.1")
    told = sellers.wait(lambda: len([e for e in sellers.slack.ephemeral if e["user"] == STRANGER]) == 3)
    assert told and answers(sellers, consequence_id) == []


def test_reassigning_pins_the_owner(sellers: Sellers) -> None:
    consequence_id, message = fresh(sellers, "given")
    sellers.press({"action_id": REASSIGN, "value": buttons(message)[REASSIGN]["value"]}, AVERY, ts="19.1")
    view = sellers.wait(lambda: sellers.slack.opened)[-1]["view"]
    options = [each["value"] for each in view["blocks"][0]["element"]["options"]]
    assert options[:2] == [JORDAN, "sam.okafor@example.com"] and MINE not in options
    submitted = sellers.submit(
        view, AVERY, owner={"selected_option": {"value": JORDAN}}, days={"selected_option": {"value": "30"}},
        note={"value": "Knows their <CFO>"},
    )  # fmt: skip
    assert submitted.status_code == 200
    update = sellers.wait(lambda: [each for each in sellers.slack.updated if each["ts"] == "19.1"])[0]
    assert "gave this to *Jordan Reyes*" in texts_of(update) and "&lt;CFO&gt;" in texts_of(update)
    pin = sellers.service.rows(
        "SELECT value, pinned_by, reason, expires_at - pinned_at > interval '29 days' FROM segue.pins"
        " WHERE account_id = 'given'"
    )
    assert pin == [(JORDAN, MINE, "Knows their <CFO>", True)]
    assert answers(sellers, consequence_id)[0][6] == JORDAN
    said = texts_of(sellers.ask("why is given.example mine?"))
    assert "belongs to *Jordan Reyes*" in said and "Knows their" in said


def test_wrong_play_says_why_and_only_once(sellers: Sellers) -> None:
    consequence_id, message = fresh(sellers, "wrong")
    value = buttons(message)[WRONG_PLAY]["value"]
    before = len(sellers.slack.opened)
    sellers.press({"action_id": WRONG_PLAY, "value": value}, AVERY, ts="20.1")
    view = sellers.wait(lambda: sellers.slack.opened[before:])[0]["view"]
    for _ in range(2):
        sellers.submit(view, AVERY, reason={"selected_option": {"value": "deal_open"}})
    sellers.wait(lambda: len([each for each in sellers.slack.updated if each["ts"] == "20.1"]) == 2)
    assert [row[1:5] for row in answers(sellers, consequence_id)] == [
        ("wrong_play", MINE, "slack:U3", "deal_open")
    ]
    sellers.press({"action_id": REASSIGN, "value": value}, AVERY, ts="20.1")
    sellers.wait(
        lambda: [e for e in sellers.slack.ephemeral if e["user"] == AVERY and "wrong play" in texts_of(e)]
    )
    assert len(sellers.slack.opened) == before + 1
    assert "Wrong" in texts_of(sellers.ask("who should I call today?"))


def test_not_now_comes_again(sellers: Sellers) -> None:
    consequence_id, message = fresh(sellers, "later")
    option = buttons(message)[NOT_NOW]["options"][0]
    action = {"action_id": NOT_NOW, "type": "static_select", "selected_option": option}
    sellers.press(action, AVERY, channel="D3", ts="21.1")
    update = sellers.wait(lambda: [each for each in sellers.slack.updated if each["ts"] == "21.1"])[0]
    assert "put this off until" in texts_of(update)
    assert "Later (later.example): put off until" in texts_of(sellers.ask("who should I call today?"))
    before = len(sellers.slack.posted)
    sellers.service.rows(
        "UPDATE segue_jobs.procrastinate_jobs SET scheduled_at = NULL WHERE task_name = 'segue.alert_again'"
    )
    sellers.service.rows(
        "UPDATE segue.alert_answers SET until = now() WHERE consequence_id = %s", consequence_id
    )
    again = sellers.wait(lambda: sellers.slack.posted[before:])[0]
    assert "You put this off" in texts_of(again)
    press = buttons(again)[ACCEPT]
    assert press["value"] == f"{consequence_id}:1"
    sellers.press({"action_id": ACCEPT, "value": press["value"]}, AVERY, channel="D3", ts="22.1")
    sellers.wait(lambda: len(answers(sellers, consequence_id)) == 2)
    assert [row[:2] for row in answers(sellers, consequence_id)] == [(0, "not_now"), (1, "accept")]


def test_a_thread_under_an_alert_is_about_its_account(sellers: Sellers) -> None:
    consequence_id, _ = fresh(sellers, "threaded")
    ((channel, ts),) = sellers.service.rows(
        "SELECT detail ->> 'channel', detail ->> 'ts' FROM segue.consequences WHERE consequence_id = %s",
        consequence_id,
    )
    assert channel == f"D{AVERY[1:]}"
    assert "Threaded" in texts_of(sellers.ask("what do I say to their CFO?", thread=ts))
