"""A Slack that knows some people and keeps what is posted."""

from __future__ import annotations

import json
from typing import Any

from segue.evals.fakes.server import Answer, Asked, FakeServer

TOKEN = "xoxb-of-the-fakes"  # noqa: S105 - it opens nothing


class FakeSlack(FakeServer):
    """Answers `users.lookupByEmail` and `chat.postMessage`."""

    def __init__(self, **people: str) -> None:
        super().__init__()
        self.people = people
        """Local part of an address to the id of its user."""
        self.posted: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        """Answer as Slack does: errors are JSON with status 200."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(200, {"ok": False, "error": "invalid_auth"})
        said = {name: values[0] for name, values in asked.query.items()}
        said |= asked.json if asked.body else {}
        if asked.path.endswith("/users.lookupByEmail"):
            user = self.people.get(said["email"].partition("@")[0])
            if user is None:
                return Answer(200, {"ok": False, "error": "users_not_found"})
            return Answer(200, {"ok": True, "user": {"id": user}})
        assert asked.path.endswith("/chat.postMessage"), asked.path
        for name in ("blocks", "metadata"):
            if isinstance(said.get(name), str):
                said[name] = json.loads(said[name])
        self.posted.append(said)
        return Answer(200, {"ok": True, "channel": said["channel"], "ts": f"{len(self.posted)}.0"})
