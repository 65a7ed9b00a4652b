"""Any text in any place is answered with a status that the OpenAPI document names, and never a 5xx.

In CI every text goes into one of four places of an operation. With `SEGUE_TEST_LONG=1` it goes into each of
them, and every pair of texts to the decision too.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.service.operations import (
    CALLS,
    Operation,
    documented,
    filled,
    live_revision,
    places,
    put_at,
    renamed_at,
)
from tests.service.running import Service
from tests.service.strings import TEXTS, VALUES

pytestmark = pytest.mark.trial

ROUTING = {404, 405}
"""What a text in a path may make of it: another path."""
ONE_OF_EACH = {
    ("POST", "/v1/policies"): [
        ("files", each) for each in ("pack.yaml", "traits.yaml", "segments/ready.yaml", "plays/meet.yaml")
    ]
}
"""Places that stand for many that are read in the same way."""
OF_EVERY_EVENT = {"messageId", "anonymousId", "timestamp"}
"""Fields that one reader reads for every kind of event: `POST /v1/track` has them tried for all."""
LOOKS_EVERYWHERE = ("DELETE", "/v1/contacts/{contact_id}")
"""An erasure reads the whole store each time: one text of four goes into it, in CI."""
HEADERS = ("Idempotency-Key", "X-Request-ID", "Origin", "Content-Type", "Authorization", "Accept", "Host")


def share(texts: Sequence[str], number: int) -> Sequence[str]:
    """Return the texts for one of several places: one of four, all of them where there is time."""
    return texts if "SEGUE_TEST_LONG" in os.environ else texts[number % 4 :: 4]


def url_of(path: str, parts: dict[str, str], query: dict[str, str]) -> str:
    """Return the path and query of a call, every text percent-encoded as bytes."""
    for name, text in parts.items():
        path = path.replace(f"{{{name}}}", quote(text.encode("utf-8", "surrogatepass"), safe=""))
    encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in query.items()}
    return f"{path}?{urlencode(encoded)}" if query else path


def sent(service: Service, operation: Operation, url: str, body: Any, content: bytes | None) -> int:
    """Send a call and return its status; a problem that is none fails."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    data = json.dumps(body).encode() if body is not None else content
    found = service.call(operation[0], url, content=data, headers=headers)
    if found.status_code >= 400:
        assert found.headers["content-type"] == "application/problem+json", found.text
        assert found.json()["status"] == found.status_code and found.json()["detail"]
    elif url == "/v1/decisions:batch":
        inner = [each["status"] for each in found.json()["decisions"]]
        assert all(status in (200, 403, 404, 409, 422) for status in inner), (body, inner)
    return found.status_code


@pytest.mark.parametrize("operation", CALLS, ids=" ".join)
def test_any_text_in_any_place(fuzzed: Service, operation: Operation) -> None:
    call = CALLS[operation]
    allowed = {int(status) for status in documented(fuzzed)[operation]["responses"]}
    body = filled(call, live_revision(fuzzed))
    statuses: Counter[int] = Counter()
    wrong: list[Any] = []

    def check(what: Any, status: int, also: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        statuses[status] += 1
        if status >= 500 or status not in allowed | also:
            wrong.append((what, status))

    sparing = operation == LOOKS_EVERYWHERE and "SEGUE_TEST_LONG" not in os.environ
    for text in TEXTS[:: 4 if sparing else 1]:
        for name in call.path:
            url = url_of(operation[1], {**call.path, name: text}, call.query)
            check((name, text), sent(fuzzed, operation, url, body, call.content), ROUTING)
        for name in call.query:
            url = url_of(operation[1], call.path, {**call.query, name: text})
            check((name, text), sent(fuzzed, operation, url, body, call.content))
        if body is None and call.content is not None:
            content = text.encode("utf-8", "surrogatepass")
            url = url_of(operation[1], call.path, call.query)
            for data in (content, b"Website,Name\na.example,%b\n" % content):
                check(data, sent(fuzzed, operation, url, None, data))
    url = url_of(operation[1], call.path, call.query)
    for number, at in enumerate(ONE_OF_EACH.get(operation, places(body) if body is not None else ())):
        if at[-1] in OF_EVERY_EVENT and operation != ("POST", "/v1/track"):
            continue
        for value in (*share(TEXTS, number), *VALUES):
            check((at, value), sent(fuzzed, operation, url, put_at(body, at, value), None))
        for text in share(TEXTS, number + 1) if isinstance(at[-1], str) else ():
            check((at, text, "key"), sent(fuzzed, operation, url, renamed_at(body, at, text), None))
    for value in VALUES if body is not None else ():
        check(value, sent(fuzzed, operation, url, value, None))
    assert not wrong, (len(wrong), wrong[:5])


def test_any_text_in_any_header(fuzzed: Service) -> None:
    """Sent by a bare socket: what no client lets out reaches the server too."""
    parts = urlsplit(fuzzed.url)
    body = b'{"surface":"chat","visitor":"v"}'
    for name, text in itertools.product(HEADERS, TEXTS):
        headers = {
            "Host": b"localhost", "Content-Type": b"application/json", "Connection": b"close",
            "Authorization": f"Bearer {fuzzed.keys['secret']}".encode(), name: text.encode("utf-8", "surrogatepass"),
        }  # fmt: skip
        lines = [b"%b: %b" % (each.encode(), value) for each, value in headers.items()]
        lines = [b"POST /v1/decisions HTTP/1.1", *lines, b"Content-Length: %d" % len(body), b"", body]
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as connection:
            connection.sendall(b"\r\n".join(lines))
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4")), (name, text, answer[:200])
        assert b"\r\nx-injected" not in answer.lower().partition(b"\r\n\r\n")[0], (name, text)


@pytest.mark.skipif("SEGUE_TEST_LONG" not in os.environ, reason="SEGUE_TEST_LONG=1 runs it")
def test_any_two_texts(fuzzed: Service) -> None:
    for visitor, path in itertools.product(TEXTS, TEXTS):
        body = {"surface": "chat", "visitor": visitor, "context": {"path": path}}
        assert sent(fuzzed, ("POST", ""), "/v1/decisions", body, None) < 500
