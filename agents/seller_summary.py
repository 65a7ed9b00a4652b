"""The summary of a week for a rep, a pod or everybody: what moved, was called, was overridden, and failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from segue.agents.overrides_report import RuleOverrides, overrides_since
from segue.agents.seller_case import Desk
from segue.agents.seller_people import rep_names, reps_of
from segue.agents.seller_week import WeekChanges, changes_of

_ALERTS = """
SELECT lower(words -> 'told' ->> 'rep'), (
    SELECT answer FROM segue.alert_answers AS answers WHERE answers.consequence_id = consequences.consequence_id
    ORDER BY round DESC LIMIT 1
), count(*)
FROM segue.consequences WHERE status = 'done' AND detail ->> 'connector' = 'slack' AND moment = 'enter'
    AND changed_at >= %(since)s AND changed_at < %(until)s AND pack = %(pack)s
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Recipient:
    """For whom a summary is: a rep by address, a pod by name, or everybody."""

    kind: str
    """`rep`, `pod` or `all`."""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @classmethod
    def read(cls, text: str) -> Recipient:
        """Return what `str` wrote."""
        kind, _, name = text.partition(":")
        return cls(kind, name)


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """What a week came to."""

    recipient: Recipient
    title: str
    since: datetime
    until: datetime
    changes: WeekChanges
    sent: int
    """Alerts that went out."""
    answers: Counter[str]
    """What was done with them, by answer; `unanswered` for those that nobody touched."""
    overridden: tuple[RuleOverrides, ...]

    @property
    def is_empty(self) -> bool:
        """True where there is nothing to tell."""
        changes = self.changes
        return not (self.sent or self.overridden or changes.moved or changes.failed or changes.first)


async def week_summary(desk: Desk, recipient: Recipient, since: datetime, until: datetime) -> WeekSummary:
    """Return the summary of a week for somebody.

    Raises:
        UnavailableError: the database does not answer, or no policy is active.
    """
    reps = _reps(desk, recipient)
    changes = await changes_of(desk, reps, since, until)
    wanted = None if reps is None else {each.casefold() for each in reps}
    answers: Counter[str] = Counter()
    async with desk.database.connection() as connection:
        pack = desk.packs[-1].name
        cursor = await connection.execute(_ALERTS, {"since": since, "until": until, "pack": pack})
        for rep, answer, count in await cursor.fetchall():
            if wanted is None or rep in wanted:
                answers[answer or "unanswered"] += count
    rules = [each for each in await overrides_since(desk.database, since, pack) if each.overridden]
    # whose rules they are is everybody's; a rep is told of their own answers only
    overridden = tuple(rules[:5]) if recipient.kind != "rep" else ()
    title = (
        rep_names(desk.packs).get(recipient.name, recipient.name)
        if recipient.kind == "rep"
        else recipient.name
    )
    return WeekSummary(recipient, title, since, until, changes, answers.total(), answers, overridden)


def recipients(desk: Desk, pods: Sequence[str], *, everybody: bool) -> list[Recipient]:
    """Return for whom there is a summary: every rep of the routing, these pods, and everybody if asked for."""
    reps = dict.fromkeys(rep.rep for _, rep in reps_of(desk.packs))
    found = [Recipient("rep", each) for each in reps]
    found += [Recipient("pod", each) for each in pods]
    return [*found, Recipient("all")] if everybody else found


def _reps(desk: Desk, recipient: Recipient) -> list[str] | None:
    if recipient.kind == "all":
        return None
    if recipient.kind == "rep":
        return [recipient.name]
    return [rep.rep for pod, rep in reps_of(desk.packs) if pod.pod == recipient.name]
