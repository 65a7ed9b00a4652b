"""A replica whose conversations are told by every protocol, and the clients that npm installed, unmodified."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from segue.accounts.stored import micros_of
from tests.service.chat.held_model import HeldModel, held_model
from tests.service.npm import installed
from tests.service.running import Service, know_acme, replica

PACKAGES = {
    "ai": "6.0.325",
    "@ai-sdk/react": "3.0.328",
    "@ai-sdk/openai-compatible": "2.0.92",
    "openai": "6.49.0",
    "react": "19.3.1",
    "react-dom": "19.3.1",
    "zod": "4.1.13",
    "esbuild": "0.28.2",
}
"""Of those that run on Node 20, the newest."""
SECRET = "a-secret-that-a-backend-shares-with-us"
HERE = Path(__file__).parent
ASKED = "How quickly would we be up and running?"
LIMITS = {
    "SEGUE_RATE_ADDRESS": "1000000/minute",
    "SEGUE_RATE_PUBLISHABLE": "1000000/minute",
    "SEGUE_IDENTITY_SECRET": SECRET,
}


@pytest.fixture(scope="session")
def model() -> Iterator[HeldModel]:
    """A model that answers when a test lets it; who asks for rules alone never asks it."""
    with held_model() as found:
        yield found


@pytest.fixture(scope="session")
def service(
    new_lasting_store: Callable[[], str], model: HeldModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A replica that knows one account, with keys for a server, browsers and nobody, and a model that has time."""
    given = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": model.url, "SEGUE_MODEL_BUDGET_MS": "10000"}
    with replica(new_lasting_store(), tmp_path_factory.mktemp("chat"), **LIMITS, **given) as found:
        for kind in ("secret", "write", "publishable"):
            _, found.keys[kind] = found.new_key(kind)
        _, found.keys["other"] = found.new_key("publishable")
        for secret in found.keys.values():
            found.heard_of(secret)
        know_acme(found)
        _wait_for_meaning(found)
        yield found


def _wait_for_meaning(service: Service) -> None:
    """Wait until proof is found by meaning: the first search has it indexed, behind the answers."""
    asked = {
        "id": "index",
        "visitor": "index",
        "messages": [{"role": "user", "parts": [{"type": "text", "text": ASKED}]}],
    }
    until = time.monotonic() + 60
    while "live_in_two_weeks" not in service.call("POST", "/v1/chat", asked).text:
        assert time.monotonic() < until, "proof is not indexed"
        time.sleep(0.2)


@pytest.fixture
def visitor() -> str:
    """A browser that nobody has seen."""
    return f"visitor-{uuid.uuid4().hex}"


@pytest.fixture
def account(service: Service) -> str:
    """An account of which all is known but how many work there."""
    name = f"{uuid.uuid4().hex}.example"
    known = {"industry": "saas", "tech": ["salesforce"], "intent": 72}
    at = micros_of(datetime(2026, 11, 1, tzinfo=UTC))
    said = {trait: {"crm": [value, None, at]} for trait, value in known.items()}
    service.rows(
        "INSERT INTO segue.accounts (account_id, domain, traits) VALUES (%s, %s, %s)", name, name, Jsonb(said)
    )
    return name


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the clients."""
    return installed("node-chat", PACKAGES)


Ran = Callable[..., Any]


@pytest.fixture
def node(node_modules: Path) -> Ran:
    """Run a script of this folder beside the clients, with arguments, and return what its last line says as JSON."""

    def run(script: str, *arguments: str) -> Any:
        place = node_modules / script
        shutil.copyfile(HERE / script, place)
        done = subprocess.run(["node", str(place), *arguments], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3_000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def user(text: str, **more: Any) -> dict[str, Any]:
    """Return a message of the AI SDK by the user."""
    return {"id": "m", "role": "user", "parts": [{"type": "text", "text": text}], **more}


def ask(service: Service, text: str, *, key: str = "secret", headers: Any = None, **more: Any) -> Any:
    """Take one turn of a chat and return the response, whole."""
    return service.post("/v1/chat", {"messages": [user(text)], **more}, key=key, headers=headers)


def chunks(response: Any) -> list[dict[str, Any]]:
    """Return the chunks of a stream that ended as one ends."""
    assert response.status_code == 200, response.text
    assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert response.headers["content-type"].startswith("text/event-stream")
    events = response.content.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""], events[-3:]
    return [json.loads(each.removeprefix("data: ")) for each in events[:-2]]


def data(found: list[dict[str, Any]], name: str) -> Any:
    """Return what the one chunk of a name says."""
    (only,) = [each["data"] for each in found if each["type"] == f"data-{name}"]
    return only
