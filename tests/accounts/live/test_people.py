"""What events say of consent is kept with them, and what comes of somebody who was erased is not."""

from __future__ import annotations

from typing import Any

from segue.agents.erasure import Asked, erase
from tests.accounts.live.conftest import Store


def page(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "page",
        "messageId": f"m{number}",
        "anonymousId": "browser-1",
        "userId": "ada-lovelace",
    } | more


def test_consent_comes_with_events_and_a_browser_speaks_for_itself_alone(store: Store) -> None:
    said = {"context": {"consent": {"categoryPreferences": {"Advertising": False}}}}
    store.take([page(1, **said)], trusted=False)
    rows = "SELECT kind, subject, purpose, state FROM segue.consents ORDER BY kind"
    assert store.rows(rows) == [("visitor", "browser-1", "marketing", "denied")]
    store.take([page(2, **said)])
    assert store.rows(rows)[0] == ("contact", "ada-lovelace", "marketing", "denied")


def test_nothing_of_somebody_who_was_erased_comes_back(store: Store) -> None:
    store.take([page(1), page(2, userId="grace-hopper", anonymousId="browser-2")])
    store.run(lambda database: erase(database, Asked(contact="ada-lovelace"), in_flight=0))
    store.take([page(1), page(3), page(4, userId="grace-hopper", anonymousId="browser-2")])
    assert store.rows("SELECT message_id, user_id FROM segue.events WHERE user_id = 'ada-lovelace'") == []
    kept = store.rows("SELECT message_id FROM segue.events WHERE user_id = 'grace-hopper' ORDER BY 1")
    assert kept == [("m2",), ("m4",)]
    assert store.rows("SELECT count(*) FROM segue.contacts WHERE contact_id = 'ada-lovelace'") == [(0,)]
