"""A Slack that knows some people and keeps what is posted."""

from __future__ import annotations

import json
import time
from typing import Any

from segue.evals.fakes.server import Answer, Asked, FakeServer

TOKEN = "xoxb-of-the-fakes"  # noqa: S105 - it opens nothing


class FakeSlack(FakeServer):
    """Answers `users.lookupByEmail`, `chat.postMessage`, `conversations.open` and `conversations.history`."""

    def __init__(self, **people: str) -> None:
        super().__init__()
        self.people = people
        """Local part of an address to the id of its user."""
        self.posted: list[dict[str, Any]] = []
        self.may_read = True
        """Whether the app has the scopes to read what it posted."""
        self._history: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        """Answer as Slack does: errors are JSON with status 200."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refused("invalid_auth")
        said = {name: values[0] for name, values in asked.query.items()}
        said |= asked.json if asked.body else {}
        method = asked.path.rpartition("/")[2]
        if method == "users.lookupByEmail":
            user = self.people.get(said["email"].partition("@")[0])
            return (
                _refused("users_not_found")
                if user is None
                else Answer(200, {"ok": True, "user": {"id": user}})
            )
        if method == "conversations.open" and self.may_read:
            return Answer(200, {"ok": True, "channel": {"id": _channel(said["users"])}})
        if method == "conversations.history" and self.may_read:
            return self._read(said)
        return self._post(said) if method == "chat.postMessage" else _refused("missing_scope")

    def _post(self, said: dict[str, Any]) -> Answer:
        for name in ("blocks", "metadata"):
            if isinstance(said.get(name), str):
                said[name] = json.loads(said[name])
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


def _refused(code: str) -> Answer:
    return Answer(200, {"ok": False, "error": code})


def _channel(where: str) -> str:
    """Return the id of a channel; of a person, that of the conversation with them."""
    return f"D{where[1:]}" if where.startswith("U") else where
