"""A pack with one part exchanged, assembled from the running pack: nothing is read or checked again.

What a change does not touch is shared with the pack that it was made from; what it touches is
compiled when it is first run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from segue.policies.compile import TraitCompiler, label_function
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.python import predicate_function
from segue.policies.language.thresholds import expand
from segue.policies.language.tree import Expr, traits_of
from segue.policies.models.play import Play
from segue.policies.models.segment import Segment
from segue.policies.pack import CompiledPlay, CompiledRule, Condition, Pack, SegmentPolicy, Territory, Values


def condition(pack: Pack, old: Condition, node: Expr, text: str) -> Condition:
    """Return a condition of the pack with another tree."""
    return replace(old, text=text, node=node, function=_compiled(node, pack.definitions, pack.absent))


def with_condition(pack: Pack, old: Condition, node: Expr, text: str) -> Pack:
    """Return the pack with one condition exchanged, wherever it stands; `old` is found by identity."""
    new = condition(pack, old, node, text)
    return _each_condition(pack, lambda each: new if each is old else each)


def with_definition(pack: Pack, name: str, node: Expr) -> Pack:
    """Return the pack with one derived trait defined by another tree."""
    definitions = {**pack.definitions, name: node}

    def fresh(each: Condition) -> Condition:
        if name not in _read_by(pack, each.node):
            return each
        return replace(each, function=_compiled(each.node, definitions, pack.absent))

    changed = replace(pack, definitions=definitions, evaluator=Evaluator(definitions, pack.absent))
    return _each_condition(changed, fresh)


def with_segment(pack: Pack, segment: SegmentPolicy, **changes: Any) -> Pack:
    """Return the pack with fields of one compiled segment exchanged: `model`, `rules`, `when`."""
    new = replace(segment, **changes)
    return _with_segments(pack, [new if each is segment else each for each in pack.segments])


def with_model(pack: Pack, segment: SegmentPolicy, **changes: Any) -> Pack:
    """Return the pack with fields of one segment's file exchanged: `limits`, `surfaces`, `needs`."""
    model: Segment = segment.model.model_copy(update=changes)
    return with_segment(pack, segment, model=model)


def with_play(pack: Pack, play: CompiledPlay, **changes: Any) -> Pack:
    """Return the pack with fields of one play's file exchanged."""
    model: Play = play.model.model_copy(update=changes)
    return replace(pack, plays={**pack.plays, play.name: replace(play, model=model)})


def with_guardrails(pack: Pack, guardrails: Sequence[CompiledRule]) -> Pack:
    """Return the pack with other guardrails."""
    return replace(pack, guardrails=tuple(guardrails))


def _each_condition(pack: Pack, change: Callable[[Condition], Condition]) -> Pack:
    """Return the pack with every condition passed through `change`; parts left alone are shared."""

    def rules(old: tuple[CompiledRule, ...]) -> tuple[CompiledRule, ...]:
        return tuple(
            each if (when := change(each.when)) is each.when else replace(each, when=when) for each in old
        )

    segments = []
    for segment in pack.segments:
        when = None if segment.when is None else change(segment.when)
        segments.append(replace(segment, when=when, rules=rules(segment.rules)))
    plays = {
        name: replace(play, context=tuple((change(when), times) for when, times in play.context))
        if play.context
        else play
        for name, play in pack.plays.items()
    }
    changed = replace(
        pack,
        plays=plays,
        guardrails=rules(pack.guardrails),
        adapt=tuple((change(when), terms) for when, terms in pack.adapt),
        territories=tuple(
            Territory(each.pod, None if each.when is None else change(each.when)) for each in pack.territories
        ),
    )
    return _with_segments(changed, segments)


def _with_segments(pack: Pack, segments: Sequence[SegmentPolicy]) -> Pack:
    """Return the pack with other segments; the label function is compiled when it is first asked."""
    old, new = pack.segments, tuple(segments)
    same = all(a.when is b.when and a.index == b.index for a, b in zip(old, new, strict=True))
    code = pack.label_code
    if not same:
        code = _Later(lambda: label_function(new, cast("TraitCompiler", pack)))
    return replace(pack, segments=new, label_code=code)


def _read_by(pack: Pack, node: Expr) -> frozenset[str]:
    """Return every trait that a condition reads, directly or through others; worked out once a pack."""
    known: dict[int, frozenset[str]] = pack.kept.setdefault("traits_read", {})
    found = known.get(id(node))
    if found is None:
        parts = expand([node], pack.definitions)
        found = known[id(node)] = frozenset(trait for part in parts for trait in traits_of(part))
    return found


def _compiled(node: Expr, definitions: Mapping[str, Expr], absent: Mapping[str, Any]) -> Any:
    return _Later(lambda: predicate_function(node, definitions, absent))


class _Later:
    """A function of values and an instant that is compiled by its first call."""

    __slots__ = ("_function", "_make")

    def __init__(self, make: Callable[[], Callable[..., Any]]) -> None:
        self._make = make
        self._function: Callable[..., Any] | None = None

    def __call__(self, values: Values, now: datetime | None) -> Any:
        if self._function is None:
            self._function = self._make()
        return self._function(values, now)
