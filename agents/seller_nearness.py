"""What would make an account worth a call: the single changes that do, the missing facts, and what forbids it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.agents.seller_case import Case, Desk, call_segments, segment_title
from segue.agents.seller_entities import Named
from segue.policies.findings import Finding, Reason
from segue.policies.flip import Flip, flips
from segue.policies.pack import Pack
from segue.policies.plain import clause_json, json_value

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Way:
    """One fact changed, and the segment that this leads to."""

    trait: str
    before: Any
    after: Any
    segment: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that would settle the label, and how to ask for it, where the pack says how."""

    trait: str
    question: str | None


@dataclass(frozen=True, slots=True)
class Nearness:
    """How far an account is from a segment that is called."""

    account: Named
    segment: str
    provisional: bool
    because: tuple[Mapping[str, Any], ...]
    targets: tuple[str, ...]
    """The titles of the segments that are asked for."""
    target_words: str | None
    """The name of the segment in words, where it is one."""
    there: bool
    """True where it is in one of them already."""
    ways: tuple[Way, ...]
    open_conditions: tuple[Mapping[str, Any], ...]
    """What of the first target does not hold, clause by clause."""
    missing: tuple[Missing, ...]
    forbidden: Finding | None
    """Where it is there and not to be called: why."""


async def what_would_flip(desk: Desk, account_id: str, wanted: str | None, now: datetime) -> Nearness:
    """Return what would bring an account into a segment, by its name; without one, into those that are called.

    Raises:
        NotFoundError: nothing is stored of it.
        UnavailableError: the database does not answer, or no policy is active.
    """
    case = await desk.case(account_id, now)
    pack = case.pack
    targets = [wanted] if wanted is not None and wanted in pack.by_name else call_segments(pack)
    there = case.label.segment in targets
    ways = [] if there else [
        each for each in flips(case.situation, (), at_most=200) if each.segment in targets
    ]  # fmt: skip
    called = case.call() if there else None
    forbidden = (
        called[1]
        if called and not called[1].permitted and called[1].code is not Reason.LIMIT_REACHED
        else None
    )
    return Nearness(
        case.named, segment_title(pack, case.label.segment), case.label.status.value == "provisional",
        tuple(clause_json(each) for each in case.label.because),
        tuple(segment_title(pack, each) for each in targets),
        targets[0].replace("_", " ") if len(targets) == 1 else None, there, tuple(_best(ways, pack)),
        () if there else _open(case, targets), _missing(pack, case.label.missing), forbidden,
    )  # fmt: skip


def target_in(pack: Pack, text: str) -> str | None:
    """Return the segment whose name a text says, such as `warm up` of `warm_up`; None where it says none."""
    said = f" {' '.join(text.casefold().replace('-', ' ').replace('_', ' ').split())} "
    found = [each.name for each in pack.segments if f" {each.name.replace('_', ' ')}" in said]
    return max(found, key=len) if found else None


def _best(ways: Sequence[Flip], pack: Pack) -> list[Way]:
    """Return the smallest change of each trait."""
    found: dict[str, Way] = {}
    for each in ways:
        assert each.segment is not None
        way = Way(
            each.trait, json_value(each.before), json_value(each.after), segment_title(pack, each.segment)
        )
        found.setdefault(each.trait, way)
    return list(found.values())[:_SHOWN]


def _open(case: Case, targets: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """Return the clauses of the first target that are not true, or not known."""
    policy = case.pack.by_name[targets[0]] if targets else None
    if policy is None or policy.when is None:
        return ()
    facts = case.situation.facts
    view = case.pack.explainer.view(facts.merged, facts.now)
    return tuple(clause_json(each) for each in view.because(policy.when.node))[:_SHOWN]


def _missing(pack: Pack, names: Sequence[str]) -> tuple[Missing, ...]:
    found = []
    for name in names[:_SHOWN]:
        ask = pack.traits[name].ask
        found.append(Missing(name, ask.question if ask is not None else None))
    return tuple(found)
