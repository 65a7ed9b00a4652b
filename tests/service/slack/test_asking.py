"""A seller asks in Slack, and the service answers by Slack's API."""

from __future__ import annotations

import json
import time

import pytest

from tests.service.slack.world import AVERY, HOSTILE, JORDAN, MEI, MINE, STRANGER, Sellers, know, texts_of

pytestmark = pytest.mark.trial


def test_who_to_call(sellers: Sellers) -> None:
    sellers.ask("help")
    started = time.monotonic()
    found = sellers.ask("who should I call today?")
    assert time.monotonic() - started < 3
    said = texts_of(found)
    assert "Globex Corporation (globex.example)" in said and "intent is 82 (at least 60)" in said
    assert "came from Warm up" in said and "<!date^" in said and "1. " in said
    assert "Hooli" not in said and "Umbrella" not in said and "Nobody" not in said
    assert "Closed Door (closed.example): do not call, opportunity in progress" in said
    assert sellers.slack.titles[-1]["title"].startswith("who should I call") and sellers.slack.statuses
    assert len(found["blocks"]) <= 50


def test_of_calls_that_are_worth_the_same_the_one_with_more_intent_comes_first(sellers: Sellers) -> None:
    said = texts_of(sellers.ask("who should I call today?"))
    assert said.index("Initech (initech.example)") < said.index("Globex Corporation"), (
        "95, though 82 is newer"
    )


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("about penetration tests", "Tested by an outside firm"),
        ("about going live fast", "within two weeks"),
    ],
)
def test_the_proof_that_answers_a_sellers_question_comes_first(
    sellers: Sellers, question: str, claim: str
) -> None:
    sellers.wait(lambda: sellers.service.call("GET", "/readyz", key=None).json()["knowledge"] is None)
    said = ""
    for _ in range(40):  # the index is built soon after the start
        said = texts_of(sellers.ask(f"what do I say to the CISO at Globex {question}?"))
        quoted = [line for line in said.splitlines() if line.startswith("> ")]
        if claim in quoted[0]:
            return
        time.sleep(0.25)
    raise AssertionError(said)


def test_nobody_to_call_is_said(sellers: Sellers) -> None:
    assert "No account has you as its owner" in texts_of(sellers.ask("who should I call today?", MEI))
    know(sellers.service, "tepid", "Tepid", "sam.okafor@example.com", {"industry": "saas", "employees": 800,
         "tech": ["salesforce"], "country": "US", "intent": 35}, "warm_up")  # fmt: skip
    said = texts_of(sellers.ask("who should I call today?", "U5"))
    assert "None of your 1 account is to be called now" in said
    assert "Tepid (tepid.example): intent from 35 to 60" in said


def test_whose_it_is_and_who_was_passed_over(sellers: Sellers) -> None:
    said = texts_of(
        sellers.ask("why is <http://globex.example|globex.example> mine, and who was passed over?")
    )
    assert "is yours" in said and "Pod us*: its territory fits: region is US" in said
    for name in ("Avery Cole", "Jordan Reyes", "Sam Okafor"):
        assert name in said
    assert "0 of 8 today" in said and "America/New_York" in said
    assert "50% of the pod by weight" in said
    others = texts_of(sellers.ask("who owns Hooli?"))
    assert f"belongs to *Jordan Reyes* ({JORDAN})" in others
    assert "has no owner yet" in texts_of(sellers.ask("whose account is Nobody's Firm"))


def test_the_routing_as_it_was(sellers: Sellers) -> None:
    know(sellers.service, "routed", "Routed", None, {"industry": "saas", "employees": 800, "tech": ["salesforce"],
         "country": "US", "intent": 82}, "sales_ready")  # fmt: skip
    sellers.service.rows("UPDATE segue.accounts SET owner = %s WHERE account_id = 'routed'", MINE)
    detail = {"connector": "route", "rep": MINE, "via": "pod", "pod": "us",
              "passed": [{"name": JORDAN, "reason": "at_daily_cap"}]}  # fmt: skip
    sellers.service.rows(
        "INSERT INTO segue.consequences (consequence_id, transition_id, account_id, pack, revision, segment, play,"
        " moment, due_at, status, detail) SELECT gen_random_uuid(), transition_id, account_id, pack, revision,"
        " to_segment, 'route_same_day', 'enter', now(), 'done', %s FROM segue.transitions WHERE account_id = 'routed'",
        json.dumps(detail),
    )
    said = texts_of(sellers.ask("why is routed.example mine?"))
    assert "Routed to Avery Cole* <!date^" in said and "by pod *us*" in said
    assert "Jordan Reyes: at today's cap" in said


def test_what_to_say(sellers: Sellers) -> None:
    said = texts_of(sellers.ask("what do I say to their CISO at Globex?"))
    assert "Proof you may quote to the CISO, word for word" in said
    assert "> Certified to ISO 27001, with no open major finding" in said
    assert "<https://example.com/trust/iso27001|Evidence>" in said
    assert "this is Avery Cole from [our company]" in said
    thread = "1764230400.000100"
    first = texts_of(sellers.ask("why is globex.example mine?", thread=thread))
    assert "Globex" in first
    again = texts_of(sellers.ask("what do I say to their CFO?", thread=thread))
    assert "What to say to the CFO at Globex Corporation" in again and "ISO 27001" not in again
    closed = texts_of(sellers.ask("what do I say to Closed Door"))
    assert "No outreach now:* opportunity in progress" in closed


def test_what_would_change_it_and_what_changed(sellers: Sellers) -> None:
    said = texts_of(sellers.ask("what would make Umbrella sales-ready?"))
    assert "One change would be enough" in said and "*intent* from 35 to 60" in said
    assert "is there already" in texts_of(sellers.ask("what would make globex sales-ready?"))
    changed = texts_of(sellers.ask("what changed since yesterday?"))
    assert "Now worth a call" in changed and "No longer worth a call: 1" in changed
    assert "Umbrella (umbrella.example)*: Sales ready → Warm up" in changed and "Hooli" not in changed


def test_several_accounts_are_asked_about_and_one_is_picked(sellers: Sellers) -> None:
    found = sellers.ask("why is acme mine?")
    assert "2 accounts that “acme” may be" in texts_of(found)
    (row,) = [each for each in found["blocks"] if each["type"] == "actions"]
    pick = next(each for each in row["elements"] if each["text"]["text"] == "Acme Inc")
    before = len(sellers.slack.responded)
    sellers.press({"action_id": pick["action_id"], "value": pick["value"]}, AVERY, channel="C7")
    answer = sellers.wait(lambda: sellers.slack.responded[before:])[0]
    assert "Why Acme Inc is yours" in texts_of(answer) and answer["response_type"] == "ephemeral"
    assert "I know no account called “nobody-has-this.example”" in texts_of(
        sellers.ask("who owns nobody-has-this.example")
    )


def test_a_stranger_learns_nothing(sellers: Sellers) -> None:
    for user in (STRANGER, "U77"):
        said = texts_of(sellers.ask("who owns globex.example?", user))
        assert "not among them" in said or "cannot look that up" in said
        assert "lobex" not in said and "Avery" not in said
    assert "not among them" in texts_of(sellers.command("who owns globex.example?", STRANGER))


def test_other_places(sellers: Sellers) -> None:
    answer = sellers.command("who should I call today?", AVERY)
    assert answer["response_type"] == "ephemeral" and "Call today" in texts_of(answer)
    before = len(sellers.slack.ephemeral)
    mention = {
        "type": "app_mention",
        "user": AVERY,
        "channel": "C8",
        "ts": "1.1",
        "text": "<@UBOT> what changed?",
    }
    sellers.event(mention)
    told = sellers.wait(lambda: sellers.slack.ephemeral[before:])[0]
    assert (told["channel"], told["user"]) == ("C8", AVERY) and "What changed" in texts_of(told)
    posted = len(sellers.slack.posted)
    plain = {
        "type": "message",
        "channel": "D3",
        "channel_type": "im",
        "user": AVERY,
        "ts": "2.1",
        "text": "help",
    }
    sellers.event(plain)
    assert "You can ask me" in texts_of(sellers.wait(lambda: sellers.slack.posted[posted:])[0])
    prompts = len(sellers.slack.prompts)
    thread = {"user_id": AVERY, "channel_id": "D3", "thread_ts": "3.1", "context": {}}
    sellers.event({"type": "assistant_thread_started", "assistant_thread": thread})
    assert len(sellers.wait(lambda: sellers.slack.prompts[prompts:])[0]["prompts"]) == 4


def test_names_from_outside_are_literal_everywhere(sellers: Sellers) -> None:
    sellers.service.rows(
        "INSERT INTO segue.pins (account_id, pack, kind, value, reason, pinned_by, expires_at) VALUES"
        " ('evil', '', 'owner', %s, %s, 'somebody', now() + interval '1 day') ON CONFLICT DO NOTHING",
        MINE, "<!here> <@U1> *note*\n> of the CRM",
    )  # fmt: skip
    _, alert = sellers.alert("evil")
    messages = [
        alert,
        *(sellers.ask(text) for text in ("who should I call today?", "why is evil.example mine?",
          "what do I say to their CISO at evil.example", "what would make evil.example sales-ready?",
          f"why is {HOSTILE} mine", "what changed this week?")),
    ]  # fmt: skip
    for message in messages:
        raw = json.dumps([each for each in message["blocks"] if each["type"] != "header"], ensure_ascii=False)
        for each in ("<!channel", "<!here", "<@U1", "<https://evil.example", "\\u202e", "\u202e"):
            assert each not in raw, (each, raw)
        assert "<!channel" not in message["text"]
    assert "&lt;!channel&gt;" in texts_of(messages[0])


def test_odd_texts_are_answered(sellers: Sellers) -> None:
    for text in (
        "",
        "?" * 5_000,
        "a" * 40_000,
        "\u202eסדר 検索 🙂 <!channel>",
        "<@U1> <#C1|x> &amp;&lt;",
        "\x00\x01",
    ):
        assert texts_of(sellers.ask(text))


def test_answers_come_within_three_seconds(sellers: Sellers, capsys: pytest.CaptureFixture[str]) -> None:
    sellers.ask("help")
    questions = (
        "who should I call today?", "why is globex.example mine?", "what do I say to their CISO at Globex?",
        "what would make Umbrella sales-ready?", "what changed this week?",
    )  # fmt: skip
    took: list[float] = []
    for _ in range(4):
        for text in questions:
            started = time.monotonic()
            sellers.ask(text)
            took.append(time.monotonic() - started)
    took.sort()
    with capsys.disabled():
        print(f"\nan answer in Slack: median {took[len(took) // 2]:.3f} s, slowest {took[-1]:.3f} s")  # noqa: T201
    assert took[-1] < 3
