"""A small pack whose surfaces would tell an account different things, and replicas over a store of its own."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from segue.accounts.reader import AccountKey
from segue.agents.decision_request import Caller, DecisionRequest
from segue.api.services import Services, services
from segue.core.settings import Settings

T = TypeVar("T")
_numbers = itertools.count(1)

FILES: Mapping[str, str] = {
    "pack.yaml": """
pack: story
title: Two surfaces with two stories
decision: What to offer
dimensions: [size]
segments: [large, small, rest]
surfaces: [web, chat]
sources: {crm: 1.0}
lease: 1h
guardrails:
  - {id: stop, forbid: {plays: [meeting_page]}, when: "stopped", reason: stopped}
""",
    "traits.yaml": """
size: {type: integer, layer: firmographic, from: [crm]}
stopped: {type: boolean, layer: contextual, from: [crm], absent: false}
persona: {type: text, scope: contact, layer: contextual}
path: {type: text, scope: request, layer: behavioral}
""",
    "segments/large.yaml": """
segment: large
title: Large
when: size >= 100
surfaces:
  web: {default: plain_page, allow: [plain_page, meeting_page, trial_page]}
  chat: {default: hello, allow: [hello, book, start_trial]}
limits:
  - {plays: [meeting_page], at_most: 1, per: account, over: 7d}
""",
    "segments/small.yaml": """
segment: small
title: Small
when: size < 100
surfaces:
  web: {default: trial_page, allow: [trial_page, plain_page]}
  chat: {default: start_trial}
measure: {goal: trial, within: 30d, holdout: 0.3}
experiments:
  - {experiment: plain_or_trial, surface: web, arms: {trial_page: 0.5, plain_page: 0.5}, until: 2090-01-01}
""",
    "segments/rest.yaml": """
segment: rest
title: Everybody else
surfaces: {web: {default: nothing_page}, chat: {default: hello}}
""",
    "plays/meeting_page.yaml": "{play: meeting_page, title: Meet, kind: page, channel: web, goal: meeting, propensity: 0.5, value: 900, offer: A session, message: Meet us, parameters: {slot: hero, slots: {aside: By the way}}}",
    "plays/trial_page.yaml": "{play: trial_page, title: Try, kind: page, channel: web, goal: trial, propensity: 0.5, value: 100}",
    "plays/plain_page.yaml": "{play: plain_page, title: Plain, kind: page, channel: web}",
    "plays/nothing_page.yaml": "{play: nothing_page, title: The page as it is, kind: page, channel: web}",
    "plays/hello.yaml": "{play: hello, title: Hello, kind: reply, channel: chat, message: Hello}",
    "plays/book.yaml": "{play: book, title: Book, kind: meeting, channel: chat, goal: meeting, owner: pod, propensity: 0.5, value: 100, offer: A session}",
    "plays/start_trial.yaml": "{play: start_trial, title: Trial, kind: cta, channel: chat, goal: trial, propensity: 0.5, value: 900}",
    "routing.yaml": """
pods:
  - {pod: all, reps: [{rep: a@example.com}, {rep: b@example.com}]}
order: [pod, fallback]
fallback: {play: hello}
""",
}


@dataclass(frozen=True)
class Store:
    """The database, and the folder of the pack."""

    url: str
    folder: Path

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database, or change it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query.encode(), parameters)
            return found.fetchall() if found.description else []

    def account(self, **facts: Any) -> str:
        """Store an account of which the CRM says something, and return its id."""
        account = f"acc-{next(_numbers)}"
        self.know(account, **facts)
        return account

    def know(self, account: str, **facts: Any) -> None:
        """Store what the CRM says of an account."""
        said = {name: {"crm": [value, None, 1_795_000_000_000_000]} for name, value in facts.items()}
        self.rows(
            "INSERT INTO segue.accounts (account_id, traits) VALUES (%s, %s)"
            " ON CONFLICT (account_id) DO UPDATE SET traits = excluded.traits",
            account, Jsonb(said),
        )  # fmt: skip

    @asynccontextmanager
    async def replica(self) -> AsyncIterator[Services]:
        """Open a replica with a pool of its own, as `segue serve` does in its process."""
        parts = services(Settings(activation_concurrency=0, data_dir=self.folder.parent / "data"), self.url)
        await parts.database.open()
        await parts.policies.start([self.folder], [], "test")
        await parts.open()
        try:
            yield parts
        finally:
            await parts.close()

    def run(self, do: Callable[[Services], Awaitable[T]]) -> T:
        """Do something with one replica."""

        async def with_replica() -> T:
            async with self.replica() as parts:
                return await do(parts)

        return asyncio.run(with_replica())


async def decided(parts: Services, account: str, surface: str, **asked: Any) -> dict[str, Any]:
    """Decide for an account, and return the answer."""
    request = DecisionRequest(surface, AccountKey(account), **asked)
    found: dict[str, Any] = json.loads((await parts.decisions.decide(request, Caller("key"))).body)
    return found


def written(folder: Path, **changes: str) -> Path:
    """Write the pack into a folder, with whole files replaced; `__` in a name stands for `/`."""
    texts = {**FILES, **{f"{name.replace('__', '/')}.yaml": text for name, text in changes.items()}}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
