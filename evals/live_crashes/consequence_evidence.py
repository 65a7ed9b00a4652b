"""What became of every change of label, against what the other systems were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from segue.accounts.consequences import WhyNot
from segue.evals.live_crashes.outside import Told
from segue.policies.pack import Pack

_MOVES = """
SELECT transition_id, account_id, from_segment, to_segment, cause FROM segue.transitions
WHERE pack = %s AND from_segment IS DISTINCT FROM to_segment ORDER BY transition_id
"""
_ROWS = """
SELECT consequence_id::text, transition_id, segment, play, moment, status, detail, reason FROM segue.consequences
"""
_LABELS = "SELECT account_id, segment FROM segue.labels WHERE pack = %s"
_JOBS = "SELECT count(*) FROM segue_jobs.procrastinate_jobs WHERE status IN ('todo', 'doing')"
_DELIVERIES = """
SELECT count(*) FROM (
    SELECT FROM segue.deliveries JOIN segue.consequences ON consequence_id = decision_id
    GROUP BY consequence_id HAVING count(*) > 1 OR status <> 'done'
) AS wrong
"""
_AUDIENCE = "SELECT audience, account_id FROM segue.audience_members"

Key = tuple[int, str, str, str]
"""Transition, segment, moment, play."""


@dataclass(frozen=True, slots=True)
class ConsequenceEvidence:
    """How what was set off, what was done and what was told agree. Each is a count but for `by_status`."""

    moves: int
    consequences: int
    by_status: Mapping[str, int]
    broken_chains: int
    """Accounts whose changes of label do not lead from one to the next and to the label that they have."""
    missing: int
    """Plays that a change sets off and that have no row."""
    twice: int
    """Plays of a change that have more than one row."""
    uncalled_for: int
    """Rows that no change sets off."""
    unfinished: int
    """Rows that came to no end, a parked one among them: no system here refuses anything."""
    jobs_left: int
    miscounted: int
    """Whose delivery counts more than once in the limits, or counts though it was not done."""
    unheard: int
    """Done, and yet the other system was not told."""
    two_ids: int
    """Plays of a change that were told under more than one id."""
    unknown_ids: int
    """Ids that were told and have no row."""
    two_bodies: int
    """Ids that were told in two different wordings."""
    repeated_webhooks: int
    """Webhooks that came again under their id, by which their receiver drops them."""
    repeated_alerts: int
    """Alerts that came again under their id."""

    @property
    def broken(self) -> int:
        """How many promises were not kept."""
        return sum((
            self.broken_chains, self.missing, self.twice, self.uncalled_for, self.unfinished, self.jobs_left,
            self.miscounted, self.unheard, self.two_ids, self.unknown_ids, self.two_bodies,
        ))  # fmt: skip


def read_consequence_evidence(url: str, told: Told, pack: Pack) -> ConsequenceEvidence:
    """Compare the store at `url`, in which nothing is due any more, with what was told."""
    with psycopg.connect(url) as connection:
        moves = connection.execute(_MOVES, (pack.name,)).fetchall()
        rows = connection.execute(_ROWS).fetchall()
        labels: dict[str, str] = dict(connection.execute(_LABELS, (pack.name,)).fetchall())
        jobs = connection.execute(_JOBS).fetchone()
        miscounted = connection.execute(_DELIVERIES).fetchone()
        audience = set(connection.execute(_AUDIENCE).fetchall())
    keys: dict[str, Key] = {row[0]: (row[1], row[2], row[4], row[3]) for row in rows}
    expected = {key for move in moves for key in _set_off(pack, move)}
    set_off = Counter(keys[row[0]] for row in rows if keys[row[0]] in expected or not _follows(row))
    webhooks, alerts = told.by_webhook(), told.by_slack()
    heard = {**webhooks, **alerts}
    accounts = {move[0]: move[1] for move in moves}
    known = _Heard(told, heard, audience)
    return ConsequenceEvidence(
        len(moves), len(rows), dict(Counter(row[5] for row in rows)), _broken_chains(moves, labels),
        len(expected - set_off.keys()), sum(count - 1 for count in set_off.values()),
        len(set_off.keys() - expected),
        sum(row[5] not in ("done", "excluded", "cancelled") for row in rows),
        jobs[0] if jobs else 0,
        miscounted[0] if miscounted else 0,
        sum(not known.of(row[0], accounts[row[1]], row[6]) for row in rows if row[5] == "done"),
        sum(count - 1 for count in Counter(keys[each] for each in heard if each in keys).values()),
        len(heard.keys() - keys.keys()),
        sum(len(bodies) > 1 for bodies in heard.values()),
        _again(webhooks.values()), _again(alerts.values()),
    )  # fmt: skip


def _set_off(pack: Pack, move: tuple[Any, ...]) -> Iterable[Key]:
    """Yield what a change sets off, or says why not. A policy sets off nothing, nor do the first labels of a file."""
    number, _, left, entered, cause = move
    if cause == "policy" or (left is None and cause == "import"):
        return
    if left is not None:
        for play in pack.by_name[left].model.on_exit:
            yield number, left, "exit", play
    for play in pack.by_name[entered].model.on_enter:
        yield number, entered, "enter", play


def _follows(row: tuple[Any, ...]) -> bool:
    """Return whether a row stands for another: a play instead of one that nobody was free for, or what goes on."""
    return "instead_of" in row[6] or row[7] == WhyNot.STILL_IN_EFFECT


def _broken_chains(moves: Iterable[tuple[Any, ...]], labels: Mapping[str, str]) -> int:
    last: dict[str, str] = {}
    broken: set[str] = set()
    for _, account, left, entered, _ in moves:
        if last.get(account) != left:
            broken.add(account)
        last[account] = entered
    return len(broken | {account for account, segment in labels.items() if last.get(account) != segment})


class _Heard:
    """What other systems, and the store's own audiences, know of."""

    def __init__(self, told: Told, ids: Iterable[str], audience: set[tuple[Any, ...]]) -> None:
        self._ids, self._tags, self._audience = set(ids), told.tags(), audience

    def of(self, consequence_id: str, account: str, detail: Mapping[str, Any]) -> bool:
        """Return whether one that is said to be done was."""
        if detail["connector"] in ("webhook", "slack"):
            return consequence_id in self._ids
        if detail["connector"] == "hubspot":
            written = (detail["record"], detail["field"], detail["after"] or "")
            return detail["before"] == detail["after"] or written in self._tags
        if detail["connector"] == "audience":
            return not detail.get("joined") or (detail["audience"], account) in self._audience
        return bool(detail["rep"])


def _again(told: Iterable[Counter[str]]) -> int:
    return sum(bodies.total() - 1 for bodies in told)
