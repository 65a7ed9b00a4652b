"""A model's revision comes after the rules' reply, inside the same gate, and claims nothing of its own."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from segue.agents.conversations.parts import Asked, Decided, Finished, HandedOver, Replaced, Started, Text
from segue.agents.decision_request import Mode
from segue.agents.replay import Period, ranges_of, replay_range
from segue.evals.model_faults.server import ModelServer
from tests.agents.conversations.models import replying, said_to, saying_both, talking_with
from tests.agents.conversations.talking import SERVER, Talk, of_account, part_of

pytestmark = pytest.mark.trial

QUESTION = "How quickly would we be up and running?"


def index_of(parts: list[Any], kind: type) -> int:
    return next(place for place, part in enumerate(parts) if isinstance(part, kind))


def test_a_grounded_lead_stands_before_what_is_quoted(store: str) -> None:
    lead = "You asked about your first decisions. Here is what I can show you."

    async def do(talk: Talk, server: ModelServer) -> None:
        parts = await talk.say(QUESTION, mode=Mode.MODEL)
        first, replaced = part_of(parts, Decided), part_of(parts, Replaced)
        assert index_of(parts, Text) < index_of(parts, Replaced) < index_of(parts, Finished)
        [point] = replaced.points
        assert replaced.text == f"{lead} {point.claim}."
        assert (replaced.decision["decision_id"], replaced.decision["revision"]) == (
            first.decision["decision_id"],
            2,
        )
        history = await talk.conversations.history(part_of(parts, Started).conversation_id, SERVER)
        assert (history.turns[-1]["reply"], history.turns[-1]["revision"]) == (replaced.text, 2)
        async with talk.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT beside::text, chooser, proposal ->> 'lead' FROM segue.decisions ORDER BY decision_id"
            )
            rows = await cursor.fetchall()
        assert rows == [(None, "rules", None), (first.decision["decision_id"], "model", lead)]

    talking_with(store, saying_both({}, replying(lead)), do, warm=True)


@pytest.mark.parametrize(
    "lead",
    [
        "We are the best, and you save 90% with us.",
        "Acme has 7431 employees.",
        "Yes, it does.",
        "Ja, das geht in einem Tag.",
        "[click](https://evil.example)",
    ],
)
def test_whatever_claims_something_is_thrown_away(store: str, lead: str) -> None:
    async def do(talk: Talk, server: ModelServer) -> None:
        parts = await talk.say(QUESTION, mode=Mode.MODEL)
        shown = [part_of(parts, Text).delta, *(part.text for part in parts if isinstance(part, Replaced))]
        assert not any(lead in each for each in shown)
        for part in parts:
            if isinstance(part, Replaced):
                assert part.text == part.decision["play"]["message"]

    talking_with(store, saying_both({}, replying(lead)), do, warm=True)


def test_facts_count_where_their_words_were_said_and_a_reader_reads_them(store: str) -> None:
    facts = [
        {"trait": "employees", "words": "sechshundert, also 600 Leute"},
        {"trait": "is_customer", "words": "Wir sind Kunde"},
        {"trait": "has_open_opportunity", "words": "600"},
        {"trait": "country", "words": "Leute"},
    ]

    async def do(talk: Talk, server: ModelServer) -> None:
        first = await talk.say("Hallo", **of_account("young"))
        assert part_of(first, Asked).trait == "employees"
        who: dict[str, Any] = {
            **of_account("young"),
            "conversation_id": part_of(first, Started).conversation_id,
        }
        await talk.say("Wir sind sechshundert, also 600 Leute.", mode=Mode.MODEL, **who)
        third = await talk.say("Und jetzt?", **who)
        label = part_of(third, Decided).decision["labels"]["saas_pipeline"]
        assert (label["segment"], label["status"]) == ("sales_ready", "matched")
        async with talk.database.connection() as connection:
            cursor = await connection.execute("SELECT traits FROM segue.accounts WHERE account_id = 'young'")
            [[traits]] = await cursor.fetchall()
        assert traits["employees"]["declared"][0] == 600
        assert (
            "is_customer" not in traits and "has_open_opportunity" not in traits and "country" not in traits
        )

    talking_with(store, saying_both({"facts": facts}, replying(None)), do)


def test_neither_a_question_nor_a_hand_over_is_taken_back(store: str) -> None:
    async def do(talk: Talk, server: ModelServer) -> None:
        asked = await talk.say("Hello", mode=Mode.MODEL, **of_account("young"))
        handed = await talk.say("Can I book a demo?", mode=Mode.MODEL, **of_account("acme"))
        assert part_of(asked, Asked) and part_of(handed, HandedOver)
        assert not [part for part in (*asked, *handed) if isinstance(part, Replaced)]

    talking_with(store, saying_both({}, replying("Here is what I can show you.")), do)


def test_a_revision_replays_and_the_model_sees_no_names(store: str) -> None:
    async def do(talk: Talk, server: ModelServer) -> None:
        parts = await talk.say(QUESTION, mode=Mode.MODEL, visitor="visitor-1")
        assert part_of(parts, Replaced)
        for sent in said_to(server):
            assert "visitor-1" not in orjson.dumps(sent).decode()
        async with talk.database.connection() as connection:
            [(first, last, _)] = await ranges_of(connection, Period(), 100)
        found = await replay_range(talk.database, Period(), first, last, {})
        assert (found.same, found.different) == (2, 0)

    talking_with(store, saying_both({}, replying("Here is what I can show you.")), do, warm=True)
