"""`python -P -m segue.evals.live_crashes.sender`: Segment's own client for Python, at work until SIGTERM.

The client is as it comes from PyPI, with its own thread and its own tries. What it was given goes to
`sent.jsonl`; which batches were answered is seen at its HTTP session and goes to `answered.json`.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from segment.analytics import request as of_segment
from segment.analytics.client import Client

from segue.evals.live_crashes.visits import Visit, visits

_TRIES = 1_000
_QUEUE = 1_000_000
"""What a client may hold back while the service is away: one that is full drops events by itself."""


class Recorder(HTTPAdapter):
    """Sends as ever, and remembers how each request was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.answered: Counter[str] = Counter()
        """Message id to how many answers of 2xx the batches with it got."""
        self.statuses: Counter[int] = Counter()
        self.cut = 0
        """Requests whose connection was refused or lost before the answer."""
        self._lock = threading.Lock()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request and return its answer."""
        try:
            answer = super().send(request, *args, **kwargs)
        except requests.RequestException:
            with self._lock:
                self.cut += 1
            raise
        with self._lock:
            self.statuses[answer.status_code] += 1
            if answer.ok:
                batch = json.loads(request.body or b"{}")["batch"]
                self.answered.update(each["messageId"] for each in batch)
        return answer


def give(client: Client, visit: Visit) -> bool:
    """Make the call of a visit; False when the client's queue is full."""
    ids = {"anonymous_id": visit.visitor, "message_id": visit.message_id}
    person = visit.person if visit.known else None
    at = datetime.now(UTC) - visit.ago
    if visit.kind == "identify":
        return bool(client.identify(person, visit.says, timestamp=at, **ids)[0])
    if visit.kind == "group":
        return bool(client.group(person, visit.account, visit.says, timestamp=at, **ids)[0])
    if visit.kind == "track":
        return bool(client.track(person, visit.name, visit.says, timestamp=at, **ids)[0])
    where = {"path": visit.path, "url": f"https://www.example.com{visit.path}"}
    return bool(client.page(person, None, visit.name, where, timestamp=at, **ids)[0])


def main(arguments: Sequence[str]) -> int:
    """Send until told to end, let the client finish, and write down what came of it."""
    parser = argparse.ArgumentParser(prog="python -P -m segue.evals.live_crashes.sender", description=__doc__)
    for name in ("url", "key", "folder"):
        parser.add_argument(name)
    for name in ("number", "accounts", "seed"):
        parser.add_argument(name, type=int)
    parser.add_argument("pace", type=float, help="events a second")
    options = parser.parse_args(arguments)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    logging.getLogger("segment").setLevel(logging.CRITICAL)  # it would tell of every try
    recorder, gave_up, refused = Recorder(), list[str](), 0
    of_segment._session.mount("http://", recorder)
    client = Client(
        options.key, host=options.url, max_retries=_TRIES, max_queue_size=_QUEUE, upload_interval=0.2,
        on_error=lambda error, _: gave_up.append(str(error)),
    )  # fmt: skip
    folder = Path(options.folder)
    with (folder / "sent.jsonl").open("w") as sent:
        for visit in visits(options.number, options.accounts, options.seed):
            if over.wait(1 / options.pace):
                break
            if give(client, visit):
                sent.write(json.dumps(visit.to_json()) + "\n")
            else:
                refused += 1
    client.flush()
    client.join()
    found = {
        "answered": recorder.answered, "statuses": recorder.statuses, "cut": recorder.cut,
        "gave_up": gave_up, "refused": refused,
    }  # fmt: skip
    (folder / "answered.json").write_text(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
