"""A Salesforce with some accounts: the queries that Segue makes, and updates, as its API answers them."""

from __future__ import annotations

import re
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from segue.evals.fakes.server import Answer, Asked, FakeServer

SESSION = "00D-of-the-fakes"
INSTANCE = "https://tests.my.salesforce.com"


class FakeSalesforce(FakeServer):
    """Keeps accounts by their id: their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, dict[str, Any]] = {}
        self.written: list[tuple[str, dict[str, Any]]] = []

    def answer(self, asked: Asked) -> Answer:
        """Answer a call of the API, or refuse its session."""
        if asked.headers.get("authorization") != f"Bearer {SESSION}":
            return Answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        if "/query/" in asked.path:
            return self._query(asked.query["q"][0])
        match = re.search(r"/sobjects/Account/(\w+)$", asked.path)
        assert match and asked.method == "PATCH", asked.path
        self.accounts[match[1]].update(asked.json)
        self.written.append((match[1], asked.json))
        return Answer(204)

    def _query(self, soql: str) -> Answer:
        select = re.match(
            r"SELECT Id, Website, (\w+) FROM Account WHERE (.*?)( ORDER BY CreatedDate)?$", soql
        )
        assert select, soql
        field, condition = select[1], select[2]
        quoted = set(re.findall(r"'([^']*)'", condition))
        records = [
            {"Id": key, "Website": fields.get("Website"), field: fields.get(field)}
            for key, fields in self.accounts.items()
            if (condition == f"{field} != null" and fields.get(field) is not None)
            or (condition.startswith("Id =") and key in quoted)
            or (condition.startswith("Website IN") and fields.get("Website") in quoted)
        ]
        return Answer(200, {"totalSize": len(records), "done": True, "records": records})


class Detour(HTTPAdapter):
    """Takes requests of https, which simple-salesforce insists on, to a server on loopback."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send it there."""
        assert request.url is not None
        request.url = request.url.replace(INSTANCE, self._url)
        return super().send(request, *args, **kwargs)
