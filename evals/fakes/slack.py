"""A Slack that knows some people, keeps what is posted and shown, and signs what it sends."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from segue.evals.fakes.server import Answer, Asked, FakeServer

TOKEN = "xoxb-of-the-fakes"  # noqa: S105 - it opens nothing
SIGNING_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - it signs for fakes alone
_KEPT = {
    "chat.postEphemeral": "ephemeral", "chat.update": "updated", "views.open": "opened",
    "assistant.threads.setStatus": "statuses", "assistant.threads.setTitle": "titles",
    "assistant.threads.setSuggestedPrompts": "prompts",
}  # fmt: skip
"""Methods that are kept, by the list that holds what they were asked."""
_JSON = ("blocks", "metadata", "view", "prompts")


class FakeSlack(FakeServer):
    """Answers the methods that alerts and the assistant use, in JSON and in forms; knows errors by Slack's words."""

    def __init__(self, **people: str) -> None:
        super().__init__()
        self.people = people
        """Local part of an address to the id of its user."""
        self.posted: list[dict[str, Any]] = []
        self.ephemeral: list[dict[str, Any]] = []
        self.updated: list[dict[str, Any]] = []
        self.opened: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.titles: list[dict[str, Any]] = []
        self.prompts: list[dict[str, Any]] = []
        self.responded: list[dict[str, Any]] = []
        """What came to a `response_url`."""
        self.may_read = True
        """Whether the app has the scopes to read what it posted."""
        self._history: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        """Answer as Slack does: errors are JSON with status 200."""
        if asked.path.startswith("/response/"):
            self.responded.append(asked.json)
            return Answer(200, {"ok": True})
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refused("invalid_auth")
        said = {name: values[0] for name, values in asked.query.items()}
        said |= asked.json if asked.body else {}
        for name in _JSON:
            if isinstance(said.get(name), str):
                said[name] = json.loads(said[name])
        return self._method(asked.path.rpartition("/")[2], said)

    def _method(self, method: str, said: dict[str, Any]) -> Answer:
        if method == "auth.test":
            return Answer(
                200, {"ok": True, "team_id": "T1", "user_id": "UBOT", "bot_id": "BBOT", "user": "segue"}
            )
        if method == "users.info":
            return self._person(said["user"])
        if method == "users.lookupByEmail":
            user = self.people.get(said["email"].partition("@")[0])
            if user is None:
                return _refused("users_not_found")
            return Answer(200, {"ok": True, "user": {"id": user}})
        if method == "conversations.open" and self.may_read:
            return Answer(200, {"ok": True, "channel": {"id": _channel(said["users"])}})
        if method == "conversations.history" and self.may_read:
            return self._read(said)
        if method in _KEPT:
            if isinstance(said.get("blocks"), list) and (wrong := wrong_blocks(said["blocks"])):
                return _refused(wrong)
            getattr(self, _KEPT[method]).append(said)
            return Answer(200, {"ok": True, "ts": said.get("ts") or f"{time.time():.6f}"})
        return self._post(said) if method == "chat.postMessage" else _refused("missing_scope")

    def _person(self, user: str) -> Answer:
        local = next((name for name, known in self.people.items() if known == user), None)
        if local is None:
            return _refused("user_not_found")
        profile = {"email": f"{local.replace('__', '.')}@example.com"}
        return Answer(200, {"ok": True, "user": {"id": user, "tz_offset": 3600, "profile": profile}})

    def _post(self, said: dict[str, Any]) -> Answer:
        if wrong := wrong_blocks(said.get("blocks") or []):
            return _refused(wrong)
        self.posted.append(said)
        kept = {"channel": _channel(said["channel"]), "ts": f"{time.time():.6f}"}
        self._history.append({**kept, "metadata": said.get("metadata")})
        return Answer(200, {"ok": True, **kept})

    def _read(self, said: dict[str, Any]) -> Answer:
        if said["channel"].startswith("U"):
            return _refused("channel_not_found")
        found = [
            {"type": "message", **each}
            for each in reversed(self._history)
            if each["channel"] == said["channel"] and float(each["ts"]) > float(said["oldest"])
        ]
        start, limit = int(said.get("cursor") or 0), int(said["limit"])
        following = str(start + limit) if start + limit < len(found) else ""
        page = found[start : start + limit]
        return Answer(200, {"ok": True, "messages": page, "response_metadata": {"next_cursor": following}})


def signed(body: bytes, at: float | None = None, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Return the headers by which Slack proves that a body is its own."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def event_body(event: dict[str, Any], event_id: str) -> tuple[bytes, str]:
    """Return the body of an event and its content type."""
    whole = {
        "type": "event_callback", "event_id": event_id, "team_id": "T1", "api_app_id": "A1", "token": "t",
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}], "event": event,
    }  # fmt: skip
    return json.dumps(whole).encode(), "application/json"


def form_body(fields: dict[str, Any]) -> tuple[bytes, str]:
    """Return the body of a command, or of a press with its `payload`, and its content type."""
    plain = {
        name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in fields.items()
    }
    return urlencode(plain).encode(), "application/x-www-form-urlencoded"


def wrong_blocks(blocks: list[dict[str, Any]]) -> str:
    """Return what Slack would say against some blocks, or nothing: its limits on their number and texts."""
    if len(blocks) > 50:
        return "invalid_blocks_too_many"
    most = {"header": 150, "section": 3_000}
    for block in blocks:
        text = (block.get("text") or {}).get("text")
        if block["type"] in most and text is not None and not 1 <= len(text) <= most[block["type"]]:
            return f"invalid_blocks_{block['type']}"
        elements = block.get("elements") or []
        if len(elements) > (10 if block["type"] == "context" else 25):
            return "invalid_blocks_elements"
        ids = [each.get("action_id") for each in elements if "action_id" in each]
        if len(set(ids)) != len(ids):
            return "invalid_blocks_action_ids"
        for each in elements:
            words = each.get("text")
            shown = words.get("text", "") if isinstance(words, dict) else ""
            if each["type"] == "button" and (not 1 <= len(shown) <= 75 or len(each.get("value", "")) > 2_000):
                return "invalid_blocks_button"
    return ""


def _refused(code: str) -> Answer:
    return Answer(200, {"ok": False, "error": code})


def _channel(where: str) -> str:
    """Return the id of a channel; of a person, that of the conversation with them."""
    return f"D{where[1:]}" if where.startswith("U") else where
