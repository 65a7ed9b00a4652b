"""Mutants of what is not a condition: a rule left out, a limit moved, an allow list widened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from segue.evals import mutation_build as build
from segue.policies.assemble import forbidden_plays
from segue.policies.documents import Path
from segue.policies.language import tree
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.models.pack import Forbid, Surface
from segue.policies.pack import CompiledRule, Pack, SegmentPolicy

_MILLION = 1_000_000
_NEVER = tree.Literal(False, Type.BOOLEAN)


@dataclass(frozen=True, eq=False, slots=True)
class Change:
    """One change of treatment, before it is made."""

    operator: str
    file: str
    path: Path
    what: str
    make: Callable[[], Pack]
    segment: str | None = None
    surface: str | None = None
    labels: bool = False
    before: Expr | None = None
    after: Expr | None = None
    score: tuple[str, Expr] | None = None
    suppressing: str | None = None
    stated: str | None = None
    plays: frozenset[str] = frozenset()
    doubted: str | None = None


def treatment_changes(pack: Pack) -> Iterator[Change]:
    """Yield every change of treatment, in the order of the pack's segments."""
    yield from _guardrails(pack)
    yield from _adaptations(pack)
    yield from _scorecards(pack)
    for segment in pack.segments:
        yield from _rules(pack, segment)
        yield from _limits(pack, segment)
        yield from _needs(pack, segment)
        yield from _surfaces(pack, segment)
    yield from _plays(pack)


def _guardrails(pack: Pack) -> Iterator[Change]:
    for index, (model, rule) in enumerate(zip(pack.file.guardrails, pack.guardrails, strict=True)):
        rest = pack.guardrails[:index] + pack.guardrails[index + 1 :]
        yield Change(
            "drop_guardrail", "pack.yaml", ("guardrails", index), f"guardrail {model.id} left out",
            lambda rest=rest: build.with_guardrails(pack, rest),  # type: ignore[misc]
            before=rule.when.node, after=_NEVER, plays=rule.plays,
        )  # fmt: skip
        for key, position, name, plays in _narrowed(pack, rule, model.forbid):
            changed = replace(rule, plays=plays)
            whole = (*pack.guardrails[:index], changed, *pack.guardrails[index + 1 :])
            yield Change(
                "narrow_forbid", "pack.yaml", ("guardrails", index, "forbid", key, position),
                f"guardrail {model.id} no longer forbids {name}",
                lambda whole=whole: build.with_guardrails(pack, whole),  # type: ignore[misc]
                before=rule.when.node, after=_NEVER, plays=rule.plays - plays,
            )  # fmt: skip


def _rules(pack: Pack, segment: SegmentPolicy) -> Iterator[Change]:
    file = f"segments/{segment.name}.yaml"
    for index, (model, rule) in enumerate(zip(segment.model.rules, segment.rules, strict=True)):
        rest = segment.rules[:index] + segment.rules[index + 1 :]
        yield Change(
            "drop_rule", file, ("rules", index), f"rule {model.reason} left out",
            lambda rest=rest: build.with_segment(pack, segment, rules=rest),  # type: ignore[misc]
            segment.name, before=rule.when.node, after=_NEVER, plays=rule.plays,
        )  # fmt: skip
        listed = isinstance(model.forbid, list)
        forbid = Forbid(plays=model.forbid) if isinstance(model.forbid, list) else model.forbid
        for key, position, name, plays in _narrowed(pack, rule, forbid):
            whole = (*segment.rules[:index], replace(rule, plays=plays), *segment.rules[index + 1 :])
            path: Path = ("rules", index, "forbid", *(() if listed else (key,)), position)
            yield Change(
                "narrow_forbid", file, path, f"rule {model.reason} no longer forbids {name}",
                lambda whole=whole: build.with_segment(pack, segment, rules=whole),  # type: ignore[misc]
                segment.name, before=rule.when.node, after=_NEVER, plays=rule.plays - plays,
            )  # fmt: skip


def _narrowed(
    pack: Pack, rule: CompiledRule, forbid: Forbid
) -> Iterator[tuple[str, int, str, frozenset[str]]]:
    """Yield (key, index, name, plays left) with one play, kind or channel taken from a forbid.

    One that takes no play with it, since another entry names the same, is not yielded.
    """
    entries = [
        (key, i, v) for key in ("plays", "kinds", "channels") for i, v in enumerate(getattr(forbid, key))
    ]
    if len(entries) < 2:
        return
    for key, index, name in entries:
        fewer = {key: [each for each in getattr(forbid, key) if each != name]}
        left = forbidden_plays(forbid.model_copy(update=fewer), [each.model for each in pack.plays.values()])
        if left != rule.plays:
            yield key, index, str(getattr(name, "value", name)), left


def _adaptations(pack: Pack) -> Iterator[Change]:
    for index, (when, _) in enumerate(pack.adapt):
        rest = pack.adapt[:index] + pack.adapt[index + 1 :]
        yield Change(
            "drop_adapt", "pack.yaml", ("adapt", index), f"adapt where {when.text} left out",
            lambda rest=rest: replace(pack, adapt=rest), before=tree.IsBool(when.node, True), after=_NEVER,  # type: ignore[misc]
        )  # fmt: skip


def _scorecards(pack: Pack) -> Iterator[Change]:
    """Move the points of each item one step down and up: 1, or 0.1 where points have decimals."""
    for name, definition in pack.definitions.items():
        if not isinstance(definition, tree.Scorecard):
            continue
        for index, (when, points) in enumerate(definition.items):
            step = _MILLION if points % _MILLION == 0 else _MILLION // 10
            for moved in (points - step, points + step):
                items = (*definition.items[:index], (when, moved), *definition.items[index + 1 :])
                changed = tree.Scorecard(items)
                yield Change(
                    "points", "traits.yaml", (name, "scorecard", index, "points"),
                    f"{points / _MILLION:g} points -> {moved / _MILLION:g}",
                    lambda changed=changed, name=name: build.with_definition(pack, name, changed),  # type: ignore[misc]
                    labels=True, before=definition, after=changed, score=(name, changed),
                )  # fmt: skip


def _limits(pack: Pack, segment: SegmentPolicy) -> Iterator[Change]:
    limits = segment.model.limits
    file = f"segments/{segment.name}.yaml"
    for index, limit in enumerate(limits):
        shown = f"limit on {', '.join(limit.plays)}"
        rest = [*limits[:index], *limits[index + 1 :]]
        yield Change(
            "drop_limit", file, ("limits", index), f"{shown} left out",
            lambda rest=rest: build.with_model(pack, segment, limits=rest),  # type: ignore[misc]
            segment.name, stated="counters", plays=frozenset(limit.plays),
        )  # fmt: skip
        for at_most in (limit.at_most - 1, limit.at_most + 1):
            if at_most < 1:
                continue
            moved = limit.model_copy(update={"at_most": at_most})
            changed = [*limits[:index], moved, *limits[index + 1 :]]
            yield Change(
                "limit", file, ("limits", index, "at_most"), f"{shown}: at most {limit.at_most} -> {at_most}",
                lambda changed=changed: build.with_model(pack, segment, limits=changed),  # type: ignore[misc]
                segment.name, stated="counters", plays=frozenset(limit.plays),
            )  # fmt: skip


def _needs(pack: Pack, segment: SegmentPolicy) -> Iterator[Change]:
    needs = segment.model.needs
    for name, least in needs.items():
        rest = {other: value for other, value in needs.items() if other != name}
        yield Change(
            "belief", f"segments/{segment.name}.yaml", ("needs", name), f"needs {name}: {least:g} left out",
            lambda rest=rest: build.with_model(pack, segment, needs=rest),  # type: ignore[misc]
            labels=True, stated="believed", doubted=name,
        )  # fmt: skip


def _surfaces(pack: Pack, segment: SegmentPolicy) -> Iterator[Change]:
    """Widen each list of plays by what other segments do there, and narrow it by each play but the default."""
    file = f"segments/{segment.name}.yaml"
    for surface, treatment in segment.model.surfaces.items():
        key: Path = ("surfaces", surface.value)
        for name in _tempting(pack, surface, treatment.plays):
            wider = treatment.model_copy(update={"allow": [*treatment.plays, name]})
            surfaces = {**segment.model.surfaces, surface: wider}
            yield Change(
                "widen_allow", file, key, f"{name} allowed on {surface.value} in {segment.name}",
                lambda surfaces=surfaces: build.with_model(pack, segment, surfaces=surfaces),  # type: ignore[misc]
                segment.name, surface.value,
            )  # fmt: skip
        for index, name in enumerate(treatment.allow or ()):
            if name == treatment.default:
                continue
            left = [each for each in treatment.plays if each != name]
            narrower = treatment.model_copy(update={"allow": left})
            surfaces = {**segment.model.surfaces, surface: narrower}
            yield Change(
                "narrow_allow", file, (*key, "allow", index),
                f"{name} no longer allowed on {surface.value} in {segment.name}",
                lambda surfaces=surfaces: build.with_model(pack, segment, surfaces=surfaces),  # type: ignore[misc]
                segment.name, surface.value,
            )  # fmt: skip


def _tempting(pack: Pack, surface: Surface, plays: tuple[str, ...]) -> list[str]:
    """Return the plays most likely to be added by mistake: the least and the most treatment that other
    segments give on this surface, or else that the pack has."""
    others = {
        name
        for segment in pack.segments
        for where, treatment in segment.model.surfaces.items()
        if where is surface
        for name in treatment.plays
    } - set(plays)
    pool = (others or set(pack.plays) - set(plays)) & set(pack.plays)
    ranked = sorted(
        pool, key=lambda name: (pack.plays[name].model.order or 0, pack.plays[name].model.value, name)
    )
    return list(dict.fromkeys([*ranked[:1], *ranked[-1:]]))


def _plays(pack: Pack) -> Iterator[Change]:
    """Let a play that suppresses pass for one that does not, and forget what fits a moment."""
    for name, play in pack.plays.items():
        if play.model.suppresses:
            yield Change(
                "suppression", f"plays/{name}.yaml", ("suppresses",), f"{name} no longer counts as suppressing",
                lambda play=play: build.with_play(pack, play, suppresses=False),  # type: ignore[misc]
                suppressing=name, plays=frozenset({name}),
            )  # fmt: skip
        for index, (when, times) in enumerate(play.context):
            rest = play.context[:index] + play.context[index + 1 :]
            changed = replace(play, context=rest)
            yield Change(
                "drop_context", f"plays/{name}.yaml", ("context", index),
                f"{name}: times {times:g} where {when.text} left out",
                lambda changed=changed, name=name: replace(pack, plays={**pack.plays, name: changed}),  # type: ignore[misc]
                before=tree.IsBool(when.node, True), after=_NEVER, plays=frozenset({name}),
            )  # fmt: skip
