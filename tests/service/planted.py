"""A person planted through every door of the store, and the search for what is left of them."""

from __future__ import annotations

import base64
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.types.json import Jsonb

from segue.core.postgres_programs import environment_for, programs_for
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


def plant_by_http(service: Service, who: Planted) -> str:
    """Let the service meet a person; return the id of a decision for them."""
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
    assert service.post("/v1/decisions", by_email).status_code == 200
    consent = {"purposes": {"marketing": "granted"}, "source": "crm"}
    assert service.put(f"/v1/contacts/{who.contact}/consent", consent).status_code == 200
    assert service.put(f"/v1/visitors/{who.visitor}/consent", consent).status_code == 200
    said = [{"trait": "industry", "value": f"{who.email}", "source": "crm"}]
    service.put(f"/v1/accounts/{ACCOUNT}/traits", {"traits": said})
    service.put(f"/v1/accounts/{ACCOUNT}/pin", {
        "kind": "owner", "value": "rep@example.com", "reason": f"{who.email} asked for it",
        "expires_at": "2090-01-01T00:00:00Z",
    })  # fmt: skip
    return str(found.json()["decision_id"])


def plant_rows(database: str, who: Planted) -> None:
    """Store what events and the carrying out of plays leave behind, of them and of a colleague."""
    url = f"https://www.example.com/u/{who.contact}?mail={who.email}"
    form = {"email": who.email, "name": who.name, "phone": who.phone, "message": who.message, "amount": 7.5}
    with psycopg.connect(database) as connection:
        for number in range(40):
            connection.execute(
                "INSERT INTO segue.events (source, message_id, kind, at, visitor, contact_id, account_id, name, path,"
                " url, title, referrer, search, properties) VALUES ('k', %s, %s, now() - %s * interval '1 hour',"
                " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (f"{who.visitor}-{number}", ("identify", "page", "track")[number % 3], number, who.visitor,
                 who.contact if number % 2 else None, ACCOUNT, "Demo Requested", f"/u/{who.contact}" if number % 5 == 0
                 else "/compare", url, f"Hello {who.name}", url, f"?q={who.name}", Jsonb(form)),
            )  # fmt: skip
        connection.execute(
            "INSERT INTO segue.events (source, message_id, kind, at, visitor, account_id, path, properties)"
            " VALUES ('k', %s, 'page', now(), 'colleague-browser', %s, '/compare', %s)",
            (
                f"colleague-{_token()}",
                ACCOUNT,
                Jsonb(
                    {
                        "invited_by": who.email,
                        "note": f"mail\n{who.email}\tor\x01{who.email}.",
                        "next": "https://www.example.com/?then=%2Fu%3Fm%3D" + quote(who.email, safe=""),
                    }
                ),
            ),
        )
        for event in (f'{{"type": "nonsense", "userId": "{who.contact}"}}',
                      '{"type": "x", "traits": {"email": "' + who.email.replace("a", "\\u0061") + '"}}',
                      f'{{"type": "x", "anonymousId": "{who.visitor}", "name": "{who.name}"}}'):  # fmt: skip
            connection.execute(
                "INSERT INTO segue.parked_events (source, reason, event) VALUES ('k', 'no type', %s)",
                (event,),
            )
        connection.execute(
            "INSERT INTO segue.links VALUES ('visitor_contact', %(v)s, %(c)s, 'identify', 1, now()),"
            " ('contact_account', %(c)s, %(a)s, 'email', 0.9, now()), ('visitor_account', %(v)s, %(a)s, 'ip', 0.2, now())",
            {"v": who.visitor, "c": who.contact, "a": ACCOUNT},
        )  # fmt: skip
        connection.execute(
            "INSERT INTO segue.visitors VALUES (%s, %s, %s, 'identify', 1, now(), now())",
            (who.visitor, who.contact, ACCOUNT),
        )
        traits = {"email": who.email, "name": {"crm": [who.name, None, 1]}, "phone": who.phone}
        connection.execute(
            "INSERT INTO segue.contacts (contact_id, account_id, traits) VALUES (%s, %s, %s)",
            (who.contact, ACCOUNT, Jsonb(traits)),
        )
        connection.execute(
            "INSERT INTO segue.trait_values (account_id, contact_id, trait, value, source, true_at)"
            " VALUES (%s, %s, 'full_name', %s, 'crm', now())",
            (ACCOUNT, who.contact, Jsonb(who.name)),
        )
        connection.execute(
            'UPDATE segue.contacts SET updated_at = now(), traits = traits || \'{"persona": "ciso"}\''
        )
        connection.execute(
            "UPDATE segue.accounts SET event_traits = %s", (Jsonb({"ab12": {"latest": who.name}}),)
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
