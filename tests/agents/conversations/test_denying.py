"""Who denies that what is known of them is used: their conversation goes on by its id, and names nobody."""

from __future__ import annotations

from typing import Any

import pytest

from segue.accounts.consent import PERSONALIZATION, Consent, ConsentState, Kind
from segue.accounts.consent_writer import put_consents
from segue.agents.conversations.parts import Started
from segue.core.errors import NotFoundError
from tests.agents.conversations.talking import BROWSER, NOW, SERVER, Talk, of_account, part_of, talking
from tests.agents.conversations.test_forgetting import places_of

pytestmark = pytest.mark.trial

VISITOR, CONTACT = "visitor-of-ada-1", "contact-of-ada-1"
KEPT = {"segue.conversations", "segue.checkpoints", "segue.checkpoint_blobs", "segue.checkpoint_writes"}


async def deny(talk: Talk, kind: Kind, subject: str) -> None:
    said = Consent(kind, subject, PERSONALIZATION, ConsentState.DENIED, "banner", NOW)
    assert await put_consents(talk.database, [said]) == 1


async def declared(talk: Talk, conversation_id: str) -> set[str]:
    """Return what is kept of a conversation, in any checkpoint, that somebody said of themselves or their company."""
    await talk.conversations.settled()
    async with talk.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT convert_from(blob, 'UTF8')::jsonb FROM segue.checkpoint_blobs"
            " WHERE thread_id = %s AND channel = 'declared' AND type = 'json'", (conversation_id,),
        )  # fmt: skip
        return {name for (kept,) in await cursor.fetchall() for name in kept}


@pytest.mark.parametrize(("kind", "subject"), [("visitor", VISITOR), ("contact", CONTACT)])
def test_of_who_denied_before_nothing_is_kept_but_what_they_denied(
    store: str, kind: Kind, subject: str
) -> None:
    async def do(talk: Talk) -> None:
        await deny(talk, kind, subject)
        who: dict[str, Any] = {"visitor": VISITOR, "contact_id": CONTACT, **of_account("acme")}
        began = part_of(await talk.say("We are about 800 people.", **who), Started)
        again = part_of(await talk.say("Go on", conversation_id=began.conversation_id, **who), Started)
        assert again.turn == 2
        assert len((await talk.conversations.history(began.conversation_id, SERVER, VISITOR)).turns) == 2

    talking(store, do)
    found = {text: places_of(store, text) for text in (VISITOR, CONTACT)}
    assert found == {VISITOR: [], CONTACT: []} | {subject: ["segue.consents"]}
    assert "segue.conversations" not in places_of(store, "acme")


def test_who_denies_within_a_conversation_goes_on_with_it_and_is_named_no_more(store: str) -> None:
    async def do(talk: Talk) -> None:
        who: dict[str, Any] = {"speaker": BROWSER, "visitor": VISITOR}
        began = part_of(await talk.say("We are about 800 people.", **who), Started).conversation_id
        assert KEPT & set(places_of(store, VISITOR)) == {"segue.conversations"}
        with pytest.raises(NotFoundError):
            await talk.say("Go on", BROWSER, visitor="eve", conversation_id=began)
        await deny(talk, "visitor", VISITOR)
        for turn in (2, 3):
            again = part_of(await talk.say("Go on", conversation_id=began, **who), Started)
            assert again.turn == turn
        assert not KEPT & set(places_of(store, VISITOR))
        assert len((await talk.conversations.history(began, BROWSER, VISITOR)).turns) == 3

    talking(store, do)


def test_a_browser_s_signal_takes_the_names_out_of_its_conversation(store: str) -> None:
    async def do(talk: Talk) -> None:
        who: dict[str, Any] = {"speaker": BROWSER, "visitor": VISITOR, "contact_id": CONTACT}
        began = part_of(await talk.say("I am the CISO.", **who), Started).conversation_id
        assert "persona" in await declared(talk, began)
        again = await talk.say("Go on", conversation_id=began, personal=False, **who)
        assert part_of(again, Started).turn == 2
        for text in (VISITOR, CONTACT):
            assert not KEPT & set(places_of(store, text))
        assert await declared(talk, began) == set()

    talking(store, do, warm=True)
