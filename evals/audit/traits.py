"""Per trait: how much of it is known, how old, how disputed, and how many labels hang on what is not."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Any

from segue.evals.audit.model import Ages, Change, Disagreement, Dispute, SourceAudit, TraitAudit, Use
from segue.evals.audit.population import Audited, Statement
from segue.policies.checks.reads import closure, conditions_of
from segue.policies.completion import Completions, with_value
from segue.policies.facts import Facts
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.trait_cuts import Region

_DAY = 86_400
_MOST_VALUES = 512
"""Values of a trait in arithmetic by which what is expected is reckoned: a sample, beyond."""
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that no label can tell apart: the facts of one of them, how many they are, and some by name."""

    facts: Facts
    count: int
    names: tuple[str, ...] = ()


def audited_traits(pack: Pack) -> tuple[str, ...]:
    """Return the traits of accounts that are stated from outside, in the pack's order."""
    return tuple(
        name for name in pack.imported if "." not in name and pack.scopes[name] is Scope.ACCOUNT
    )  # labels of earlier packs are no data


def group_accounts(completions: Completions, accounts: Iterable[Audited]) -> list[Group]:
    """Return the accounts by the pattern on which their labels depend."""
    counts: Counter[Hashable] = Counter()
    facts: dict[Hashable, Facts] = {}
    names: dict[Hashable, list[str]] = {}
    for each in accounts:
        pattern = completions.pattern(each.facts)
        counts[pattern] += 1
        facts.setdefault(pattern, each.facts)
        named = names.setdefault(pattern, [])
        if len(named) < _EXAMPLES:
            named.append(_name(each))
    return [Group(facts[pattern], count, tuple(names[pattern])) for pattern, count in counts.items()]


def _name(account: Audited) -> str:
    return account.account.name or account.account.domain or account.account.id


def spread_of(completions: Completions, accounts: Iterable[Audited], name: str) -> Counter[Region]:
    """Return how the values of a trait lie in its regions, over the accounts of which it is known."""
    values = [value for each in accounts if (value := each.facts.account.get(name)) is not None]
    if len(set(map(_plain, values))) > _MOST_VALUES and name in completions.unproven:
        values = random.Random(0).sample(values, _MOST_VALUES)  # noqa: S311 - the same sample every time
    completions.add_observed(name, values)
    return Counter(completions.region(name, value) for value in values)


def audit_trait(
    pack: Pack,
    completions: Completions,
    accounts: Sequence[Audited],
    groups: Sequence[Group],
    name: str,
    now: datetime,
) -> TraitAudit:
    """Return the audit of one trait."""
    trait = pack.traits[name]
    known = [each for each in accounts if each.facts.account.get(name) is not None]
    assumed = name in pack.absent
    without = [each for each in accounts if each.facts.account.get(name) is None]
    stale = sum(any(said.own for said in each.statements.get(name, ())) for each in without)
    least = max((s.model.needs[name] for s in pack.segments if name in s.model.needs), default=0.0)
    return TraitAudit(
        name=name,
        title=trait.title or name,
        use=_use(pack, completions, name),
        accounts=len(accounts),
        known=len(known),
        assumed=len(without) if assumed else 0,
        stale=0 if assumed else stale,
        missing=0 if assumed else len(without) - stale,
        doubted=sum(each.facts.believed.get(name, 1.0) < least for each in known),
        sources=_sources(accounts, name, now),
        disagreement=_disagreement(accounts, name),
        change=change_of(completions, accounts, groups, name, assumed=assumed),
    )


def change_of(
    completions: Completions,
    accounts: Sequence[Audited],
    groups: Sequence[Group],
    name: str,
    *,
    assumed: bool = False,
) -> Change:
    """Return how many labels would change if a trait were known of every account.

    With `assumed`, absence means something, and the trait counts as known of every account.
    """
    by = sum(each.facts.account.get(name) is not None for each in accounts)
    if name not in completions.traits:
        return Change(0, True, 0.0, by, {}, 0, 0)
    spread = spread_of(completions, accounts, name)
    could, confirmed, leads_to = 0, 0, dict[str, float]()
    chances: dict[str, list[tuple[float, Group]]] = {}
    for group in groups:
        current = completions.label(group.facts)
        value = group.facts.account.get(name)
        if value is not None:
            confirmed += group.count * (completions.label(with_value(group.facts, name, value)) != current)
            continue
        outcomes = completions.outcomes(group.facts, name)
        could += group.count * any(label != current for label in outcomes.values())
        likely: dict[str, float] = {}
        for region, count in spread.items():
            if outcomes[region] != current:
                likely[outcomes[region]] = likely.get(outcomes[region], 0.0) + count / spread.total()
        for label, chance in likely.items():
            leads_to[label] = leads_to.get(label, 0.0) + group.count * chance
            chances.setdefault(label, []).append((chance, group))
    proven = name not in completions.unproven
    if assumed:
        return Change(0, True, 0.0, by, {}, confirmed, could)
    expected = sum(leads_to.values()) if spread else (None if could else 0.0)
    ordered = dict(sorted(leads_to.items(), key=lambda item: -item[1]))
    return Change(
        could, proven, expected, by, ordered, confirmed, 0, *_where_to_begin(completions.pack, chances)
    )


def _where_to_begin(
    pack: Pack, chances: Mapping[str, Sequence[tuple[float, Group]]]
) -> tuple[tuple[str, ...], str | None]:
    """Return the accounts likeliest to come into the segment, of those within reach, whose plays are worth most."""
    if not chances:
        return (), None
    best = max(chances, key=lambda name: (_worth(pack, name), -pack.by_name[name].index))
    groups = sorted(chances[best], key=lambda each: -each[0])
    return tuple(name for _, group in groups for name in group.names)[:_EXAMPLES], best


def _worth(pack: Pack, segment: str) -> float:
    """Return what the most valuable play is worth that a segment gives by itself."""
    model = pack.by_name[segment].model
    plays = (*model.on_enter, *(treatment.default for treatment in model.surfaces.values()))
    return max((pack.plays[name].model.value for name in plays if name in pack.plays), default=0.0)


def ages_of(instants: Iterable[datetime | None], now: datetime) -> Ages:
    """Return how old some values are, in days; None is a value of which nobody said since when it is so."""
    given = list(instants)
    days = sorted(max((now - at).total_seconds() / _DAY, 0.0) for at in given if at is not None)
    undated = len(given) - len(days)
    if not days:
        return Ages(0, undated)
    tenths = quantiles(days, n=10, method="inclusive") if len(days) > 1 else days * 9
    return Ages(len(days), undated, round(tenths[4], 1), round(tenths[8], 1), round(days[-1], 1))


def _use(pack: Pack, completions: Completions, name: str) -> Use:
    if name in completions.traits:
        return Use.LABEL
    read = closure(pack, [each.node for each in conditions_of(pack)])
    return Use.RULES if name in read else Use.NOTHING


def _sources(accounts: Sequence[Audited], name: str, now: datetime) -> tuple[SourceAudit, ...]:
    said: dict[str, list[Statement]] = {}
    for each in accounts:
        for one in each.statements.get(name, ()):
            if one.own:
                said.setdefault(one.source, []).append(one)
    return tuple(
        SourceAudit(
            source, len(all_of), len(all_of) / len(accounts), ages_of((each.at for each in all_of), now),
            sum(each.stale for each in all_of),
        )
        for source, all_of in sorted(said.items(), key=lambda item: (-len(item[1]), item[0]))
    )  # fmt: skip


def _disagreement(accounts: Sequence[Audited], name: str) -> Disagreement:
    compared, disputes = 0, []
    for each in accounts:
        fresh = [one for one in each.statements.get(name, ()) if not one.stale]
        if len(fresh) < 2:
            continue
        compared += 1
        by_value: dict[Any, Statement] = {}
        for one in fresh:
            by_value.setdefault(_plain(one.value), one)
        if len(by_value) > 1:
            said = tuple(f"{one.by}: {_shown(one.value)}" for one in by_value.values())
            disputes.append(Dispute(_name(each), said))
    return Disagreement(compared, len(disputes), tuple(disputes[:_EXAMPLES]))


def _plain(value: Any) -> Hashable:
    return frozenset(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
