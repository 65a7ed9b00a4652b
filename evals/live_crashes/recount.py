"""What accounts' events come to, counted anew in plain Python from the events that were sent and are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segue.evals.live_crashes.visits import Visit
from segue.policies.event_fold import fold
from segue.policies.event_traits import event_traits_of
from segue.policies.pack import Pack

Values = dict[str, dict[str, Any]]
"""Account to trait to value."""


def recount(pack: Pack, sent: Mapping[str, Visit], stored: Mapping[str, datetime], now: datetime) -> Values:
    """Return the traits over events of each account at `now`.

    `stored` has the ids of the stored messages, each once, and when they happened. Whose an event is comes
    from who made it, not from what the service made of it. It counts once somebody's address was told, who made
    it by name, or by a browser that some event shows to be theirs.
    """
    told = [visit for message_id, visit in sent.items() if message_id in stored and visit.known]
    addressed = {visit.person for visit in told if visit.kind == "identify"}
    shown = {visit.visitor for visit in told}
    by_account: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for message_id, at in stored.items():
        visit = sent.get(message_id)
        if visit is not None and visit.person in addressed and (visit.known or visit.visitor in shown):
            by_account[visit.account].append(_row(visit, at))
    traits = event_traits_of(pack)
    return {
        account: {name: fold(trait, rows, now) for name, trait in traits.items()}
        for account, rows in by_account.items()
    }


def _row(visit: Visit, at: datetime) -> dict[str, Any]:
    url = None if visit.path is None else f"https://www.example.com{visit.path}"
    nothing = dict.fromkeys(("title", "referrer", "search"))
    return nothing | {
        "kind": visit.kind, "at": at, "visitor": visit.visitor, "contact_id": visit.person,
        "name": visit.name, "path": visit.path, "url": url, "properties": visit.says,
    }  # fmt: skip
