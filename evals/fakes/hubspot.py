"""A HubSpot with some companies: `search`, `get` and `update`, as its API answers them."""

from __future__ import annotations

import re
from typing import Any

from segue.evals.fakes.server import Answer, Asked, FakeServer

TOKEN = "pat-of-the-fakes"  # noqa: S105 - it opens nothing
STAMP = "2026-11-20T10:00:00.000Z"


class FakeHubSpot(FakeServer):
    """Keeps companies by their id: their properties."""

    def __init__(self) -> None:
        super().__init__()
        self.companies: dict[str, dict[str, str]] = {}
        self.written: list[tuple[str, dict[str, str]]] = []

    def answer(self, asked: Asked) -> Answer:
        """Answer a call of the API, or refuse its token."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"status": "error", "message": "token", "category": "INVALID_AUTHENTICATION"})
        if asked.path.endswith("/search"):
            return self._search(asked.json)
        match = re.fullmatch(r"/crm/(?:v3/)?objects/(?:[\w-]+/)?companies/(\w+)", asked.path)
        assert match, asked.path
        company = self.companies.get(match[1])
        if company is None:
            return Answer(404, {"status": "error", "message": "resource not found"})
        if asked.method == "PATCH":
            company.update(asked.json["properties"])
            self.written.append((match[1], asked.json["properties"]))
        return Answer(200, self._shown(match[1]))

    def _search(self, said: dict[str, Any]) -> Answer:
        (condition,) = said["filterGroups"][0]["filters"]
        name = condition["propertyName"]
        found = [
            key
            for key, properties in self.companies.items()
            if (
                properties.get(name) == condition["value"]
                if condition["operator"] == "EQ"
                else properties.get(name)
            )
        ]
        start = int(said.get("after") or 0)
        page = found[start : start + said["limit"]]
        body: dict[str, Any] = {"total": len(found), "results": [self._shown(key) for key in page]}
        if start + len(page) < len(found):
            body["paging"] = {"next": {"after": str(start + len(page))}}
        return Answer(200, body)

    def _shown(self, key: str) -> dict[str, Any]:
        return {
            "id": key,
            "properties": self.companies[key],
            "createdAt": STAMP,
            "updatedAt": STAMP,
            "archived": False,
        }
