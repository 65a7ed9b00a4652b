"""Why an account is whose it is, and who was passed over: the owner, the routing then, and the routing now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from segue.agents.seller_case import Case, Desk
from segue.agents.seller_entities import Named
from segue.agents.seller_people import Seller, name_of, rep_names
from segue.core.database import Connection
from segue.policies.hours import parse_hours
from segue.policies.models.routing import Pod, Rep
from segue.policies.pack import Pack, Territory
from segue.policies.plain import clause_json
from segue.policies.routing import Assignment, Via, assign

_PIN = """
SELECT value, reason, pinned_by, pinned_at, expires_at FROM segue.pins
WHERE account_id = %s AND kind = 'owner' AND expires_at > %s
"""
_ROUTED = """
SELECT consequences.changed_at, detail, consequences.pack FROM segue.consequences
WHERE account_id = ANY(%s) AND status = 'done' AND detail ->> 'connector' = 'route' ORDER BY changed_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Pinned:
    """An owner that somebody holds by hand."""

    reason: str
    by: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Routed:
    """An assignment as it was made."""

    at: datetime
    rep: str
    via: str
    pod: str | None
    passed: tuple[tuple[str, str], ...]
    """Who was passed over, and the code of why."""


@dataclass(frozen=True, slots=True)
class RepView:
    """A rep of a pod, as the routing sees them now."""

    rep: str
    name: str
    share: float
    """Of the pod's accounts, by weight."""
    cap: int | None
    load: int
    hours: str | None
    passed: str | None
    """The code of why they are passed over; None for one who is free."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod, as the routing sees it now."""

    pod: str
    territory: str | None
    verdict: bool | None
    clauses: tuple[Mapping[str, Any], ...]
    """What decides whether the account is in its territory."""
    reps: tuple[RepView, ...]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose an account is, and why."""

    asker: Seller
    account: Named
    owner: str | None
    opportunity_owner: str | None
    pinned: Pinned | None
    routed: Routed | None
    """The last time that the routing assigned it."""
    order: tuple[str, ...]
    """The ways of finding a rep, as the routing tries them."""
    now: Assignment
    """Who would get it now, were it nobody's."""
    pods: tuple[PodView, ...]
    names: Mapping[str, str]
    at: datetime

    @property
    def is_mine(self) -> bool:
        """True where the owner is who asks."""
        return self.owner is not None and self.owner.casefold() == self.asker.email.casefold()

    def name(self, rep: str) -> str:
        """Return what a rep is called."""
        return self.names.get(rep) or (name_of(rep) if "@" in rep else rep)


async def why_mine(desk: Desk, seller: Seller, account_id: str, now: datetime) -> Ownership:
    """Return whose an account is and how that came about.

    Raises:
        NotFoundError: nothing is stored of it.
        UnavailableError: the database does not answer, or no policy is active.
    """
    case = await desk.case(account_id, now)
    account = case.situation.account
    async with desk.database.connection() as connection:
        pinned = await _pinned(connection, account.id, now)
        routed = await _routed(connection, [account.id, *case.stored.aliases])
    unowned = replace(account, owner=None, open_opportunity_owner=None)
    chosen = assign(case.pack, case.situation.facts, unowned, "pod", desk.state.loads)
    return Ownership(
        seller, case.named, account.owner, account.open_opportunity_owner, pinned, routed,
        tuple(case.pack.routing.order) if case.pack.routing else (), chosen,
        tuple(_pods(case, chosen, desk.state.loads)), rep_names(desk.packs), now,
    )  # fmt: skip


async def _pinned(connection: Connection, account_id: str, now: datetime) -> Pinned | None:
    row = await (await connection.execute(_PIN, (account_id, now))).fetchone()
    return None if row is None else Pinned(row[1], row[2], row[3], row[4])


async def _routed(connection: Connection, accounts: Sequence[str]) -> Routed | None:
    row = await (await connection.execute(_ROUTED, (list(accounts),))).fetchone()
    if row is None or not row[1].get("rep"):
        return None
    passed = tuple((str(each["name"]), str(each["reason"])) for each in row[1].get("passed", ()))
    return Routed(row[0], row[1]["rep"], str(row[1].get("via")), row[1].get("pod"), passed)


def _pods(case: Case, chosen: Assignment, loads: Mapping[str, int]) -> list[PodView]:
    """Return the pods in their order, up to the one from which a rep is chosen."""
    pack: Pack = case.pack
    found = []
    for pod, territory in zip(pack.routing.pods if pack.routing else (), pack.territories, strict=True):
        found.append(_pod(case, pod, territory, chosen, loads))
        if chosen.via is Via.POD and chosen.pod == pod.pod:
            break
    return found


def _pod(case: Case, pod: Pod, territory: Territory, chosen: Assignment, loads: Mapping[str, int]) -> PodView:
    facts, verdict, clauses = case.situation.facts, True, ()
    if territory.when is not None:
        verdict = territory.when.function(facts.merged, facts.now)  # type: ignore[assignment]
        view = case.pack.explainer.view(facts.merged, facts.now)
        clauses = tuple(clause_json(each) for each in view.because(territory.when.node))  # type: ignore[assignment]
    weights = sum(each.weight for each in pod.reps)
    reps = tuple(_rep(case, pod, each, each.weight / weights, chosen, loads) for each in pod.reps)
    return PodView(pod.pod, territory.when.text if territory.when else None, verdict, clauses, reps)


def _rep(
    case: Case, pod: Pod, rep: Rep, share: float, chosen: Assignment, loads: Mapping[str, int]
) -> RepView:
    load = loads.get(rep.rep, 0)
    passed = None
    if rep.hours is not None and not parse_hours(rep.hours).contain(case.now):
        passed = "outside_hours"
    elif rep.daily_cap is not None and load >= rep.daily_cap:
        passed = "at_daily_cap"
    is_chosen = chosen.via is Via.POD and chosen.pod == pod.pod and chosen.rep == rep.rep
    name = rep.name or name_of(rep.rep)
    return RepView(rep.rep, name, share, rep.daily_cap, load, rep.hours, passed, is_chosen)
