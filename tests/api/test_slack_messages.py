"""Messages of the worst that a store may hold stay within Slack's limits and show it literally."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from segue.agents.overrides_report import RuleOverrides
from segue.agents.seller import CanDo, NoAccount, Reply, WhichAccount
from segue.agents.seller_entities import Named
from segue.agents.seller_exemplars import Intent
from segue.agents.seller_nearness import Missing, Nearness, Way
from segue.agents.seller_ownership import Ownership, Pinned, PodView, RepView, Routed
from segue.agents.seller_people import Seller
from segue.agents.seller_pitch import Pitch, ScriptPart
from segue.agents.seller_summary import Recipient, WeekSummary
from segue.agents.seller_today import Call, Change, Held, Nearly, Today
from segue.agents.seller_week import Moved, WeekChanges
from segue.api.slack.alerts import wait_until
from segue.api.slack.answer_summary import summary_message
from segue.api.slack.answers import PROMPTS, message_of
from segue.api.slack.app import COMMAND
from segue.api.slack.blocks import Message, link, literal, name
from segue.api.slack.conversation import plain_text
from segue.api.slack.html import page_of
from segue.api.slack.manifest import manifest
from segue.api.slack.modals import reassign_modal, wrong_play_modal
from segue.core.errors import InputError
from segue.evals.fakes.slack import wrong_blocks
from segue.policies.findings import Finding, Reason
from segue.policies.routing import Assignment, Via

BAD = "<!channel> <@U1> &&&& *x* `y` ~z~ <https://evil.example|here> \u202e\u200b\n" * 60
"""Some 4,000 characters that want to be links, mentions and marks."""
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
WHO = Named("a" + BAD[:200], BAD[:250], BAD)
SELLER = Seller("ada@example.com", BAD[:300])
CLAUSE = {"clause": f"note = '{BAD[:900]}'", "trait": "note", "value": BAD[:900], "verdict": True}
PROOF: Any = SimpleNamespace(
    claim=BAD[:900], evidence=f"https://example.com/{BAD[:1800]}", expires_on=date(2027, 1, 1)
)
FORBIDDEN = Finding("call", Reason.FORBIDDEN, BAD[:200], "rule", BAD[:900])
MOVED = Moved(WHO, BAD[:300], BAD[:300], (CLAUSE,) * 6, "event", NOW, True, False)


def replies() -> dict[str, Reply]:
    call = Call(WHO, BAD, BAD, BAD, (CLAUSE,) * 9, Change(BAD, BAD, BAD, NOW), 1.0, PROOF, True, BAD)
    today = Today(
        SELLER, (BAD,) * 4, [call] * 10, 4_000, 9, [Held(WHO, BAD, BAD)] * 30, [(WHO, NOW)] * 30, [WHO] * 30
    )
    nobody = Today(SELLER, (BAD,) * 9, [], 0, 9, nearly=[Nearly(WHO, BAD, BAD, [BAD] * 9)] * 3)
    rep = RepView(BAD, BAD, 0.5, 3, 3, BAD, "at_daily_cap", False)
    owner = Ownership(
        SELLER, WHO, BAD, BAD, Pinned(BAD, BAD, NOW, NOW), Routed(NOW, BAD, BAD, BAD, ((BAD, BAD),) * 40),
        ("pod",) * 9, Assignment(BAD, Via.POD, BAD), (PodView(BAD, BAD, True, (CLAUSE,) * 9, (rep,) * 40),) * 30, {}, NOW,
    )  # fmt: skip
    part = ScriptPart(BAD, (BAD,) * 9, (BAD,) * 9, ((BAD, BAD),) * 9)
    pitch = Pitch(WHO, BAD, True, BAD[:300], None, BAD, BAD, (PROOF,) * 9, True, (part,) * 30, BAD, FORBIDDEN)
    near: dict[str, Any] = {"account": WHO, "segment": BAD, "provisional": True, "because": (CLAUSE,) * 9, "targets": (BAD,) * 9,
            "target_words": None, "missing": (Missing(BAD, BAD),) * 9}  # fmt: skip
    ways = Nearness(
        there=False, ways=(Way(BAD, BAD, [BAD] * 9, BAD),) * 9, open_conditions=(), forbidden=None, **near
    )
    none = Nearness(
        there=False, ways=(), open_conditions=(CLAUSE,) * 9, forbidden=None, **{**near, "missing": ()}
    )
    there = Nearness(there=True, ways=(), open_conditions=(), forbidden=FORBIDDEN, **near)
    return {
        "today": today, "nobody": nobody, "owner": owner, "pitch": pitch, "ways": ways, "none": none, "there": there,
        "week": changes(), "which": WhichAccount(Intent.WHY_MINE, BAD * 3, BAD, (WHO,) * 10),
        "unknown": NoAccount(Intent.WHY_MINE, BAD), "help": CanDo(True, WHO),
    }  # fmt: skip


def changes() -> WeekChanges:
    return WeekChanges(NOW, NOW, [MOVED] * 400, 3, 4, [(WHO, BAD, BAD)] * 90, True)


def held(message: Message) -> str:
    """Return everything in a message that Slack reads for links and mentions."""
    found: list[str] = [message.text]

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("type") == "mrkdwn":
                assert value["verbatim"] is True
                found.append(value["text"])
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(message.blocks)
    return "\n".join(found)


@pytest.mark.parametrize("kind", list(replies()))
def test_the_worst_fits_and_is_literal(kind: str) -> None:
    check(message_of(replies()[kind]))


def test_the_summary_of_the_worst_fits_and_is_literal() -> None:
    rule = RuleOverrides(BAD, "play", BAD, 9, Counter(wrong_play=7), Counter({BAD: 7}))
    for kind in ("rep", "pod", "all"):
        check(summary_message(WeekSummary(
            Recipient(kind, BAD), BAD, NOW, NOW, changes(), 9, Counter(accept=5, unanswered=4), (rule,) * 5
        )))  # fmt: skip


def check(message: Message) -> None:
    assert wrong_blocks(message.blocks) == ""
    said = held(message)
    for each in ("<!channel", "<@U1", "<https://evil", "\u202e", "\u200b"):
        assert each not in said
    assert json.dumps(message.blocks) and "class=slack-mention" not in page_of([{"blocks": message.blocks}])


def test_texts_are_cut_between_their_escapes() -> None:
    assert literal("&" * 100, 21) == "&amp;" * 4 + "…"
    assert literal("a<b>\x00c") == "a&lt;b&gt;c"
    assert name("*A*\n`B`\t~C~  D") == "\u2217A\u2217 \u02cbB\u02cb \u223cC\u223c D"
    assert link("javascript:alert(1)", "x") == "x"
    assert (
        link("https://example.com/a|b>c?d=1&e=<2>", "e")
        == "<https://example.com/a%7Cb%3Ec?d=1&amp;e=%3C2%3E|e>"
    )


def test_what_people_write_is_read_without_slacks_spelling() -> None:
    said = "<@UBOT> why is <http://acme.com|acme.com> &amp; <https://b.example/x> or <mailto:a@b.example|a@b.example> mine"
    assert plain_text(said) == "why is acme.com & https://b.example/x or a@b.example mine"
    assert plain_text("<" * 50_000 + ">" * 50_000) is not None


def test_forms_fit() -> None:
    about = {"id": "x", "round": 0, "channel": "C", "ts": "1"}
    for view in (
        reassign_modal(about, BAD, [(f"rep-{number}@example.com", BAD) for number in range(300)]),
        wrong_play_modal(about, BAD),
    ):
        assert len(view["title"]["text"]) <= 24 and len(view["blocks"]) <= 100
        for block in view["blocks"]:
            assert len(block["label"]["text"]) <= 2_000
            options = block["element"].get("options", [])
            assert len(options) <= 100 and all(len(each["text"]["text"]) <= 75 for each in options)


def test_waits_end_in_the_morning_of_who_asked() -> None:
    friday = datetime(
        2026, 11, 27, 23, 30, tzinfo=UTC
    )  # there it is Saturday, half past eight in the morning
    assert wait_until("2h", friday, 9 * 3600) == friday + timedelta(hours=2)
    assert wait_until("tomorrow", friday, 9 * 3600) == datetime(2026, 11, 29, 0, tzinfo=UTC)
    assert wait_until("monday", friday, 9 * 3600) == datetime(2026, 11, 30, 0, tzinfo=UTC)
    assert wait_until("2w", friday, 0) == datetime(2026, 12, 11, 9, tzinfo=UTC)


def test_the_manifest_names_the_service_and_what_the_app_uses() -> None:
    found = yaml.safe_load(manifest("https://segue.acme.example/"))
    address = "https://segue.acme.example/slack/events"
    assert found["settings"]["event_subscriptions"]["request_url"] == address
    assert found["settings"]["interactivity"] == {"is_enabled": True, "request_url": address}
    (command,) = found["features"]["slash_commands"]
    assert (command["url"], command["command"]) == (address, COMMAND)
    scopes = set(found["oauth_config"]["scopes"]["bot"])
    assert {"chat:write", "users:read.email", "assistant:write", "commands"} <= scopes
    shown = [
        (each["title"], each["message"]) for each in found["features"]["assistant_view"]["suggested_prompts"]
    ]
    assert set(shown) <= set(PROMPTS)
    for url in ("http://segue.acme.example", "segue.acme.example", "https://", "https://x.example/?a=1"):
        with pytest.raises(InputError, match="--url"):
            manifest(url)
