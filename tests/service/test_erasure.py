"""A person is erased: nothing of them is left in a dump or in any file of the database, and counts stay."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from segue.accounts.erased import refused
from segue.agents.forgetting import Forgetting
from segue.agents.replay import Period
from segue.agents.replay_log import replay_log
from segue.core.database import Database
from segue.core.private_server import PrivateServer
from segue.core.rewriting import rewrite
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.story.systems import Systems
from tests.core.databases import with_database
from tests.service.planted import (
    Planted,
    found_in_dump,
    found_in_files,
    plant_by_http,
    plant_by_intake,
    plant_left_behind,
    spellings,
)
from tests.service.running import ACCOUNT, Service, know_acme, replica


@dataclass(frozen=True)
class World:
    """A replica that tells other systems, the folder of its own files, and that of its database's."""

    service: Service
    systems: Systems
    own: Path
    files: Path

    def __iter__(self) -> Iterator[Any]:
        return iter((self.service, self.files))

    def told(self) -> bytes:
        """Everything that the other systems were sent."""
        fakes = (self.systems.slack, self.systems.hubspot, self.systems.webhooks)
        asked = [each for fake in fakes if fake is not None for each in fake.asked]
        return b"\n".join(f"{each.path}{each.query}{each.headers}".encode() + each.body for each in asked)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A replica over a private server of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="segue-test-")))
        files = server_folder(folder)
        server = PrivateServer(files)
        stack.callback(server.stop)
        url = server.start()
        migrate(url)
        systems = Systems.started(stack)
        found = stack.enter_context(replica(url, folder / "replica", **systems.settings()))
        for kind in ("secret", "write", "publishable"):
            _, found.keys[kind] = found.new_key(kind)
        found.heard_of(found.keys["publishable"])
        know_acme(found)
        known = {"industry": "saas", "employees": 900, "country": "US", "tech": ["salesforce"]}
        said = [{"trait": name, "value": value, "source": "declared"} for name, value in known.items()]
        assert found.put(f"/v1/accounts/{ACCOUNT}/traits", {"traits": said}).status_code == 200
        yield World(found, systems, folder / "replica", files)


def counts(service: Service) -> list[tuple[Any, ...]]:
    """What an account's traits count of its events."""
    return service.rows(
        "SELECT kind, name, count(*), count(DISTINCT visitor), count(DISTINCT contact_id) FROM segue.events"
        " WHERE account_id = %s GROUP BY 1, 2 ORDER BY 1, 2", ACCOUNT,
    ) + service.rows("SELECT count(*) FROM segue.events WHERE path = '/compare' AND account_id = %s", ACCOUNT)  # fmt: skip


def test_nothing_of_a_person_is_left_anywhere(world: World) -> None:
    service, files = world
    who, other = Planted(), Planted()
    decision = plant_by_http(service, who)
    plant_left_behind(service.database, who)
    plant_by_http(service, other)
    plant_left_behind(service.database, other)
    before = counts(service)
    assert found_in_dump(service.database, who.texts) == set(who.texts)
    held = found_in_files(files, who.texts)
    assert set().union(*held.values()) == set(who.texts)
    assert any(place.startswith("pg_wal/") for place in held), held

    erased = service.call("DELETE", f"/v1/contacts/{who.contact}")
    assert erased.status_code == 200, erased.text
    assert erased.json()["contacts"] == 2, "by the id that they were given later, and by their address before"
    assert erased.json()["rows"]["events"] >= 43, "theirs, and a colleague's that names them"
    assert found_in_dump(service.database, who.texts) == set()
    assert counts(service) == before
    rewrite(service.database, files / "log")
    assert found_in_files(files, who.texts) == {}
    assert found_in_dump(service.database, other.texts) == set(other.texts), "another person is as before"

    again = service.call("DELETE", f"/v1/contacts/{who.contact}")
    assert again.status_code == 200 and again.json()["rows"] == {}
    stone = service.call("GET", f"/v1/decisions/{decision}").json()
    assert stone["account"]["id"] == ACCOUNT and stone["play"]["name"] and stone["play"]["message"] is None
    found = replay_log(service.database, Period())
    assert (found.erased, found.different) == (6, 0), (
        "three of theirs, and the other's three, which read a trait that named them"
    )


def test_what_comes_late_of_the_erased_is_known(world: World) -> None:
    service, _ = world
    who = Planted()
    plant_by_intake(service.database, who)
    assert service.call("DELETE", f"/v1/contacts/{who.contact}").status_code == 200

    async def late(database: Database) -> frozenset[str]:
        async with database.transaction() as connection:
            return await refused(connection, [who.contact, who.visitor, who.email.upper(), "somebody-else"])

    assert with_database(service.database, late) == {who.contact, who.visitor, who.email.upper()}
    asked = {"surface": "chat", "visitor": who.visitor, "contact_id": who.contact, "account": ACCOUNT}
    assert service.post("/v1/decisions", asked).status_code == 200
    assert found_in_dump(service.database, who.texts) == set()
    denied = {"purposes": {"marketing": "denied"}, "source": "crm"}
    assert service.put(f"/v1/contacts/{who.contact}/consent", denied).json() == {"stored": 0}
    granted = {"purposes": {"personalization": "granted"}, "source": "crm"}
    assert service.put(f"/v1/contacts/{who.contact}/consent", granted).json() == {"stored": 1}
    assert with_database(service.database, late) == {who.visitor, who.email.upper()}


def test_a_conversation_of_who_denies_names_nobody(world: World) -> None:
    service, who = world.service, Planted()
    for of in (f"visitors/{who.visitor}", f"contacts/{who.contact}"):
        denied = {"purposes": {"personalization": "denied"}, "source": "banner"}
        assert service.put(f"/v1/{of}/consent", denied).status_code == 200
    asked = {"visitor": who.visitor, "contact_id": who.contact, "account": ACCOUNT, "id": who.visitor,
             "contact": {"first_name": who.name}, "context": {"path": f"/hello/{who.email}"}}  # fmt: skip
    for number, text in enumerate(("Is it SOC 2?", "We are about 800 people."), 1):
        said = {"role": "user", "parts": [{"type": "text", "text": text}]}
        once = {"Idempotency-Key": f"once-{who.visitor}-{number}"}
        found = service.post("/v1/chat", {**asked, "message": said}, headers=once)
        assert found.status_code == 200 and f'"turn":{number}' in found.text, (
            "it goes on by the client's name"
        )
    service.rows("DELETE FROM segue.consents WHERE source = 'banner'")  # which says who denied, and must
    assert found_in_dump(service.database, who.texts) == set()


def test_nobody_is_named_in_a_log_or_to_another_system(world: World) -> None:
    service, who = world.service, Planted()
    plant_by_http(service, who)
    until = time.monotonic() + 30
    while not world.systems.hooked() and time.monotonic() < until:
        time.sleep(0.1)
    told = world.told()
    assert b"sales_ready" in told and ACCOUNT.encode() in told, "the account is told of"
    assert [text for text in who.texts if any(each in told for each in spellings(text))] == []
    assert found_in_files(world.own, who.texts) == {}


def test_the_audit_says_that_it_was_done_and_not_to_whom(world: World) -> None:
    service, _ = world
    who = Planted()
    plant_by_intake(service.database, who)
    service.call("DELETE", f"/v1/contacts/{who.contact}")
    row = service.rows(
        "SELECT actor, action, target, detail FROM segue.audit ORDER BY audit_id DESC LIMIT 1"
    )[0]
    assert row[0].startswith("key:") and row[1:3] == ("erase", "contact")
    assert row[3]["rows"]["events"] >= 42 and not any(text in json.dumps(row[3]) for text in who.texts)


def test_it_is_all_or_nothing(world: World) -> None:
    service, _ = world
    who = Planted()
    plant_by_intake(service.database, who)
    service.rows("CREATE TABLE segue.held (a text CHECK (a NOT LIKE '%%erased%%'))")
    service.rows("INSERT INTO segue.held VALUES (%s)", who.email)
    try:
        assert service.call("DELETE", f"/v1/contacts/{who.contact}").status_code >= 400
        assert found_in_dump(service.database, who.texts) == set(who.texts)
        assert service.rows("SELECT count(*) FROM segue.contacts WHERE contact_id = %s", who.contact) == [
            (1,)
        ]
    finally:
        service.rows("DROP TABLE segue.held")
    assert service.call("DELETE", f"/v1/contacts/{who.contact}").status_code == 200


def test_a_browser_that_two_people_use_keeps_what_the_other_did(world: World) -> None:
    service, _ = world
    with psycopg.connect(service.database) as connection:
        for contact in ("shared-first", "shared-second"):
            connection.execute("INSERT INTO segue.contacts (contact_id) VALUES (%s)", (contact,))
            connection.execute(
                "INSERT INTO segue.links VALUES ('visitor_contact', 'shared-browser-1', %s, 'identify', 1, now())",
                (contact,),
            )
            connection.execute(
                "INSERT INTO segue.events (source, message_id, kind, at, visitor, contact_id, title)"
                " VALUES ('k', %s, 'page', now(), 'shared-browser-1', %s, 'T')", (contact, contact),
            )  # fmt: skip
        connection.execute(
            "INSERT INTO segue.visitors VALUES ('shared-browser-1', 'shared-second', NULL, 'identify', 1, now(), now())"
        )
    assert service.call("DELETE", "/v1/contacts/shared-first").json()["visitors"] == 0
    rows = service.rows(
        "SELECT visitor, contact_id, title FROM segue.events WHERE source = 'k' AND title = 'T'"
    )
    assert rows == [("shared-browser-1", "shared-second", "T")]


def test_somebody_unknown_is_no_fault(world: World) -> None:
    service, _ = world
    found = service.call("DELETE", "/v1/contacts/never-heard-of-them")
    assert found.status_code == 200 and found.json()["rows"] == {}


def test_an_account_is_not_a_person(world: World) -> None:
    service, _ = world
    assert service.call("DELETE", f"/v1/contacts/{ACCOUNT}").status_code == 200
    assert service.call("GET", f"/v1/accounts/{ACCOUNT}").json()["account"]["id"] == ACCOUNT


def test_every_replica_forgets_once_an_erasure_is_made(world: World) -> None:
    service, _ = world
    forgot = []

    async def listen(database: Database) -> None:
        watch = Forgetting(database, lambda: forgot.append(1))
        await watch.refresh()
        await watch.refresh()
        await asyncio.to_thread(service.call, "DELETE", "/v1/contacts/never-heard-of-them")
        await watch.refresh()

    with_database(service.database, listen)
    assert len(forgot) == 2
