"""Every mutant of a pack: the mistakes that a change to its policy could hold, one at a time.

What the tests of a pack cannot see is left alone: the conditions on events behind counted and
decaying traits (facts state the trait itself), entry and exit plays, owners, dates and texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from segue.core.errors import Place
from segue.evals import mutation_build as build
from segue.evals.mutation_edits import Edit, edits
from segue.evals.mutation_operators import Domain
from segue.evals.mutation_treatment import Change, treatment_changes
from segue.policies.documents import Path
from segue.policies.language import tree
from segue.policies.language.guard import PredicateError
from segue.policies.language.parse import parse, parse_predicate
from segue.policies.language.text import to_text
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.pack import Condition, Pack


@dataclass(frozen=True, eq=False, slots=True)
class Mutant:
    """One changed pack: where, what was changed, and which decisions it can touch."""

    operator: str
    place: Place
    what: str
    """The change in words, `before -> after` where nothing was left out or put in."""
    file: str
    make: Callable[[], Pack]
    segment: str | None = None
    """Only decisions in this segment can change; None means any."""
    surface: str | None = None
    """Only decisions on this surface can change; None means any."""
    labels: bool = False
    """True when labels can change, and not decisions alone."""
    before: Expr | None = None
    after: Expr | None = None
    """A condition or value such that a decision changes only where the two differ, if there is one."""
    score: tuple[str, Expr] | None = None
    """The scorecard that the change is part of, by name, and its whole changed tree."""
    suppressing: str | None = None
    """The play that no longer counts as suppressing, where that is the change."""
    stated: str | None = None
    """Only decisions on a case that states something under this key can change; None means any."""
    plays: frozenset[str] = frozenset()
    """The plays that the changed part is about; none named means any."""
    doubted: str | None = None
    """The trait that has to be believed, where that is the change."""


@dataclass(frozen=True, slots=True)
class _Site:
    """One policy text, and how a pack with another one is made."""

    file: str
    path: Path
    node: Expr
    put: Callable[[Expr, str], Pack]
    schema: dict[str, Type]
    segment: str | None = None
    labels: bool = False
    value: bool = False
    score: Callable[[Expr], tuple[str, Expr]] | None = None
    plays: frozenset[str] = frozenset()


def mutants_of(pack: Pack) -> Iterator[Mutant]:
    """Yield every mutant of a pack that would load, texts first, then treatments."""
    domain = _domain_of(pack)
    for site in _sites(pack):
        yield from _of_site(pack, site, domain)
    for change in treatment_changes(pack):
        yield _of_change(pack, change)


def _of_site(pack: Pack, site: _Site, domain: Domain) -> Iterator[Mutant]:
    document = pack.documents[site.file]
    seen = {to_text(site.node)}
    for edit in edits(site.node, domain):
        node = _read_again(edit, site)
        if node is None or (text := to_text(node)) in seen:
            continue
        seen.add(text)
        yield Mutant(
            edit.operator,
            document.place_in(site.path, edit.at),
            edit.what,
            site.file,
            lambda node=node, text=text: site.put(node, text),  # type: ignore[misc]
            site.segment,
            None,
            site.labels,
            site.node,
            node,
            None if site.score is None else site.score(node),
            plays=site.plays,
        )


def _of_change(pack: Pack, change: Change) -> Mutant:
    place = pack.documents[change.file].place(change.path)
    return Mutant(
        change.operator, place, change.what, change.file, change.make, change.segment, change.surface,
        change.labels, change.before, change.after, change.score, change.suppressing, change.stated,
        change.plays, change.doubted,
    )  # fmt: skip


def _read_again(edit: Edit, site: _Site) -> Expr | None:
    """Return the changed tree as the loader would read it, or None where it would refuse it."""
    text = to_text(_without_double_not(edit.root))
    try:
        found = parse(text, site.schema) if site.value else parse_predicate(text, site.schema)
    except PredicateError:
        return None
    return None if site.value and found.type not in (site.node.type, Type.NULL) else found


def _without_double_not(node: Expr) -> Expr:
    def change(each: Expr) -> Expr:
        double = isinstance(each, tree.Not) and isinstance(each.operand, tree.Not)
        return each.operand.operand if double else each  # type: ignore[union-attr]

    return tree.rebuild(node, change)


def _sites(pack: Pack) -> Iterator[_Site]:
    """Yield every text of the pack that a decision can depend on."""
    schema = {name: Type(kind) for name, kind in pack.schema.items()}

    def at(
        when: Condition, segment: str | None = None, plays: frozenset[str] = frozenset(), labels: bool = False
    ) -> _Site:
        def put(node: Expr, text: str) -> Pack:
            return build.with_condition(pack, when, node, text)

        file = _inside(pack, when.file)
        return _Site(file, when.path, when.node, put, schema, segment, labels, plays=plays)

    for guardrail in pack.guardrails:
        yield at(guardrail.when, plays=guardrail.plays)
    for when, _ in pack.adapt:
        yield at(when)
    for name in pack.definitions:
        yield from _definition_sites(pack, name, schema)
    for segment in pack.segments:
        if segment.when is not None:
            yield at(segment.when, labels=True)
        for rule in segment.rules:
            yield at(rule.when, segment.name, rule.plays)
    for play in pack.plays.values():
        for when, _ in play.context:
            yield at(when, plays=frozenset({play.name}))
    for territory in pack.territories:
        if territory.when is not None:
            yield at(territory.when)


def _definition_sites(pack: Pack, name: str, schema: dict[str, Type]) -> Iterator[_Site]:
    definition = pack.definitions[name]
    others = {trait: kind for trait, kind in schema.items() if trait != name}
    if not isinstance(definition, tree.Scorecard):

        def put(node: Expr, _: str) -> Pack:
            return build.with_definition(pack, name, node)

        yield _Site("traits.yaml", (name, "sql"), definition, put, others, labels=True, value=True)
        return
    items = definition.items
    for index, (when, points) in enumerate(items):

        def whole(node: Expr, index: int = index, points: int = points) -> tuple[str, Expr]:
            return name, tree.Scorecard((*items[:index], (node, points), *items[index + 1 :]))

        def put_item(node: Expr, _: str, whole: Callable[[Expr], tuple[str, Expr]] = whole) -> Pack:
            return build.with_definition(pack, *whole(node))

        path = (name, "scorecard", index, "when")
        yield _Site("traits.yaml", path, when, put_item, others, labels=True, score=whole)


def _inside(pack: Pack, shown: str) -> str:
    """Return the path inside the pack of a file by the name under which faults show it."""
    found = pack.kept.get("paths")
    if found is None:
        found = {document.file: path for path, document in pack.documents.items()}
        pack.kept["paths"] = found
    return str(found[shown])


def _domain_of(pack: Pack) -> Domain:
    """Return the texts that each trait may have: listed, asked for, or compared with somewhere.

    Where a trait lists no values, those that a person may answer and that no condition names come first.
    """
    compared: dict[str, dict[str, None]] = {}
    for node in _all_nodes(pack):
        for each in tree.walk(node):
            for operand, literal in _text_pairs(each):
                compared.setdefault(operand, {})[literal] = None

    def domain(name: str) -> list[str]:
        trait = pack.traits.get(name)
        if trait is not None and trait.values:
            return list(trait.values)
        asked = [v for v in (trait.ask.answers.values() if trait and trait.ask else ()) if isinstance(v, str)]
        named = compared.get(name, {})
        return list(dict.fromkeys([*(each for each in asked if each not in named), *named]))

    return domain


def _all_nodes(pack: Pack) -> list[Expr]:
    rules = [*pack.guardrails, *(rule for segment in pack.segments for rule in segment.rules)]
    whens = [*(rule.when for rule in rules), *(when for when, _ in pack.adapt)]
    whens += [segment.when for segment in pack.segments if segment.when is not None]
    return [*pack.definitions.values(), *(when.node for when in whens)]


def _text_pairs(node: Expr) -> Iterator[tuple[str, str]]:
    if isinstance(node, tree.Contains) and isinstance(node.operand, tree.Trait):
        yield node.operand.name, node.item
    items: tuple[Expr, ...] = ()
    operand: Expr | None = None
    if isinstance(node, tree.In):
        operand, items = node.operand, node.items
    elif isinstance(node, tree.Compare):
        operand, items = node.left, (node.right,)
    if isinstance(operand, tree.Trait):
        for item in items:
            if isinstance(item, tree.Literal) and isinstance(item.value, str):
                yield operand.name, item.value
