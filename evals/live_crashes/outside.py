"""Everything beside the service: the systems that it tells, and Segment's clients that send it events."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.core.errors import UnavailableError
from segue.evals.fakes.hubspot import TOKEN as HUBSPOT_TOKEN
from segue.evals.fakes.hubspot import FakeHubSpot
from segue.evals.fakes.receiver import SECRET, Receiver
from segue.evals.fakes.slack import TOKEN as SLACK_TOKEN
from segue.evals.fakes.slack import FakeSlack
from segue.evals.live_crashes.visits import Visit, domain_of, is_in_crm

_DELAY = 0.1
"""Seconds between doing and answering: a kill in between is the one that is hard to get right."""
_FINISH_WITHIN = 180.0
"""Seconds that a client has to send what is left."""


class Told:
    """Slack, HubSpot and a receiver of webhooks, and what each was told under which id."""

    def __init__(self, accounts: int) -> None:
        reps = ("avery.cole", "jordan.reyes", "sam.okafor", "lena.vogel", "ines.duarte", "tom.ashdown")
        self.slack = FakeSlack(**{name: f"U{number}" for number, name in enumerate(reps)})
        self.hubspot, self.webhooks = FakeHubSpot(), Receiver()
        known = (domain_of(number) for number in range(accounts) if is_in_crm(number))
        self.hubspot.companies |= {str(1_000 + n): {"domain": domain} for n, domain in enumerate(known)}

    @contextmanager
    def running(self) -> Iterator[dict[str, str]]:
        """Serve until the block ends; gives the settings by which a service tells them."""
        with ExitStack() as stack:
            for fake in (self.slack, self.hubspot, self.webhooks):
                fake.delay = _DELAY
                stack.enter_context(fake.running())
            yield {
                "SLACK_BOT_TOKEN": SLACK_TOKEN, "SEGUE_SLACK_URL": f"{self.slack.url}/api/",
                "SEGUE_SLACK_CHANNEL": "C0", "HUBSPOT_ACCESS_TOKEN": HUBSPOT_TOKEN,
                "SEGUE_HUBSPOT_URL": self.hubspot.url, "SEGUE_WEBHOOK_URL": f"{self.webhooks.url}/hook",
                "SEGUE_WEBHOOK_SECRET": SECRET, "SEGUE_ALLOW_PRIVATE_TARGETS": "127.0.0.1",
            }  # fmt: skip

    def by_webhook(self) -> Mapping[str, Counter[str]]:
        """Return the ids of webhooks, and how often each came with which body."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for asked in list(self.webhooks.asked):
            found[asked.headers["webhook-id"]][hashlib.sha256(asked.body).hexdigest()] += 1
        return found

    def by_slack(self) -> Mapping[str, Counter[str]]:
        """Return the ids of alerts, and how often each came with which words."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for said in list(self.slack.posted):
            words = json.dumps([said[name] for name in ("channel", "text", "blocks")], sort_keys=True)
            found[said["metadata"]["event_payload"]["consequence_id"]][words] += 1
        return found

    def tags(self) -> set[tuple[str, str, str]]:
        """Return what was written into the CRM: record, field and value."""
        return {
            (record, name, value)
            for record, changes in list(self.hubspot.written)
            for name, value in changes.items()
        }


@dataclass(slots=True)
class Sent:
    """What the clients were given and what they saw of it."""

    visits: dict[str, Visit] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    """Message id to how many answers of 2xx it got."""
    statuses: Counter[int] = field(default_factory=Counter)
    cut: int = 0
    gave_up: list[str] = field(default_factory=list)
    """Errors with which a client dropped events for good."""
    refused: int = 0
    """Calls that a client's full queue did not take."""


class Senders:
    """Processes with Segment's client in each, sending at a pace until told to end."""

    def __init__(
        self, folder: Path, url: str, key: str, accounts: int, seed: int, pace: float, count: int = 2
    ) -> None:
        self._folders = [folder / f"sender-{number}" for number in range(count)]
        environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        self._processes = []
        for number, own in enumerate(self._folders):
            own.mkdir()
            told = [url, key, str(own), str(number), str(accounts), str(seed), str(pace / count)]
            command = [sys.executable, "-P", "-m", "segue.evals.live_crashes.sender", *told]
            with (own / "log").open("wb") as log:
                process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
            self._processes.append(process)

    def finish(self) -> Sent:
        """Have them send what is left, and return what they saw.

        Raises:
            UnavailableError: one did not finish; the message is the last line that it wrote.
        """
        found = Sent()
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process, folder in zip(self._processes, self._folders, strict=True):
            if process.wait(_FINISH_WITHIN):
                lines = (folder / "log").read_text(errors="replace").strip().splitlines() or ["nothing"]
                raise UnavailableError(f"a client of Segment ended by itself: {lines[-1]}")
            _add(found, folder)
        return found

    def close(self) -> None:
        """End those that still run."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def _add(found: Sent, folder: Path) -> None:
    for line in (folder / "sent.jsonl").read_text().splitlines():
        visit = Visit(**json.loads(line))
        found.visits[visit.message_id] = visit
    seen: dict[str, Any] = json.loads((folder / "answered.json").read_text())
    found.answered.update(seen["answered"])
    found.statuses.update({int(status): count for status, count in seen["statuses"].items()})
    found.cut += seen["cut"]
    found.gave_up += seen["gave_up"]
    found.refused += seen["refused"]
