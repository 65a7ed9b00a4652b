"""Events that are wrong in every way: a clear status, the good ones stored, the bad ones parked with their reason."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.service.events.conftest import stored
from tests.service.running import Service

NOW = datetime.now(UTC)


def event(number: int, **more: Any) -> dict[str, Any]:
    """A page event."""
    return {
        "type": "page",
        "messageId": f"m{number}",
        "anonymousId": "bad-v1",
        "timestamp": NOW.isoformat(),
        **more,
    }


def send(service: Service, secret: str, body: Any, path: str = "/v1/batch", **headers: str) -> int:
    """Send a body as it is, or as JSON, and return the status."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "Authorization": f"Bearer {secret}",
        **{name.replace("_", "-"): each for name, each in headers.items()},
    }
    answer = service.client.post(service.url + path, content=content, headers=sent)
    if answer.status_code == 200:
        assert answer.json() == {"success": True}
    else:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


def parked(service: Service, secret: str) -> list[tuple[Any, ...]]:
    """Return what was parked of a key's events."""
    return service.rows(
        "SELECT message_id, reason FROM segue.parked_events WHERE source = %s ORDER BY parked_id",
        secret.split("_")[2],
    )


def deep(levels: int) -> Any:
    """A value nested so deep."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


BAD: dict[str, tuple[Any, str]] = {
    "no object": (7, "expected an object"),
    "no type": (event(1, type=None), "type: expected one of"),
    "another type": (event(1, type="frobnicate"), "found 'frobnicate'"),
    "nobody": (event(1, anonymousId=None), "expected userId or anonymousId"),
    "an id of another type": (event(1, userId={"a": 1}), "userId: expected text"),
    "a long id": (event(1, userId="x" * 301), "at most 300 characters"),
    "no name": (event(1, type="track"), "a track call needs the name"),
    "no group": (event(1, type="group"), "a group call needs one"),
    "half an alias": (event(1, type="alias", userId="a"), "expected userId and previousId"),
    "a bad time": (event(1, timestamp="yesterday"), "timestamp: expected ISO 8601"),
    "before the epoch": (event(1, timestamp="1066-10-14T00:00:00Z"), "from 1970 to 2199"),
    "properties of another type": (event(1, properties=[1]), "properties: expected an object"),
    "too deep": (event(1, properties=deep(40)), "nested deeper than 32"),
    "too large": (event(1, properties={"a": "x" * 40_000}), "bytes, expected at most 32,768"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_bad_event_among_five_hundred(service: Service, new_key: str, name: str) -> None:
    bad, reason = BAD[name]
    batch: list[Any] = [event(number) for number in range(2, 501)]
    batch.insert(250, bad)
    assert send(service, new_key, {"batch": batch}) == 200
    assert len(stored(service, new_key)) == 499
    ((message_id, why),) = parked(service, new_key)
    assert reason in why and message_id == (bad["messageId"] if isinstance(bad, dict) else None)


def test_times_long_past_and_to_come_are_kept(service: Service, new_key: str) -> None:
    times = [datetime(2019, 3, 1, tzinfo=UTC), datetime(2031, 3, 1, tzinfo=UTC)]
    assert (
        send(service, new_key, {"batch": [event(n, timestamp=at.isoformat()) for n, at in enumerate(times)]})
        == 200
    )
    assert [row[0] for row in stored(service, new_key, "at")] == times


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_that_is_days_off(service: Service, new_key: str, days: int) -> None:
    skewed = datetime.now(UTC) + timedelta(days=days)
    batch = [event(1, timestamp=(skewed - timedelta(hours=2)).isoformat())]
    assert send(service, new_key, {"batch": batch, "sentAt": skewed.isoformat()}) == 200
    at = stored(service, new_key, "at")[0][0]
    assert abs(at - (datetime.now(UTC) - timedelta(hours=2))) < timedelta(minutes=1)


def test_characters_that_no_store_takes(service: Service, new_key: str) -> None:
    body = json.dumps({"batch": [
        event(1, properties={"path": "/a\x00b", "k\x00": ["\ud800x", "\U0001f600"]}), event(2, name="\udfff"), event(3, userId="u\x00"),
    ]}).encode()  # fmt: skip
    assert send(service, new_key, body) == 200
    assert (
        send(
            service,
            new_key,
            b'{"batch": [{"type":"page","anonymousId":"v","messageId":"m9","name":"\xff\xfe","x":NaN,"properties":{"n":1e999,"i":%s}}]}'
            % (b"9" * 5000),
        )
        == 200
    )
    found = stored(service, new_key, "message_id, path, properties, user_id")
    by_id = {row[0]: row for row in found}
    assert by_id["m1"][1:3] == ("/ab", {"path": "/ab", "k": ["\ufffdx", "\U0001f600"]})
    assert by_id["m3"][3] == "u" and by_id["m9"][2] == {"n": None, "i": None} and not parked(service, new_key)


def test_nulls_numbers_and_no_ids(service: Service, new_key: str) -> None:
    plain = {
        "type": "track",
        "userId": 42,
        "event": "A",
        "properties": None,
        "context": None,
        "integrations": None,
        "messageId": None,
        "timestamp": None,
    }
    assert send(service, new_key, {"batch": [plain, plain], "sentAt": None, "context": None}) == 200
    assert send(service, new_key, {"batch": [plain]}) == 200
    assert stored(service, new_key, "user_id, name") == [("42", "A")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"7", 400), (b'"x"', 400), (b"{}", 400), (b'{"batch": {}}', 400),
        (b"\x1f\x8b rubbish", 400), (gzip.compress(b'{"batch":[]}')[:-4], 400), (b"[" * 100_000, 400),
        (b'{"batch":[]}', 200), (gzip.compress(b'{"batch":[]}'), 200),
        (gzip.compress(b"0" * 200_000_000), 413), (b'{"batch":[' + b" " * 600_000 + b"]}", 413),
        (json.dumps({"batch": [event(1, properties={"a": "x" * 1_000_000})]}).encode(), 413),
    ],
    ids=range(15),
)  # fmt: skip
def test_envelopes(service: Service, new_key: str, body: bytes, status: int) -> None:
    assert send(service, new_key, body) == status
    assert not stored(service, new_key)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json", "x/y", ""]
)
def test_any_content_type_and_encoding(service: Service, new_key: str, kind: str) -> None:
    body = json.dumps({"batch": [event(1)]}).encode()
    assert send(service, new_key, gzip.compress(body), Content_Type=kind, Content_Encoding="gzip") == 200
    assert send(service, new_key, body, Content_Type=kind) == 200
    assert send(service, new_key, zlib.compress(body), Content_Encoding="deflate") == 400
    assert len(stored(service, new_key)) == 1


@pytest.mark.parametrize("kind", ["identify", "track", "page", "screen", "group", "alias"])
def test_short_forms_and_the_key_in_the_body(service: Service, new_key: str, kind: str) -> None:
    body = {
        **event(1),
        "userId": "short",
        "event": "A",
        "groupId": "short-forms.com",
        "previousId": "p",
        "writeKey": new_key,
    }
    for path in (f"/v1/{kind}", f"/v1/{kind[0]}"):
        answer = service.client.post(service.url + path, content=json.dumps(body).encode())
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert stored(service, new_key, "kind") == [(kind,)]
    assert (
        service.client.post(
            service.url + "/v1/b", content=json.dumps({"batch": [], "writeKey": "x"}).encode()
        ).status_code
        == 401
    )


def test_crawlers_are_marked_and_make_nobody(service: Service, new_key: str) -> None:
    bot = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
    body = event(1, type="identify", userId="crawler", traits={"email": "x@crawled.com"}, context=bot)
    assert send(service, new_key, {"batch": [body]}) == 200
    assert stored(service, new_key, "mark, account_id") == [("bot", None)]
    assert service.rows("SELECT count(*) FROM segue.accounts WHERE account_id = 'crawled.com'") == [(0,)]


def test_a_value_of_another_type_is_parked_and_its_event_is_stored(service: Service, new_key: str) -> None:
    traits = {"email": "ada@typed.com", "employees": {"a": 1}, "industry": "saas"}
    assert (
        send(service, new_key, {"batch": [event(1, type="identify", userId="typed", traits=traits)]}) == 200
    )
    assert stored(service, new_key, "account_id") == [("typed.com",)]
    ((_, why),) = parked(service, new_key)
    assert why.startswith("trait employees: expected")
    said = service.rows("SELECT traits FROM segue.accounts WHERE account_id = 'typed.com'")[0][0]
    assert "employees" not in said and said["industry"]["declared"][0] == "saas"


@pytest.mark.parametrize(("mail", "account"), [("a@gmail.com", None), ("a@mailinator.com", None), ("a@mit.edu", None), ("a@ox.ac.uk", None), ("a@verizon.com", "verizon.com"), ("a@shop.acme-mail.co.uk", "acme-mail.co.uk")])  # fmt: skip
def test_whose_mail_makes_an_account(service: Service, new_key: str, mail: str, account: str | None) -> None:
    assert (
        send(
            service,
            new_key,
            {
                "batch": [
                    event(1, type="identify", userId=f"u-{mail}", anonymousId=None, traits={"email": mail})
                ]
            },
        )
        == 200
    )
    assert stored(service, new_key, "account_id") == [(account,)]


def test_what_a_browser_claims(service: Service) -> None:
    """A forged group call resolves nothing; agreed with by a work address, it counts."""
    _, secret = service.new_key("publishable")
    service.heard_of(secret)
    group = event(
        1,
        type="group",
        anonymousId="forger",
        groupId="forged.com",
        traits={"employees": 5, "annual_revenue": 9},
    )
    assert send(service, secret, {"batch": [group, event(2, anonymousId="forger")]}) == 200
    assert stored(service, secret, "account_id, trusted") == [(None, False)] * 2
    claim = event(
        3, type="identify", anonymousId="forger", userId="honest", traits={"email": "me@forged.com"}
    )
    assert send(service, secret, {"batch": [claim]}) == 200
    assert {row[0] for row in stored(service, secret, "account_id")} == {"forged.com"}
    assert service.rows("SELECT confidence FROM segue.contacts WHERE contact_id = 'honest'")[0][0] < 0.6


def test_an_alias_loop(service: Service, new_key: str) -> None:
    loop = [
        event(1, type="alias", userId="loop-a", previousId="loop-b"),
        event(2, type="alias", userId="loop-b", previousId="loop-a"),
        event(3, type="alias", userId="loop-a", previousId="loop-a"),
        event(4, anonymousId="loop-a"),
    ]
    assert send(service, new_key, {"batch": loop}) == 200
    assert len(stored(service, new_key)) == 4
