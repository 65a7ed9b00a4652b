"""A person planted through every door of the store, and the search for what is left of them."""

from __future__ import annotations

import base64
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.types.json import Jsonb

from segue.accounts.intake import take_events
from segue.accounts.segment_spec import Sender, read_batch
from segue.core.database import Database
from segue.core.postgres_programs import environment_for, programs_for
from segue.policies.load import load_pack
from tests.core.databases import with_database
from tests.service.running import ACCOUNT, Service


def _token() -> str:
    return uuid.uuid4().hex[:16]


@dataclass(frozen=True)
class Planted:
    """A person whose every text is found nowhere else."""

    email: str = field(default_factory=lambda: f"ada.{_token()}@{ACCOUNT}")
    name: str = field(default_factory=lambda: f"Ada Q{_token()}")
    visitor: str = field(default_factory=lambda: f"anonymous-{_token()}")
    contact: str = field(default_factory=lambda: f"user-{_token()}")
    phone: str = field(default_factory=lambda: f"+49 {uuid.uuid4().int % 10**14:014}")
    message: str = field(default_factory=lambda: f"What I said in the form {_token()}")

    @property
    def texts(self) -> tuple[str, ...]:
        """What must be found nowhere."""
        return self.email, self.name, self.visitor, self.contact, self.phone, self.message


def batches_of(who: Planted) -> list[dict[str, Any]]:
    """Return what their browser and app send in the Segment spec, what a colleague sends, and what is no event."""
    url = f"https://www.example.com/u/{who.contact}?mail={who.email}"
    form = {"email": who.email, "name": who.name, "phone": who.phone, "message": who.message, "amount": 7.5}
    own = [{**_call(number, form, url, who), **_common(number, who)} for number in range(40)]
    others = [
        {"type": "group", "messageId": f"{who.visitor}-group", "userId": who.contact, "groupId": ACCOUNT,
         "traits": {"name": f"The company of {who.name}", "invited": who.email}},
        {"type": "page", "messageId": f"colleague-{_token()}", "anonymousId": "colleague-browser",
         "properties": {"path": "/compare", "invited_by": who.email,
                        "note": f"mail\n{who.email}\tor\x01{who.email}.",
                        "next": "https://www.example.com/?then=%2Fu%3Fm%3D" + quote(who.email, safe="")}},
        {"type": "identify", "messageId": f"colleague-is-{_token()}", "anonymousId": "colleague-browser",
         "traits": {"email": f"bert@{ACCOUNT}"}},
    ]  # fmt: skip
    nonsense = [
        {"type": "nonsense", "userId": who.contact},
        {"type": "x", "anonymousId": who.visitor, "name": who.name, "traits": {"email": who.email}},
        {"type": "track", "userId": who.contact, "properties": {"email": who.email}},
        {"type": "page", "anonymousId": who.visitor, "properties": {"message": who.message * 2_000}},
    ]
    return [{"batch": own}, {"batch": [*others, *nonsense]}]


def _call(number: int, form: dict[str, Any], url: str, who: Planted) -> dict[str, Any]:
    kind = ("identify", "page", "track")[number % 3]
    if kind == "identify":
        return {"type": kind, "traits": form}
    if kind == "track":
        return {"type": kind, "event": "Demo Requested", "properties": form}
    place = {
        "path": f"/u/{who.contact}" if number % 5 == 0 else "/compare", "url": url, "referrer": url,
        "title": f"Hello {who.name}", "search": f"?q={who.name}",
    }  # fmt: skip
    return {
        "type": kind,
        "name": "Comparison",
        "properties": {**place, **form},
        "context": {"page": place},
    }


def _common(number: int, who: Planted) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(hours=number)
    known = {"userId": who.contact} if number % 2 else {}
    return {
        "messageId": f"{who.visitor}-{number}",
        "anonymousId": who.visitor,
        "timestamp": at.isoformat(),
        **known,
    }


def plant_by_http(service: Service, who: Planted) -> str:
    """Let the service meet a person through every door that it has; return the id of a decision for them."""
    for batch in batches_of(who):
        taken = service.post("/v1/batch", batch, key="write")
        assert taken.status_code == 200, taken.text
    alias = {"userId": who.contact, "previousId": who.visitor, "messageId": f"{who.visitor}-alias"}
    assert service.post("/v1/alias", alias, key="write").status_code == 200
    consent = {"purposes": {"marketing": "granted"}, "source": "crm"}
    assert service.put(f"/v1/contacts/{who.contact}/consent", consent).status_code == 200
    assert service.put(f"/v1/visitors/{who.visitor}/consent", consent).status_code == 200
    _plant_in_the_account(service, who)
    asked = {
        "surface": "email", "account": ACCOUNT, "visitor": who.visitor, "contact_id": who.contact,
        "contact": {"first_name": who.name}, "context": {"path": f"/hello/{who.email}"},
    }  # fmt: skip
    headers = {"Idempotency-Key": f"once-{who.visitor}"}
    found = service.call("POST", "/v1/decisions", asked, headers=headers)
    assert found.status_code == 200, found.text
    stranger = {"surface": "chat", "visitor": who.visitor, "context": {"path": f"/{who.contact}"}}
    assert service.post("/v1/decisions", stranger).status_code == 200
    by_email = {"surface": "crm", "account": ACCOUNT, "contact_id": who.email}
    several = service.post("/v1/decisions:batch", {"decisions": [by_email]})
    assert several.status_code == 200, several.text
    return str(found.json()["decision_id"])


def _plant_in_the_account(service: Service, who: Planted) -> None:
    """Let them stand in what a CRM and a person say of the account, where nobody should have put them."""
    content = (
        "Website,Account Name,Industry,Employees,Contact Email,Contact Name\n"
        f"imported-{_token()}.example,A firm,{who.email},{who.phone},{who.email},{who.name}\n"
    )
    query = "/v1/accounts:import?filename=people.csv&pack=saas_pipeline&source=crm"
    imported = service.call("POST", query, content=content.encode(), key="write")
    assert imported.status_code == 200, imported.text
    said = [{"trait": "industry", "value": f"{who.email}", "source": "crm"}]
    assert service.put(f"/v1/accounts/{ACCOUNT}/traits", {"traits": said}).status_code == 200
    pin = {
        "kind": "owner", "value": "rep@example.com", "reason": f"{who.email} asked for it",
        "expires_at": "2090-01-01T00:00:00Z",
    }  # fmt: skip
    assert service.put(f"/v1/accounts/{ACCOUNT}/pin", pin).status_code == 200


def plant_by_intake(database: str, who: Planted) -> None:
    """Let a store without a service meet a person: their events by the intake, and what only other parts leave."""
    packs = [load_pack("saas_pipeline")]

    async def take(store: Database) -> None:
        for batch in batches_of(who):
            sender = Sender("k", True, datetime.now(UTC))
            events, parked = read_batch(batch, None, sender)
            await take_events(store, events, parked, packs, datetime.now(UTC))

    with_database(database, take)
    plant_left_behind(database, who)


def plant_left_behind(database: str, who: Planted) -> None:
    """Store what no door of today takes of a person, and a pack or another system may yet leave of them.

    A CRM that quotes them in an error, a job and a delivery for them, a fact of theirs from an import of
    contacts, a trait that keeps the latest text of a form.
    """
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO segue.trait_values (account_id, contact_id, trait, value, source, true_at)"
            " VALUES (%s, %s, 'full_name', %s, 'crm', now())",
            (ACCOUNT, who.contact, Jsonb(who.name)),
        )
        connection.execute(
            "UPDATE segue.accounts SET event_traits = event_traits || %s WHERE account_id = %s",
            (Jsonb({"ab12": {"latest": who.name}}), ACCOUNT),
        )
        _plant_consequence(connection, who)
        connection.execute(
            "INSERT INTO segue.deliveries VALUES (%s, %s, 'call_today', now(), gen_random_uuid()),"
            " (%s, %s, 'call_today', now(), gen_random_uuid())",
            (ACCOUNT, who.contact, f"visitor:{who.visitor}", who.visitor),
        )
        connection.execute(
            "INSERT INTO segue.audit (actor, action, target, detail) VALUES ('cli', 'resolve', %s, %s)",
            (who.contact, Jsonb({"to": who.email})),
        )
        _plant_job(connection, who)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ANALYZE")  # samples of the columns
        connection.execute("CHECKPOINT")


def _plant_consequence(connection: psycopg.Connection[Any], who: Planted) -> None:
    row = connection.execute(
        "INSERT INTO segue.transitions (account_id, pack, to_segment, to_status, because, cause, revision)"
        " VALUES (%s, 'p', 's', 'matched', '[]', 'event', 'r') RETURNING transition_id",
        (ACCOUNT,),
    ).fetchone()
    assert row is not None
    connection.execute(
        "INSERT INTO segue.consequences VALUES (gen_random_uuid(), %s, %s, 'p', 'r', 's', 'alert', 'enter', now(),"
        " 'parked', %s, 3, %s, now(), %s)",
        (
            row[0],
            ACCOUNT,
            f"the CRM refused {who.email}",
            Jsonb({"text": f"{who.name} looked at /compare"}),
            Jsonb({"connector": "slack", "told": {"text": f"Call {who.name}"}}),
        ),
    )


def _plant_job(connection: psycopg.Connection[Any], who: Planted) -> None:
    connection.execute(
        "INSERT INTO segue_jobs.procrastinate_jobs (queue_name, task_name, lock, args)"
        " VALUES ('q', 't', 'a', %s), ('q', 't', 'b', '{}')",
        (Jsonb({"to": who.email}),),
    )


def spellings(text: str) -> Iterator[bytes]:
    """Give a text in plain, in hex, and in base64 wherever it begins."""
    for raw in {text.encode(), text.casefold().encode(), text.upper().encode(), text.encode("utf-16-le")}:
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift in range(3):
            code = base64.b64encode(b"\0" * shift + raw)
            yield code[4 if shift else 0 : len(code) // 4 * 4 - 4]


def dump_of(database: str) -> bytes:
    """Return everything that the database gives out, as PostgreSQL's own program writes it."""
    with psycopg.connect(database) as connection:
        found = programs_for(connection.info.server_version // 10_000)
    return subprocess.run(
        [found.path("pg_dump")], env=environment_for(database), check=True, stdout=subprocess.PIPE
    ).stdout


def found_in_dump(database: str, texts: tuple[str, ...]) -> set[str]:
    """Return which of some texts a dump holds, however spelled."""
    dump = dump_of(database)
    return {text for text in texts if any(each in dump for each in spellings(text))}


def found_in_files(folder: Path, texts: tuple[str, ...]) -> dict[str, set[str]]:
    """Return which files under a folder hold which of some texts, however spelled."""
    found: dict[str, set[str]] = {}
    wanted = {text: tuple(spellings(text)) for text in texts}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            try:
                content = path.read_bytes()
            except (FileNotFoundError, OSError):
                continue  # a socket, or a file that the server removed between two looks
            held = {text for text, spelled in wanted.items() if any(each in content for each in spelled)}
            if held:
                found[str(path.relative_to(folder))] = held
    return found
