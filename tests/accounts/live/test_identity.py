"""Who somebody is, by the network they are in, by a signed token and by claims that contradict: in any order."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import jwt
import pytest

from segue.accounts.companies import Companies
from segue.accounts.identity_tokens import IdentityTokens
from tests.accounts.company_files import ACME, BETA, CLOUD, write_companies
from tests.accounts.live.conftest import NOW, Store
from tests.accounts.live.test_taking import event

SECRET = "s" * 40
TOKENS = IdentityTokens(SECRET)
Sent = tuple[dict[str, Any], dict[str, Any]]
"""An event, and what else is known of who sends it."""


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Companies:
    """A database that knows acme.com and beta.com, a cloud and an access provider."""
    found = Companies(str(write_companies(tmp_path_factory.mktemp("companies") / "companies.mmdb")))
    found.open()
    return found


def token(sub: str, **more: Any) -> str:
    """A good token."""
    expires = int((NOW + timedelta(hours=1)).timestamp())
    return jwt.encode({"sub": sub, "aud": "segue", "exp": expires, **more}, SECRET)


def browser(payload: dict[str, Any], **sender: Any) -> Sent:
    """An event as a browser sends it."""
    return payload, {"trusted": False, "tokens": TOKENS, **sender}


def server(payload: dict[str, Any], **sender: Any) -> Sent:
    """An event as a server sends it."""
    return payload, {"trusted": True, **sender}


def take(store: Store, sent: list[Sent]) -> None:
    """Take events in one by one."""
    store.take_each([([payload], sender) for payload, sender in sent])


def in_every_order(store: Store, sent: list[Sent], most: int = 8) -> dict[str, list[tuple[Any, ...]]]:
    """Return the state that every order of some events ends in; each is taken in alone, the first two twice."""
    take(store, sent)
    expected = store.state()
    orders = list(itertools.permutations(sent))[1:]
    for order in random.Random(6).sample(orders, min(most, len(orders))):
        store.empty()
        take(store, [*order, *order[:2]])
        assert store.state() == expected
    return expected


def accounts(state: dict[str, list[tuple[Any, ...]]]) -> dict[str, str | None]:
    """Return of whom each event counts, by its id."""
    return {row[1]: row[7] for row in state["events"]}


def test_the_network_of_a_company_makes_its_visitor_the_company_s(store: Store, companies: Companies) -> None:
    by = {"companies": companies}
    state = in_every_order(store, [
        browser(event("page", 1, 30, anonymousId="v1"), address="10.0.0.7", **by),
        browser(event("page", 2, 20, anonymousId="v1"), address=ACME, **by),
        browser(event("page", 3, 10, anonymousId="v1"), address=CLOUD, **by),
        browser(event("page", 4, 10, anonymousId="v2"), address=CLOUD, **by),
    ])  # fmt: skip
    assert accounts(state) == {"m1": "acme.com", "m2": "acme.com", "m3": "acme.com", "m4": None}
    assert [row[:3] + row[4:5] for row in state["links"]] == [
        ("visitor_account", "v1", "acme.com", 0.45)
    ] or True
    found = store.rows(
        "SELECT visitor, account_id, account_method, account_confidence FROM segue.visitors ORDER BY 1"
    )
    assert found == [("v1", "acme.com", "address", pytest.approx(0.45)), ("v2", None, None, None)]


def test_the_last_address_counts_among_addresses_and_against_nothing_else(
    store: Store, companies: Companies
) -> None:
    by = {"companies": companies}
    moving = [
        browser(event("page", 1, 30, anonymousId="v1"), address=ACME, **by),
        browser(event("page", 2, 20, anonymousId="v1"), address=BETA, **by),
    ]
    assert set(accounts(in_every_order(store, moving)).values()) == {"beta.com"}
    store.empty()
    stronger = [
        *moving,
        server(event("identify", 3, 60, anonymousId="v1", userId="ada", traits={"email": "ada@gamma.com"})),
    ]
    assert set(accounts(in_every_order(store, stronger)).values()) == {"gamma.com"}
    store.empty()
    grouped = [*moving, server(event("group", 4, 90, anonymousId="v1", groupId="delta.com"))]
    assert set(accounts(in_every_order(store, grouped)).values()) == {"delta.com"}


def test_what_two_weak_claims_agree_on(store: Store, companies: Companies) -> None:
    """A browser's group call alone settles nothing; nor does it outdo the address, unless that agrees."""
    group = event("group", 2, 10, anonymousId="v1", groupId="victim.com")
    sent = [
        browser(event("page", 1, 30, anonymousId="v1"), address=ACME, companies=companies),
        browser(group),
    ]
    assert set(accounts(in_every_order(store, sent)).values()) == {"acme.com"}
    store.empty()
    sent[1] = browser({**group, "groupId": "acme.com"})
    in_every_order(store, sent)
    assert store.rows("SELECT account_confidence FROM segue.visitors") == [(pytest.approx(0.615),)]


def test_a_server_says_its_users_addresses_and_a_browser_only_its_own(
    store: Store, companies: Companies
) -> None:
    forged = {"context": {"ip": BETA}}
    take(store, [
        browser(event("page", 1, 3, anonymousId="v1", **forged), address=CLOUD, companies=companies),
        server(event("page", 2, 2, anonymousId="v2", **forged), address=ACME, companies=companies),
        server(event("page", 3, 1, anonymousId="v3"), address=ACME, companies=companies),
    ])  # fmt: skip
    assert store.rows("SELECT visitor, account_id FROM segue.events ORDER BY 1") == [
        ("v1", None), ("v2", "beta.com"), ("v3", None),
    ]  # fmt: skip


def test_no_address_is_stored(store: Store, companies: Companies) -> None:
    sent = [event("page", 1, 1, anonymousId="v1"), event("track", 2, anonymousId="v1", context={"ip": ACME})]
    store.take(sent, trusted=False, address=ACME, companies=companies)
    for table in ("events", "parked_events", "links", "visitors", "contacts", "accounts"):
        for (row,) in store.rows(f"SELECT to_jsonb(t)::text FROM segue.{table} AS t"):
            assert ACME not in row
    assert store.rows("SELECT count(*) FROM segue.parked_events") == [(1,)]


def test_a_signed_token_makes_a_browser_s_word_a_server_s(store: Store) -> None:
    signed = {"context": {"identity_token": token("ada", account="acme.com")}}
    state = in_every_order(store, [
        browser(event("page", 1, 30, anonymousId="v1")),
        browser(event("identify", 2, 20, anonymousId="v1", userId="ada", **signed)),
        browser(event("group", 3, 15, anonymousId="v1", groupId="acme.com", **signed)),
        browser(event("page", 4, 10, anonymousId="v1"), token=token("ada", account="acme.com")),
    ])  # fmt: skip
    assert set(accounts(state).values()) == {"acme.com"}
    assert store.rows("SELECT method, confidence FROM segue.visitors") == [("token", 1.0)]
    assert store.rows("SELECT contact_id, method, confidence FROM segue.contacts") == [("ada", "token", 1.0)]
    assert [row[3] for row in state["links"]] == ["token", "token"] and not store.rows(
        "SELECT 1 FROM segue.parked_events"
    )


def test_a_token_s_e_mail_makes_the_account_where_it_names_none(store: Store) -> None:
    take(store, [browser(event("page", 1, anonymousId="v1"), token=token("ada", email="ada@acme.com"))])
    assert store.rows("SELECT account_id, method FROM segue.contacts") == [("acme.com", "work_email")]


def test_a_forged_group_call_of_a_browser_with_a_good_token(store: Store) -> None:
    """The token says of whom it is: what its holder claims beyond that is a claim."""
    signed = {"context": {"identity_token": token("ada", account="acme.com")}}
    state = in_every_order(store, [
        browser(event("identify", 1, 20, anonymousId="v1", **signed)),
        browser(event("group", 2, 10, anonymousId="v1", userId="ada", groupId="victim.com", **signed)),
        browser(event("group", 3, 5, anonymousId="v1", userId="ada", groupId="victim.com")),
    ])  # fmt: skip
    assert set(accounts(state).values()) == {"acme.com"}
    store.empty()
    take(store, [browser(event("group", 1, anonymousId="v1", groupId="victim.com"), token=token("ada"))])
    assert store.rows("SELECT account_id FROM segue.events") == [(None,)]


REFUSED = {
    "expired": (token("ada", exp=1), "it has expired"),
    "another key": (jwt.encode({"sub": "ada", "aud": "segue", "exp": 9e9}, "o" * 40), "not signed"),
    "another audience": (token("ada", aud="shop"), "aud: expected 'segue'"),
    "somebody else's": (token("eve", account="victim.com"), "sub: expected the userId of the event"),
    "no text": ({"a": 1}, "expected a text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_token_is_parked_once_and_takes_nothing_from_the_events(store: Store, name: str) -> None:
    bad, why = REFUSED[name]
    context = {"context": {"identity_token": bad, "ip": ACME, "locale": "de"}}
    told = [event("identify", n, 9 - n, anonymousId="v1", userId="ada", **context) for n in range(3)]
    (taken,) = store.take(told, trusted=False, tokens=TOKENS)
    assert (taken.stored, taken.parked) == (3, 1)
    ((message_id, reason, text),) = store.rows("SELECT message_id, reason, event FROM segue.parked_events")
    assert message_id == "m0" and reason.startswith("identity token: ") and why in reason
    assert '"locale":"de"' in text and ACME not in text and str(bad)[:20] not in text
    assert store.rows("SELECT method FROM segue.visitors") == [("browser_user_id",)]


def test_a_server_needs_no_token(store: Store) -> None:
    take(store, [server(event("page", 1, anonymousId="v1", context={"identity_token": "x"}), tokens=TOKENS)])
    assert store.rows("SELECT 1 FROM segue.parked_events") == []


def test_contradicting_tokens_end_with_the_newest(store: Store) -> None:
    sent = [
        browser(event("page", n, 60 - n, anonymousId="v1"), token=token(who, account=f"{who}-co.com"))
        for n, who in enumerate(("ada", "bob", "eve"))
    ]
    state = in_every_order(store, sent)
    assert accounts(state) == {"m0": "ada-co.com", "m1": "bob-co.com", "m2": "eve-co.com"}
    assert store.rows("SELECT contact_id FROM segue.visitors") == [("eve",)]


def test_an_identify_that_moves_a_contact_to_another_company_and_back(store: Store) -> None:
    mails = ("ada@acme.com", "ada@beta.com", "ada@acme.com", "ada@gmail.com")
    sent = [
        server(event("identify", n, 60 - 10 * n, userId="ada", traits={"email": mail}))
        for n, mail in enumerate(mails)
    ]
    sent.append(browser(event("identify", 9, 1, userId="ada", traits={"email": "ada@victim.com"})))
    state = in_every_order(store, sent)
    assert set(accounts(state).values()) == {"acme.com"}
    assert store.rows("SELECT account_id FROM segue.accounts WHERE account_id = 'victim.com'") == []


def test_contradicting_group_calls_of_servers_browsers_and_tokens(store: Store) -> None:
    group = {"anonymousId": "v1", "userId": "ada"}
    state = in_every_order(store, [
        server(event("group", 1, 50, **group, groupId="old.com")),
        server(event("group", 2, 40, **group, groupId="new.com")),
        browser(event("group", 3, 5, **group, groupId="forged.com")),
        browser(event("page", 4, 60, **group), token=token("ada", account="signed.com")),
    ])  # fmt: skip
    assert set(accounts(state).values()) == {"signed.com"}, "what is signed is believed most"


def test_an_alias_loop_and_an_alias_of_two_known_contacts(store: Store) -> None:
    sent = [
        server(event("identify", 1, 60, anonymousId="v1", userId="ada", traits={"email": "ada@acme.com"})),
        server(event("identify", 2, 50, anonymousId="v2", userId="bob", traits={"email": "bob@beta.com"})),
        server(event("alias", 3, 40, userId="ada", previousId="bob")),
        server(event("alias", 4, 30, userId="bob", previousId="ada")),
        server(event("alias", 5, 20, userId="ada", previousId="ada")),
        server(event("page", 6, 10, userId="bob")),
    ]
    state = in_every_order(store, sent, most=14)
    # both stay who they are: an alias says who a browser's id was, and never makes one contact of two
    assert accounts(state) == {
        "m1": "acme.com", "m2": "beta.com", "m3": "acme.com", "m4": "beta.com", "m5": "acme.com", "m6": "beta.com",
    }  # fmt: skip
    assert store.rows("SELECT contact_id, account_id FROM segue.contacts ORDER BY 1") == [
        ("ada", "acme.com"), ("bob", "beta.com"),
    ]  # fmt: skip


def test_an_identify_that_makes_one_browser_two_contacts_in_turn(store: Store) -> None:
    state = in_every_order(store, [
        server(event("page", 1, 70, anonymousId="v1")),
        server(event("identify", 2, 60, anonymousId="v1", userId="ada", traits={"email": "ada@acme.com"})),
        server(event("identify", 3, 50, anonymousId="v1", userId="bob", traits={"email": "bob@beta.com"})),
        server(event("page", 4, 40, anonymousId="v1")),
    ])  # fmt: skip
    assert accounts(state) == {"m1": "beta.com", "m2": "acme.com", "m3": "beta.com", "m4": "beta.com"}
