"""Invented situations for one pack, drawn from the pack's own thresholds.

Values lie at, just below and just above everything that a condition compares with. A third of the
situations are put together at random; the others start from facts that lead to a segment, one
segment after the other, and differ from them in a few facts, some of which become unknown.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from segue.evals.cases import DEFAULT_NOW
from segue.policies.language import tree
from segue.policies.language.cuts import Bounds
from segue.policies.language.regions import Answer, Prover, Wanted
from segue.policies.language.thresholds import candidates, expand
from segue.policies.language.tree import Expr, traits_of
from segue.policies.language.types import Type
from segue.policies.models.case import Case, Expect
from segue.policies.models.pack import Surface
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack

Given = dict[str, Any]
"""Known facts of all scopes, by trait; what is unknown is left out."""

_RANDOM_SHARE = 1 / 3
_UNKNOWN_SHARE = 0.35
_MOST_CHANGES = 4
_FURTHER: Mapping[Type, tuple[Any, ...]] = {
    Type.INTEGER: (0, 1, 1_000_000),
    Type.NUMBER: (0.0, 0.5, 1_000_000.0),
    Type.TEXT: ("something else",),
    Type.TEXT_LIST: ((), ("something else",)),
}
"""Values beyond every threshold, so that a trait that no condition compares has some too."""


class Generator:
    """Draws situations for a pack. The same pack, seed and instant give the same situations."""

    def __init__(self, pack: Pack, seed: int = 0, now: datetime = DEFAULT_NOW) -> None:
        self.pack = pack
        self.now = now
        self.random = random.Random(f"{pack.name}/{seed}")  # noqa: S311 - invented facts, not secrets
        self.traits = tuple(name for name in pack.imported if "." not in name)
        """The imported traits that a situation may state; labels of earlier packs follow by themselves."""

    def cases(self, count: int) -> Iterator[Case]:
        """Yield situations as cases that expect nothing, each on some surface of the pack."""
        for number in range(count):
            given = self.draw()
            yield self.case(given, self.random.choice(self.pack.file.surfaces), f"situation {number}")

    def case(self, given: Mapping[str, Any], surface: Surface | None, name: str) -> Case:
        """Return facts of all scopes as a case that expects nothing."""
        scopes: dict[Scope, Given] = {scope: {} for scope in Scope}
        for trait, value in given.items():
            scopes[self.pack.scopes[trait]][trait] = value
        return Case(
            name=name,
            facts=scopes[Scope.ACCOUNT],
            contact=scopes[Scope.CONTACT],
            context=scopes[Scope.REQUEST],
            account={"id": f"acc_{self.random.randrange(10**6)}", "domain": "acme.example", "name": "Acme"},
            now=self.now,
            surface=surface,
            expect=Expect(),
        )

    def draw(self) -> Given:
        """Return the facts of one situation."""
        if not self.starts or self.random.random() < _RANDOM_SHARE:
            picked = {
                name: self.random.choice(self.values[name]) for name in self.traits if self.values[name]
            }
            return {n: v for n, v in picked.items() if self.random.random() >= _UNKNOWN_SHARE}
        given = dict(self.random.choice(self.starts))
        for name in self.random.sample(
            self.traits, min(len(self.traits), self.random.randint(0, _MOST_CHANGES))
        ):
            if given.pop(name, None) is None or self.random.random() < 0.5:
                given |= {name: self.random.choice(self.values[name])} if self.values[name] else {}
        return given

    @cached_property
    def values(self) -> Mapping[str, tuple[Any, ...]]:
        """Values of each trait around every threshold of the pack, and some beyond."""
        return {name: self._values_of(name) for name in self.traits}

    def near(self, name: str, nodes: Sequence[Expr]) -> list[Any]:
        """Return the values of a trait around the thresholds of these conditions alone."""
        kind = Type(self.pack.traits[name].type)
        read = expand(nodes, self.pack.definitions)
        return [
            each for each in candidates(name, kind, read, self.now, None, self._solve) if each is not None
        ]

    @cached_property
    def starts(self) -> list[Given]:
        """Facts that lead to each segment in turn, found from the conditions; none where none was found."""
        numeric = (name for name in self.traits if Type(self.pack.traits[name].type).is_numeric)
        prover = Prover(self.pack.evaluator, dict.fromkeys(numeric, Bounds(least=0)))
        found: list[Given] = []
        before: list[Wanted] = []
        for segment in self.pack.segments:
            node = tree.Literal(True, Type.BOOLEAN) if segment.when is None else segment.when.node
            answer = prover.possible(Wanted(node, frozenset({True})), *before)
            if answer.answer is Answer.YES and answer.witness is not None:
                known = {n: v for n, v in answer.witness.items() if v is not None and n in self.traits}
                goals = [Wanted(node, frozenset({True})), *before]
                found.append(self._plausible(_at_instant(known, answer.now, self.now), goals))
            before.append(Wanted(node, frozenset({False})))
        return found

    def _plausible(self, given: Given, wanted: Sequence[Wanted]) -> Given:
        """Return facts with each text that is another trait's exchanged for one of its own, if that will do."""
        for name, value in given.items():
            if isinstance(value, str) and value not in self.values[name]:
                trials = ({**given, name: other} for other in reversed(self.values[name]))
                given = next((trial for trial in trials if self._gives(trial, wanted)), given)
        return given

    def _gives(self, given: Given, wanted: Sequence[Wanted]) -> bool:
        values = {**self.pack.blank, **given}
        verdict = self.pack.evaluator.verdict
        return all(verdict(each.node, values, self.now) in each.verdicts for each in wanted)

    def _values_of(self, name: str) -> tuple[Any, ...]:
        trait, kind = self.pack.traits[name], Type(self.pack.traits[name].type)
        if kind is Type.BOOLEAN:
            return (True, False)
        near = self.near(name, conditions_of(self.pack))
        if kind is Type.TIMESTAMP:
            near += [self.now + timedelta(days=days) for days in (-400, 30, 400)]
        if trait.values and kind is Type.TEXT:
            near = list(trait.values)
        elif trait.values:
            near += [(each,) for each in trait.values] + [tuple(trait.values)]
        elif kind is Type.TEXT and trait.ask is not None:
            near += list(trait.ask.answers.values())
        if not trait.values:
            near += _FURTHER.get(kind, ())
        return tuple(dict.fromkeys(near))

    def _solve(self, node: Expr, value: Any) -> float | None:
        """Return a numeric expression where every number that it reads is `value`."""
        numbers = {
            name: value
            for name in traits_of(node)
            if name in self.pack.schema and name not in self.pack.definitions
        }
        found = self.pack.evaluator.value(node, {**self.pack.blank, **numbers}, self.now)
        return found if isinstance(found, int | float) else None


def conditions_of(pack: Pack) -> list[Expr]:
    """Return every condition of a pack that a decision can depend on, derived traits included."""
    rules = [*pack.guardrails, *(rule for segment in pack.segments for rule in segment.rules)]
    whens = [rule.when for rule in rules]
    whens += [segment.when for segment in pack.segments if segment.when is not None]
    whens += [when for when, _ in pack.adapt]
    whens += [when for play in pack.plays.values() for when, _ in play.context]
    whens += [each.when for each in pack.territories if each.when is not None]
    return [*(when.node for when in whens), *pack.definitions.values()]


def _at_instant(given: Given, found_at: datetime | None, now: datetime) -> Given:
    """Move instants that were found for one `now` to the same distance from another."""
    if found_at is None:
        return given
    shift = now - found_at
    return {n: v + shift if isinstance(v, datetime) else v for n, v in given.items()}
