"""Tell the story: two visits within a week, what they set off, and the cooling down that nobody asks for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any

from segue.activation.audiences import members
from segue.core.database import open_database
from segue.core.errors import UnavailableError
from segue.evals.days import let_pass
from segue.evals.served import Served
from segue.evals.story.model import Chapter, InAudience, Json, Tagged, Visit
from segue.evals.story.systems import DOMAIN, FIELD, NAME, OWNER, Systems

PACK = "saas_pipeline"
ACCOUNT = "001A"
ACCOUNT_FILE = (
    "Account ID,Account Name,Account Owner,Website,Employees,Industry,Billing Country,Tech Stack\n"
    f"{ACCOUNT},{NAME},{OWNER},{DOMAIN},900,Software,United States,Salesforce\n"
)
"""What the CRM knows of the account: an ideal customer of the pack."""
WHO = {"email": f"ada.moreno@{DOMAIN}", "name": "Ada Moreno", "title": "Chief Marketing Officer"}
FIRST = ("/compare/segue-or-a-spreadsheet",)
SECOND = ("/compare/what-it-costs",)
SDK = "segment-analytics-python"
_WITHIN = 30.0
_OPEN = ("waiting", "doing")


def tell(service: Served, systems: Systems) -> Iterator[Chapter]:
    """Yield the chapters as they happen, on a service that was started with the settings of `systems`.

    Nothing is done between two chapters: whoever looks at the store or the systems then sees them as told.
    What other accounts of the store do meanwhile is left out.

    Raises:
        UnavailableError: something did not happen in time.
    """
    teller = _Teller(service, systems)
    yield teller.chapter(1, "The CRM's file is imported", teller.import_account)
    yield teller.chapter(1, "A first visit", lambda: teller.visit(*FIRST))
    yield teller.chapter(2, "The label has held for a day", lambda: teller.wait(timedelta(hours=25)))
    yield teller.chapter(3, "A second visit in the same week", lambda: teller.visit_later(*SECOND))
    yield teller.chapter(5, "Two days in the new segment", lambda: teller.wait(timedelta(hours=49)))
    yield teller.chapter(10, "A week without a visit", lambda: teller.wait(timedelta(days=5), moves=True))
    yield teller.chapter(11, "Eight days after the visit", lambda: teller.wait(timedelta(hours=25)))


class _Teller:
    """Does things to the service, and looks at what came of them."""

    def __init__(self, service: Served, systems: Systems) -> None:
        self._service = service
        self._systems = systems
        self._finished: set[str] = set()
        self._last_move = 0
        self._seen = {"tags": 0, "alerts": 0, "webhooks": 0}
        self._started = datetime.now(UTC)

    def chapter(self, day: int, title: str, happens: Callable[[], Visit | None]) -> Chapter:
        """Let something happen, wait until what it sets off at once is done, and return all of it."""
        before, tag = self._label(), self._systems.tag()
        self._started = datetime.now(UTC)
        visit = happens()
        after = self._label()
        self._until(self._settled)
        finished = [each for each in self._consequences() if each["status"] not in _OPEN]
        news = [each for each in finished if each["id"] not in self._finished]
        self._finished |= {each["id"] for each in news}
        assert after is not None
        return Chapter(
            day, title, before, after, self._intent(), visit,
            moves=self._moves(),
            carried_out=sorted(news, key=lambda each: str(each["changed_at"])),
            planned=[each for each in self._consequences() if each["status"] == "waiting"],
            tags=self._tags(tag),
            alerts=[
                each for each in self._new("alerts", self._systems.posted())
                if each["client_msg_id"] in self._finished
            ],
            webhooks=[
                each for each in self._new("webhooks", self._systems.hooked())
                if each["account"]["id"] == ACCOUNT
            ],
            audiences=self._audiences(news),
        )  # fmt: skip

    def import_account(self) -> None:
        """Import what the CRM knows."""
        self._service.import_content(ACCOUNT_FILE.encode(), "northwind.csv", PACK, "crm")

    def visit(self, *paths: str) -> Visit:
        """Let somebody of the account look at pages, through Segment's own client where it is installed.

        All goes in one batch, so that one request brings the whole visit.
        """
        pages = [{"path": path, "url": f"https://www.example.com{path}"} for path in paths]
        if find_spec("segment") is not None:
            self._send(pages)
            return Visit(WHO["name"], paths, SDK)
        calls = [
            {"type": "identify", "traits": WHO},
            *({"type": "page", "properties": each} for each in pages),
        ]
        self._service.post("/v1/batch", {"batch": [{"userId": "ada", **each} for each in calls]})
        return Visit(WHO["name"], paths, "POST /v1/batch")

    def visit_later(self, *paths: str) -> Visit:
        """Let most of a day pass, and then somebody look at pages."""
        let_pass(self._service.database, timedelta(hours=23))
        return self.visit(*paths)

    def wait(self, period: timedelta, *, moves: bool = False) -> None:
        """Let time pass; with `moves`, until the label has changed by itself."""
        let_pass(self._service.database, period)
        self._started = datetime.now(UTC)
        if moves:
            self._until(lambda: self._last_transition() > self._last_move)

    def _send(self, pages: Sequence[Mapping[str, str]]) -> None:
        from segment.analytics.client import Client

        failed: list[Any] = []
        client = Client(
            self._service.key, host=self._service.url, upload_interval=0.2, proxies={"http": ""},
            on_error=lambda error, _: failed.append(error),
        )  # fmt: skip
        client.identify("ada", WHO)
        for page in pages:
            client.page("ada", "Site", page["path"], page)
        client.flush()
        client.join()
        if failed:
            raise UnavailableError(f"{SDK}: {failed[0]}")

    def _label(self) -> Json | None:
        found = self._known()
        return None if found is None else found["labels"][PACK]

    def _intent(self) -> float | None:
        found = self._known()
        return None if found is None else found["events"].get(PACK, {}).get("intent")

    def _known(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._service.find(f"/v1/accounts/{DOMAIN}")
        return found

    def _transitions(self) -> list[dict[str, Any]]:
        found = self._service.find(f"/v1/accounts/{DOMAIN}/transitions?pack={PACK}")
        return [] if found is None else list(reversed(found["transitions"]))

    def _last_transition(self) -> int:
        return max((each["transition_id"] for each in self._transitions()), default=0)

    def _moves(self) -> list[dict[str, Any]]:
        """Return the changes of segment since the last chapter."""
        found = [each for each in self._transitions() if each["transition_id"] > self._last_move]
        self._last_move = max((each["transition_id"] for each in found), default=self._last_move)
        return [each for each in found if each["from"] != each["to"]]

    def _consequences(self) -> list[dict[str, Any]]:
        found = self._service.get(f"/v1/consequences?limit=1000&account={ACCOUNT}")
        return [each for each in found["consequences"] if each["pack"] == PACK]

    def _settled(self) -> bool:
        """Return True once nothing is under way or due."""
        now = datetime.now(UTC)
        return not any(
            each["status"] == "doing"
            or (each["status"] == "waiting" and datetime.fromisoformat(each["due_at"]) <= now)
            for each in self._consequences()
        )

    def _tags(self, before: str | None) -> list[Tagged]:
        found = []
        for text in self._new("tags", self._systems.tags_written()):
            found.append(Tagged(FIELD, before, text or None))
            before = text or None
        return found

    def _audiences(self, news: list[dict[str, Any]]) -> list[InAudience]:
        """Return the deltas of the audiences that were touched, as `segue audience --since` writes them."""
        names = dict.fromkeys(
            each["detail"]["audience"]
            for each in news
            if each["detail"].get("joined") or each["detail"].get("left")
        )

        async def read() -> list[InAudience]:
            async with (
                open_database(self._service.database, 3) as database,
                database.transaction() as connection,
            ):
                return [
                    InAudience(name, each.action, each.domain)
                    for name in names
                    async for each in members(connection, name, self._started)
                    if each.account_id == ACCOUNT
                ]

        return asyncio.run(read()) if names else []

    def _new(self, kind: str, everything: list[Any]) -> list[Any]:
        found = everything[self._seen[kind] :]
        self._seen[kind] = len(everything)
        return found

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _WITHIN
        while not holds():
            if time.monotonic() > deadline:
                still = [f"{each['play']} {each['status']}" for each in self._consequences()]
                raise UnavailableError(
                    f"the story stopped: {', '.join(still) or 'the label does not change'}"
                )
            time.sleep(0.1)
