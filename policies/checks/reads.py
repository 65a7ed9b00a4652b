"""What the conditions of a pack read, and what its segments offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segue.policies.language.tree import Expr, traits_of
from segue.policies.pack import CompiledRule, Condition, Pack, SegmentPolicy


def closure(pack: Pack, nodes: Iterable[Expr]) -> frozenset[str]:
    """Return every trait that conditions read, derived ones and all that those read included."""
    found: set[str] = set()
    stack = [name for node in nodes for name in traits_of(node)]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            definition = pack.definitions.get(name)
            stack.extend(traits_of(definition) if definition is not None else ())
    return frozenset(found)


def deciding_traits(pack: Pack) -> frozenset[str]:
    """Return the imported traits that the segments' conditions read, through derived ones."""
    nodes = [segment.when.node for segment in pack.segments if segment.when is not None]
    return frozenset(name for name in closure(pack, nodes) if name not in pack.definitions)


def rules_of(pack: Pack) -> Iterator[CompiledRule]:
    """Yield the guardrails, then the rules of every segment."""
    yield from pack.guardrails
    for segment in pack.segments:
        yield from segment.rules


def conditions_of(pack: Pack) -> Iterator[Condition]:
    """Yield every condition of the pack but those inside traits."""
    yield from (segment.when for segment in pack.segments if segment.when is not None)
    yield from (rule.when for rule in rules_of(pack))
    yield from (when for when, _ in pack.adapt)
    yield from (when for play in pack.plays.values() for when, _ in play.context)
    yield from (territory.when for territory in pack.territories if territory.when is not None)


def shown_plays(segment: SegmentPolicy) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the plays of a segment's surfaces with their paths in its file, each place once.

    A default that `allow` repeats is yielded as the default only.
    """
    for surface, treatment in segment.model.surfaces.items():
        yield treatment.default, ("surfaces", surface.value, "default")
        for index, name in enumerate(treatment.allow or ()):
            if name != treatment.default:
                yield name, ("surfaces", surface.value, "allow", index)


def offered(segment: SegmentPolicy) -> frozenset[str]:
    """Return the plays that a segment can bring about: on its surfaces, on entry and on exit."""
    model = segment.model
    return frozenset({*(name for name, _ in shown_plays(segment)), *model.on_enter, *model.on_exit})


def file_of(segment: SegmentPolicy) -> str:
    """Return the path of a segment's file in the pack."""
    return f"segments/{segment.name}.yaml"
