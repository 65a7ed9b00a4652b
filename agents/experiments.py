"""What holdouts and tests found so far: accounts by arm, how many were shown it and reached the goal.

The account is the unit, and counts from the first decision that drew it, in the arm that it was drawn for,
whether or not it was shown anything. One that was seen in two arms, since it was merged, counts in neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from segue.agents.outcomes import EXPOSED
from segue.agents.proportions import difference, smallest_effect, wilson
from segue.core.database import Connection
from segue.policies.experiments import HOLDOUT, TREATMENT
from segue.policies.pack import Pack

_QUERY = """
WITH drawn AS (
    SELECT coalesce(accounts.alias_of, decisions.account_id) AS unit, decisions.decision_id, decided_at,
        CASE WHEN %(test)s::text IS NOT NULL THEN substring(arm FROM char_length(%(test)s) + 2)
            WHEN arm = 'holdout' THEN arm ELSE 'treatment' END AS arm
    FROM segue.decisions LEFT JOIN segue.accounts USING (account_id)
    WHERE NOT shadow AND pack = %(pack)s AND segment = %(segment)s AND arm IS NOT NULL
        AND decision_id >= segue.first_id(%(since)s)
        AND (%(test)s::text IS NULL OR starts_with(arm, %(test)s || ':'))
), units AS (
    SELECT unit, min(arm) AS arm, count(DISTINCT arm) AS arms, min(decided_at) AS since FROM drawn GROUP BY unit
), shown AS (
    SELECT DISTINCT drawn.unit FROM drawn JOIN segue.outcomes USING (decision_id) WHERE kind = %(exposed)s
), reached AS (
    SELECT coalesce(accounts.alias_of, outcomes.account_id) AS unit, at
    FROM segue.outcomes LEFT JOIN segue.accounts USING (account_id) WHERE kind = %(goal)s
)
SELECT CASE WHEN arms = 1 THEN arm END, count(*), count(*) FILTER (WHERE unit IN (SELECT unit FROM shown)),
    count(*) FILTER (WHERE EXISTS (SELECT FROM reached WHERE reached.unit = units.unit
        AND reached.at >= units.since AND reached.at < units.since + %(within)s)),
    count(*) FILTER (WHERE units.since + %(within)s > now())
FROM units GROUP BY 1
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: its accounts, those that were shown what it shows, and those that reached the goal in time."""

    name: str
    share: float
    """The share of the accounts that are meant to be in it."""
    accounts: int = 0
    exposed: int = 0
    reached: int = 0
    under_way: int = 0
    """Accounts whose time to reach the goal is not over."""

    @property
    def rate(self) -> float | None:
        """The share that reached the goal."""
        return self.reached / self.accounts if self.accounts else None

    def to_json(self, base: Arm | None) -> dict[str, Any]:
        """Return it as plain JSON, compared with the base arm where it is another."""
        low, high = wilson(self.reached, self.accounts)
        found: dict[str, Any] = {
            "arm": self.name, "share": self.share, "accounts": self.accounts, "exposed": self.exposed,
            "reached": self.reached, "under_way": self.under_way, "rate": self.rate,
            "interval": [low, high] if self.accounts else None,
        }  # fmt: skip
        if base is not None:
            change = difference(self.reached, self.accounts, base.reached, base.accounts)
            found["against"] = {
                "arm": base.name,
                "difference": None if change is None else change[0],
                "interval": None if change is None else list(change[1:]),
                "smallest_effect": smallest_effect(base.reached, base.accounts, self.accounts),
            }
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """One experiment and its arms; every later arm is compared with the first."""

    pack: str
    segment: str
    name: str
    surface: str | None
    goal: str | None
    within: timedelta
    arms: tuple[Arm, ...]
    mixed: int = 0
    """Accounts that were seen in two arms and are left out."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        base, *others = self.arms
        return {
            "pack": self.pack, "segment": self.segment, "experiment": self.name, "surface": self.surface,
            "goal": self.goal, "within_days": self.within.total_seconds() / 86_400, "mixed": self.mixed,
            "arms": [base.to_json(None), *(each.to_json(base) for each in others)],
        }  # fmt: skip


async def found_so_far(
    connection: Connection, packs: Sequence[Pack], since: datetime | None = None
) -> list[Found]:
    """Return what every holdout and test of some packs found, those decided since an instant.

    The goal, and the time to reach it, are those that the segment is measured by. Without them an account
    reaches nothing, and is counted all the same.
    """
    found = []
    for pack in packs:
        for segment in pack.segments:
            for each in _declared(pack, segment.name):
                found.append(await _counted(connection, each, since))  # noqa: PERF401 - one after the other
    return found


def _declared(pack: Pack, name: str) -> list[Found]:
    segment = pack.by_name[name].model
    measure = segment.measure
    goal = None if measure is None else measure.goal
    within = timedelta(days=30) if measure is None else measure.within
    found = []
    if measure is not None and measure.holdout > 0:
        held, treated = Arm(HOLDOUT, measure.holdout), Arm(TREATMENT, round(1 - measure.holdout, 6))
        found.append(Found(pack.name, name, HOLDOUT, None, goal, within, (held, treated)))
    for each in segment.experiments:
        arms = tuple(Arm(play, share) for play, share in each.arms.items())
        found.append(Found(pack.name, name, each.experiment, each.surface.value, goal, within, arms))
    return found


async def _counted(connection: Connection, declared: Found, since: datetime | None) -> Found:
    cursor = await connection.execute(
        _QUERY,
        {
            "pack": declared.pack, "segment": declared.segment, "goal": declared.goal, "within": declared.within,
            "test": None if declared.name == HOLDOUT else declared.name, "exposed": EXPOSED,
            "since": since or _EPOCH,
        },
    )  # fmt: skip
    rows = {row[0]: row[1:] for row in await cursor.fetchall()}
    arms = tuple(Arm(arm.name, arm.share, *rows.get(arm.name, ())) for arm in declared.arms)
    mixed = rows.get(None, (0,))[0]
    return Found(
        declared.pack,
        declared.segment,
        declared.name,
        declared.surface,
        declared.goal,
        declared.within,
        arms,
        mixed,
    )
