"""In which order to fill the gaps: one fact alone often changes nothing that two together do."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from segue.evals.audit.model import Filled
from segue.evals.audit.population import Audited
from segue.evals.audit.traits import spread_of
from segue.policies.completion import Completions, with_value
from segue.policies.facts import Facts
from segue.policies.trait_cuts import Region

MOST_ACCOUNTS = 4_000
"""Accounts beyond which a sample of them stands for all."""

_Drawn = Mapping[str, Region]


def fill_order(completions: Completions, accounts: Sequence[Audited], seed: int = 0) -> tuple[Filled, ...]:
    """Return the traits that are unknown of some account, in the order that changes most labels with least.

    For each account every unknown trait is given one value, drawn from those of the accounts that have
    it. With all of them the expected number of changed labels is found; then, again and again, the
    trait is left out that costs least, so that what is left at last comes first. Traits whose absence
    means something, and those that no account has, are left alone. The same accounts and seed give the
    same order.
    """
    rng = random.Random(seed)  # noqa: S311 - drawn values, not secrets
    sample = accounts if len(accounts) <= MOST_ACCOUNTS else rng.sample(list(accounts), MOST_ACCOUNTS)
    spreads = {
        name: spread_of(completions, accounts, name)
        for name in completions.traits
        if name not in completions.pack.absent and "." not in name
    }
    drawn = _draw(completions, sample, spreads, rng)
    left = [name for name in spreads if any(name in values for _, values, _ in drawn)]
    scale = len(accounts) / len(sample) if sample else 0.0
    order: list[Filled] = []
    changed = _changed(completions, drawn, left)
    while left:
        rest = [[other for other in left if other != name] for name in left]
        costs = [(_changed(completions, drawn, names), index) for index, names in enumerate(rest)]
        fewer, out = max(costs)
        order.append(Filled(left[out], changed * scale))
        changed, left = fewer, rest[out]
    return tuple(reversed(order))


def _draw(
    completions: Completions,
    sample: Sequence[Audited],
    spreads: Mapping[str, Counter[Region]],
    rng: random.Random,
) -> list[tuple[Facts, _Drawn, int]]:
    """Return the different cases with how many accounts each stands for."""
    counts: Counter[object] = Counter()
    cases: dict[object, tuple[Facts, _Drawn]] = {}
    choices = {name: (list(spread), list(spread.values())) for name, spread in spreads.items() if spread}
    for each in sample:
        values = {
            name: rng.choices(regions, weights)[0]
            for name, (regions, weights) in choices.items()
            if each.facts.account.get(name) is None
        }
        key = (completions.pattern(each.facts), tuple(values.items()))
        counts[key] += 1
        cases.setdefault(key, (each.facts, values))
    return [(*cases[key], count) for key, count in counts.items()]


def _changed(
    completions: Completions, drawn: Sequence[tuple[Facts, _Drawn, int]], names: Sequence[str]
) -> int:
    """Return how many labels change when these traits are known as drawn."""
    found = 0
    for facts, values, count in drawn:
        completed = facts
        for name in names:
            if name in values:
                completed = with_value(completed, name, completions.representative(name, values[name]))
        found += count * (completions.label(completed) != completions.label(facts))
    return found
