"""Each protocol says the parts of a turn in its own words; a browser is told nothing about the account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segue.agents.conversations.parts import Ending, Finished, Part, Started, Text
from segue.api.chat_shown import as_json
from segue.api.chat_stream import UiStream, event
from segue.api.completion import Completion
from segue.api.models.decisions import PublicDecisionOut
from tests.service.chat.parts import NEVER, OTHER, POINT, QUESTION, REVISED, TURN

CONVERSATION = "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b7"


def streamed(turn: tuple[Part, ...], is_browser: bool) -> list[dict[str, Any]]:
    stream = UiStream(is_browser)
    return [chunk for part in turn for chunk in stream.chunks(part)]


def test_a_turn_as_the_ui_message_stream() -> None:
    found = streamed(TURN, is_browser=False)
    assert [each["type"] for each in found] == [
        "start", "start-step", "data-conversation", "data-decision", "text-start", "text-delta", "source-url",
        "data-citation", "text-delta", "data-question", "data-handover", "text-end", "finish-step", "finish",
    ]  # fmt: skip
    assert found[0]["messageMetadata"] == {"conversation_id": CONVERSATION, "turn": 2}
    assert found[2]["data"] == {"id": CONVERSATION, "turn": 2}
    assert found[3]["data"]["account"]["domain"] == "acme.example"
    assert found[6] == {
        "type": "source-url", "sourceId": "soc2", "url": POINT.evidence, "title": POINT.claim,
    }  # fmt: skip
    assert found[9]["data"] == {
        "trait": "industry", "question": "Which industry are you in?", "may_decline": True,
        "answers": [{"label": "Finance", "value": "fintech"}, {"label": "Health", "value": "healthcare"}],
    }  # fmt: skip
    assert found[10]["data"] == {
        "how": "route", "somebody_is_free": True, "somebody_is_told": True, "rep": "rep-1@example.com",
        "summary": "sales_ready; asked about SOC 2",
    }  # fmt: skip
    assert found[-1]["messageMetadata"]["ending"] == "handed_over"


@pytest.mark.parametrize("turn", [TURN, REVISED], ids=["turn", "revised"])
def test_a_browser_learns_nothing_about_the_account(turn: tuple[Part, ...]) -> None:
    found = streamed(turn, is_browser=True)
    told = json.dumps(found)
    assert not [each for each in NEVER if each in told]
    assert [each for each in NEVER if each in json.dumps(streamed(turn, is_browser=False))]
    for each in found:
        if each["type"] == "data-decision":
            PublicDecisionOut.model_validate(each["data"])
        if each["type"] == "data-handover":
            assert each["data"] == {"how": "route", "somebody_is_free": True, "somebody_is_told": True}


def test_a_revision_stands_beside_the_text_that_it_replaces() -> None:
    found = streamed(REVISED, is_browser=False)
    assert [each["type"] for each in found[-6:]] == [
        "text-end", "data-replaced", "source-url", "data-citation", "finish-step", "finish",
    ]  # fmt: skip
    assert found[-5]["data"]["text"] == "Certified to ISO 27001, too." and found[-5]["data"]["revision"] == 2


def test_silence_has_no_text() -> None:
    found = streamed((TURN[0], TURN[1], Finished(Ending.SILENT)), is_browser=True)
    assert not [each for each in found if each["type"].startswith("text")]
    assert found[-1]["messageMetadata"]["ending"] == "silent"


def test_an_error_after_the_beginning_ends_the_text() -> None:
    stream = UiStream(is_browser=True)
    for part in TURN[:3]:
        stream.chunks(part)
    assert [each["type"] for each in stream.failed("the database does not answer")] == ["text-end", "error"]


def test_half_a_surrogate_pair_and_the_ends_of_lines_go_out_as_sound_json() -> None:
    for text in ("\ud800 a", "a\udfff", "a\nb\r\n\r\ndata: x\u2028\u0000"):
        sent = event({"type": "text-delta", "delta": text})
        assert sent.startswith(b"data: ") and sent.endswith(b"\n\n") and sent.count(b"\n") == 2
        assert json.loads(sent[6:])["delta"] == text.encode("utf-8", "replace").decode()
    assert as_json({"\ud800": ["\ud800"]}) == b'{"?":["?"]}'


def test_a_turn_as_a_completion() -> None:
    completion = Completion("segue", 1, "Is it SOC 2?")
    pieces = [completion.take(part) for part in TURN]
    found = completion.whole()
    message = found["choices"][0]["message"]
    assert (
        message["content"]
        == "".join(pieces)
        == (
            "It is: Audited to SOC 2 Type II.\n\nWhich industry are you in?\n- Finance\n- Health\n- I would rather not say"
        )
    )
    (cited,) = message["annotations"]
    place = cited["url_citation"]
    assert message["content"][place["start_index"] : place["end_index"]] == POINT.claim
    assert found["segue"]["question"]["trait"] == "industry" and found["segue"]["ending"] == "handed_over"
    assert found["segue"]["handover"]["rep"] == "rep-1@example.com"
    assert found["segue"]["conversation_id"] == CONVERSATION and found["segue"]["turn"] == 2
    usage = found["usage"]
    assert (
        usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        and usage["prompt_tokens"] == 3
    )


def test_a_question_that_the_reply_asks_is_asked_once() -> None:
    completion = Completion("segue", 1, "x")
    said = f"One thing: {QUESTION.question}"
    pieces = [completion.take(part) for part in (TURN[0], Text(said), QUESTION, TURN[-1])]
    assert "".join(pieces) == f"{said}\n\n- Finance\n- Health\n- I would rather not say"


def test_what_may_be_revised_is_sent_when_it_no_longer_can() -> None:
    completion = Completion("segue", 1, "Is it SOC 2?", waits=True)
    pieces = [completion.take(part) for part in REVISED]
    assert [each for each in pieces if each] == ["Certified to ISO 27001, too."]
    assert [each["id"] for each in completion.own()["citations"]] == [OTHER.id]
    unrevised = Completion("segue", 1, "Is it SOC 2?", waits=True)
    assert [unrevised.take(part) for part in (Started("c", 1), Text("a"), Text("b"), Finished(Ending.ANSWERED))] == [
        "", "", "", "ab",
    ]  # fmt: skip
