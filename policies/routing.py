"""Who carries a play out: a named rep, or the named outcome that nobody is free. Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from segue.policies.facts import Account, Facts
from segue.policies.hours import parse_hours
from segue.policies.models.routing import Pod, Rep
from segue.policies.pack import Pack

PERSONAL = ("account_owner", "open_opportunity_owner", "pod")
"""The owners of a play that are resolved to a named rep."""


class Via(StrEnum):
    """How a rep was found. Append, never rename."""

    ACCOUNT_OWNER = "account_owner"
    OPEN_OPPORTUNITY_OWNER = "open_opportunity_owner"
    POD = "pod"
    NOBODY_FREE = "nobody_free"
    NOT_PERSONAL = "not_personal"
    """The play is carried out by marketing or a system."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A rep or a pod that was not chosen, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """The rep who carries a play out, how they were found, and who was passed over."""

    rep: str | None
    via: Via
    pod: str | None = None
    passed: tuple[Passed, ...] = ()


def assign(
    pack: Pack,
    facts: Facts,
    account: Account,
    owner: str,
    loads: Mapping[str, int] | None = None,
    *,
    at_once: bool = True,
    held: str | None = None,
) -> Assignment:
    """Return who carries out a play of this account.

    The ways of `routing.yaml` are tried in its order; a play owned by `pod` skips the owners of the
    account. Of a pod's free reps (in hours, under their cap, by `loads`: assignments today) one is
    picked by weighted rendezvous hashing of the account, so the same account meets the same rep
    while that rep is free, and accounts spread by weight. With `at_once` False, working hours do not
    matter: a meeting may be booked at night. `held` is the rep whom the account's lease names: of a pod's
    free reps they come first.
    """
    if owner not in PERSONAL:
        return Assignment(None, Via.NOT_PERSONAL)
    order = pack.routing.order if pack.routing else ["account_owner"]
    passed: list[Passed] = []
    for way in order:
        if way == "account_owner" and owner != "pod" and account.owner:
            return Assignment(account.owner, Via.ACCOUNT_OWNER, None, tuple(passed))
        if way == "open_opportunity_owner" and owner != "pod" and account.open_opportunity_owner:
            return Assignment(account.open_opportunity_owner, Via.OPEN_OPPORTUNITY_OWNER, None, tuple(passed))
        if way == "pod":
            found = _from_pods(pack, facts, account, loads or {}, passed, at_once, held)
            if found is not None:
                return found
    return Assignment(None, Via.NOBODY_FREE, None, tuple(passed))


def _from_pods(
    pack: Pack,
    facts: Facts,
    account: Account,
    loads: Mapping[str, int],
    passed: list[Passed],
    at_once: bool,
    held: str | None,
) -> Assignment | None:
    pods = pack.routing.pods if pack.routing else []
    for pod, territory in zip(pods, pack.territories, strict=True):
        if territory.when is not None:
            verdict = territory.when.function(facts.merged, facts.now)
            if verdict is not True:
                passed.append(
                    Passed(pod.pod, "outside_territory" if verdict is False else "territory_unknown")
                )
                continue
        free = _free(pod, facts, loads, passed, at_once)
        if free:
            chosen = min(free, key=lambda rep: -1.0 if rep.rep == held else _distance(account.id, rep))
            return Assignment(chosen.rep, Via.POD, pod.pod, tuple(passed))
    return None


def _free(pod: Pod, facts: Facts, loads: Mapping[str, int], passed: list[Passed], at_once: bool) -> list[Rep]:
    found = []
    for rep in pod.reps:
        if at_once and rep.hours is not None and not parse_hours(rep.hours).contain(facts.now):
            passed.append(Passed(rep.rep, "outside_hours"))
        elif rep.daily_cap is not None and loads.get(rep.rep, 0) >= rep.daily_cap:
            passed.append(Passed(rep.rep, "at_daily_cap"))
        else:
            found.append(rep)
    return found


def _distance(account: str, rep: Rep) -> float:
    """Return -ln(u) / weight for a uniform hash u: the least of several is one drawn by weight.

    Source: weighted rendezvous hashing, Schindelhauer and Schomaker, 2005.
    """
    digest = hashlib.sha256(f"{account}\x00{rep.rep}".encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 1) / (2**64 + 1)
    return -math.log(uniform) / rep.weight
