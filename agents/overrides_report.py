"""What sellers overrode, by the rule behind it: how often an alert of the rule was answered, and with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.agents.move_groups import clause_words
from segue.agents.overrides import OVERRIDES, Answer
from segue.core.database import Database

Json = dict[str, Any]
_NAMED = 20
"""Answers of a rule that are shown with who gave them."""

# what was sent is done, by the connector of Slack; an answer that came again after Not now counts by itself
_SENT = """
SELECT pack, segment, play, words -> 'told' ->> 'via', words -> 'told' ->> 'pod', count(*)
FROM segue.consequences WHERE status = 'done' AND detail ->> 'connector' = 'slack' AND moment = 'enter'
    AND changed_at >= %(since)s AND (%(pack)s::text IS NULL OR pack = %(pack)s)
GROUP BY 1, 2, 3, 4, 5
"""
_ANSWERS = """
SELECT answers.pack, segment, play, via, pod, answer, reason, note, answers.owner, rep, answered_at, answers.account_id,
    accounts.domain, accounts.name, because, answers.revision
FROM segue.alert_answers AS answers LEFT JOIN segue.accounts USING (account_id)
WHERE answered_at >= %(since)s AND (%(pack)s::text IS NULL OR answers.pack = %(pack)s)
ORDER BY answered_at DESC
"""


@dataclass(slots=True)
class RuleOverrides:
    """One rule of a pack: a play that a segment sends, or how its rep is found."""

    pack: str
    kind: str
    """`play`, or `routing`."""
    rule: str
    """Such as `sales_ready sends alert_owner`, or `account_owner` and `pod emea`."""
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the play was wrong, or to whom accounts were given instead."""
    clauses: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """The clauses behind the alerts that were overridden."""
    revisions: Counter[str] = field(default_factory=Counter)
    last: list[Json] = field(default_factory=list)

    @property
    def overridden(self) -> int:
        """How often the rule was overridden: a play by Wrong play, the routing by Reassign."""
        return self.answers[Answer.WRONG_PLAY if self.kind == "play" else Answer.REASSIGN]

    @property
    def answered(self) -> int:
        """How often an alert of it was answered at all."""
        return sum(self.answers.values())

    def to_json(self) -> Json:
        """Return it as plain JSON."""
        return {
            "pack": self.pack, "kind": self.kind, "rule": self.rule, "sent": self.sent, "answered": self.answered,
            "overridden": self.overridden, "answers": dict(self.answers.most_common()),
            "reasons": dict(self.reasons.most_common()),
            "clauses": [{"clauses": list(each), "overrides": count} for each, count in self.clauses.most_common()],
            "revisions": dict(self.revisions), "last": self.last,
        }  # fmt: skip


async def overrides_since(
    database: Database, since: datetime, pack: str | None = None
) -> list[RuleOverrides]:
    """Return the rules whose alerts were sent or answered since an instant, the most overridden first.

    Raises:
        UnavailableError: the database does not answer.
    """
    asked = {"since": since, "pack": pack}
    found: dict[tuple[str, str, str], RuleOverrides] = {}
    async with database.connection() as connection:
        cursor = await connection.execute(_SENT, asked)
        for name, segment, play, via, pod, count in await cursor.fetchall():
            for each in _rules(found, name, segment, play, via, pod):
                each.sent += count
        cursor = await connection.execute(_ANSWERS, asked)
        for row in await cursor.fetchall():
            for each in _rules(found, *row[:5]):
                _add(each, row)
    return sorted(
        found.values(), key=lambda each: (-each.overridden, -each.answered, each.pack, each.kind, each.rule)
    )


def _rules(
    found: dict[tuple[str, str, str], RuleOverrides],
    pack: str,
    segment: str,
    play: str,
    via: str | None,
    pod: str | None,
) -> list[RuleOverrides]:
    """Return the two rules behind an alert: the play that its segment sends, and how its rep was found."""
    keys = [(pack, "play", f"{segment} sends {play}")]
    if via is not None:
        keys.append((pack, "routing", f"pod {pod}" if pod else via))
    return [found.setdefault(key, RuleOverrides(*key)) for key in keys]


def _add(rule: RuleOverrides, row: tuple[Any, ...]) -> None:
    answer, reason, note, owner, rep, at, account, domain, name, because, revision = row[5:]
    rule.answers[answer] += 1
    if Answer(answer) not in OVERRIDES or (answer == Answer.WRONG_PLAY) != (rule.kind == "play"):
        return
    rule.reasons[(reason if rule.kind == "play" else f"to {owner}") or "none given"] += 1
    rule.clauses[tuple(clause_words(each) for each in because if _is_clause(each))] += 1
    rule.revisions[revision] += 1
    if len(rule.last) < _NAMED:
        rule.last.append(
            {"account": account, "domain": domain, "name": name, "by": rep, "at": at.isoformat(),
             "reason": reason, "note": note, "owner": owner}
        )  # fmt: skip


def _is_clause(clause: Mapping[str, Any]) -> bool:
    return "clause" in clause and "verdict" in clause
