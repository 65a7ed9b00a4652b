"""What comes to the door: signatures, repetitions, requests played again, and bodies that are none."""

from __future__ import annotations

import json
import time

import pytest

from segue.evals.fakes.slack import TOKEN, event_body, form_body, signed
from tests.service.running import Service
from tests.service.slack.world import AVERY, Sellers, texts_of

pytestmark = pytest.mark.trial


def question(text: str = "help") -> dict[str, str]:
    return {
        "type": "message", "channel": "D3", "channel_type": "im", "user": AVERY, "ts": "2.1", "text": text,
        "thread_ts": "2.0",
    }  # fmt: skip


def test_a_signature_that_is_bad_or_stale_is_refused(sellers: Sellers) -> None:
    body, kind = event_body(question(), "Ev-bad")
    good = signed(body)
    bad = [
        {}, {**good, "x-slack-signature": "v0=00"}, {**good, "x-slack-request-timestamp": "x"},
        signed(body, time.time() - 600), signed(body, secret="another"), signed(body + b" "),
        {"x-slack-signature": good["x-slack-signature"]}, {**good, "x-slack-request-timestamp": "9" * 400},
    ]  # fmt: skip
    before = len(sellers.slack.asked)
    for headers in bad:
        answer = sellers.send(body, kind, headers)
        assert answer.status_code == 401 and answer.json()["code"] == "not_authenticated", headers
    assert len(sellers.slack.asked) == before


def test_a_repetition_is_answered_once(sellers: Sellers) -> None:
    before = len(sellers.slack.posted)
    body, kind = event_body(question(), "Ev-again")
    for number in range(4):
        headers = {**signed(body), "x-slack-retry-num": str(number), "x-slack-retry-reason": "http_timeout"}
        started = time.monotonic()
        assert sellers.send(body, kind, headers).status_code == 200
        assert time.monotonic() - started < 3
    sellers.wait(lambda: sellers.slack.posted[before:])
    sellers.ask("help")  # what was sent before it is over
    assert len(sellers.slack.posted) == before + 2


def test_one_whose_answer_was_lost_is_answered_when_it_is_repeated(sellers: Sellers) -> None:
    sellers.service.rows(
        "INSERT INTO segue.slack_requests (request_id, taken_at) VALUES ('event:Ev-lost', now() - interval '1 minute'),"
        " ('event:Ev-busy', now())"
    )
    before = len(sellers.slack.posted)
    sellers.send(*event_body(question(), "Ev-busy"))
    sellers.send(*event_body(question(), "Ev-lost"))
    sellers.wait(lambda: sellers.slack.posted[before:])
    sellers.ask("help")
    assert len(sellers.slack.posted) == before + 2


def test_a_command_that_is_played_again_is_answered_once(sellers: Sellers) -> None:
    before = len(sellers.slack.responded)
    fields = {"command": "/segue", "text": "help", "user_id": AVERY, "channel_id": "C9",
              "response_url": f"{sellers.slack.url}/response/9", "trigger_id": "t-again"}  # fmt: skip
    body, kind = form_body(fields)
    headers = signed(body)
    for _ in range(3):
        assert sellers.send(body, kind, headers).status_code == 200
    sellers.wait(lambda: sellers.slack.responded[before:])
    sellers.command("help")
    assert len(sellers.slack.responded) == before + 2


def test_bodies_that_are_none(sellers: Sellers) -> None:
    bodies = [
        b"", b"{", b"null", b"[]", b"\xff\xfe", b"payload=%7B", b"payload=5", b"[" * 5_000, b'"x"', b"{}",
        b'{"type": "event_callback"}', b'{"type": "event_callback", "event": 5, "event_id": "Ev-odd"}',
        b'{"type": "event_callback", "event": {"type": "message"}, "event_id": "Ev-odder"}',
        b'{"type": "event_callback", "event": {"type": "message", "thread_ts": "1", "channel_type": "im"}}',
        b"payload=%7B%22type%22%3A%22block_actions%22%2C%22actions%22%3A%5B%5D%7D",
    ]  # fmt: skip
    for body in bodies:
        for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
            answer = sellers.send(body, kind)
            assert answer.status_code < 500, (body[:60], kind, answer.text)
    bad_value = {"action_id": "segue_alert_accept", "value": "nonsense"}
    assert sellers.press(bad_value, AVERY).status_code == 200
    unknown = {"action_id": "segue_alert_accept", "value": "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6:0"}
    assert sellers.press(unknown, AVERY).status_code == 200
    assert texts_of(sellers.ask("help"))


def test_the_address_is_proved(sellers: Sellers) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()
    answer = sellers.send(body, "application/json")
    assert answer.status_code == 200 and "abc" in answer.text


def test_nothing_personal_is_logged(sellers: Sellers) -> None:
    sellers.ask("why is secret-word-of-mine.example mine?")
    logged = sellers.service.log.read_text("utf-8", "replace")
    for text in ("secret-word-of-mine", "avery.cole", "globex", TOKEN):
        assert text not in logged.lower()


def test_without_settings_the_door_says_what_is_missing(service: Service) -> None:
    body, kind = event_body(question(), "Ev-none")
    answer = service.call(
        "POST", "/slack/events", key=None, content=body, headers={"content-type": kind, **signed(body)}
    )
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Slack is not set up: set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET"
