"""What events set off waits for how sure it is that they are the account's, on the surfaces that ask for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from segue.evals.fakes.receiver import Receiver
from tests.activation.world import FILES, World, motion, webhook_settings

IDENTITY = "identity: {least_confidence: {email: 0.8}}\n"


@pytest.fixture
def asking(world: World, receiver: Receiver) -> World:
    """A pack that sends nothing for a company that is only guessed."""
    world.pack = motion(pack=FILES["pack.yaml"] + IDENTITY)
    world.settings = webhook_settings(receiver.url)
    return world


def did(world: World, number: int, *, by: float | None, user: bool = False, days: float = 1, mark: str | None = None) -> None:  # fmt: skip
    """Store an event of the account, by a visitor or a contact who is held to be its with so much belief."""
    at = datetime.now(UTC) - timedelta(days=days)
    who = f"v{number}"
    if user:
        world.rows("INSERT INTO segue.contacts (contact_id, account_id, method, confidence) VALUES (%s, 'a1', 'group', %s)", who, by)  # fmt: skip
    else:
        world.rows(
            "INSERT INTO segue.visitors (visitor, account_id, account_method, account_confidence, first_seen, last_seen)"
            " VALUES (%s, 'a1', 'address', %s, now(), now())", who, by,
        )  # fmt: skip
    world.rows(
        "INSERT INTO segue.events (source, message_id, kind, at, visitor, user_id, contact_id, account_id, trusted, mark)"
        " VALUES ('k', %s, 'page', %s, %s, %s, %s, 'a1', %s, %s)",
        who, at, None if user else who, who if user else None, who if user else None, user, mark,
    )  # fmt: skip


def test_what_only_addresses_tell_sets_nothing_off_there(asking: World, receiver: Receiver) -> None:
    did(asking, 1, by=0.45)
    did(asking, 2, by=0.4)
    did(asking, 3, by=1.0, user=True, days=100)
    did(asking, 4, by=1.0, user=True, mark="bot")
    found = asking.carry_out(asking.set_off("send_it"))
    assert (found["status"], found["reason"]) == ("excluded", "identity_unsure")
    assert found["detail"] == {"confidence": 0.45, "least_confidence": 0.8} and not receiver.taken
    listed = asking.carry_out(asking.set_off("join_list"))
    assert listed["reason"] != "identity_unsure", "another surface asks for nothing"


@pytest.mark.parametrize(
    "why", ["a contact is sure", "no event", "an import", "it takes back", "nothing asked"]
)
def test_what_is_set_off_all_the_same(asking: World, why: str) -> None:
    if why != "no event":
        did(asking, 1, by=0.45)
    if why == "a contact is sure":
        did(asking, 2, by=0.9, user=True)
    if why == "nothing asked":
        asking.pack = motion()
    moment, play, transition = "enter", "send_it", asking.moved("a1", None, "hot")
    if why == "an import":
        asking.rows("UPDATE segue.transitions SET cause = 'import'")
    if why == "it takes back":
        segment = FILES["segments/hot.yaml"].replace("send_it", "stop_it")
        asking.pack = motion(pack=FILES["pack.yaml"] + IDENTITY, segments__hot=segment)
        play = "stop_it"
    found = asking.carry_out(asking.set_off(play, transition=transition, moment=moment))
    assert found["reason"] != "identity_unsure", found
    assert found["status"] == "done" or why == "it takes back"
