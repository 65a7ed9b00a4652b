"""From a pack's models to its running form: types, derived traits, predicates, one label function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segue.policies.documents import Document, Path
from segue.policies.faults import Fault
from segue.policies.language import tree
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.guard import PredicateError, is_plain_name
from segue.policies.language.parse import parse, parse_predicate
from segue.policies.language.python import Emitter, predicate_function
from segue.policies.language.tree import Expr, traits_of
from segue.policies.language.types import Schema, Type, ValueFault, coerce
from segue.policies.models.rank import Rank
from segue.policies.models.traits import Layer, Scope, Trait
from segue.policies.pack import CompiledRank, Condition, SegmentPolicy
from segue.policies.vocabulary import check_vocabulary

EVENT_SCHEMA: Schema = {
    "name": "text", "path": "text", "url": "text", "title": "text", "referrer": "text", "search": "text",
}  # fmt: skip
"""The fields of an event that a trait's `where` may read."""

COLUMN_ENDINGS = ("__lo", "__hi", "__confidence", "__segment")
"""How the columns of scores, beliefs and earlier packs' labels end in SQL: no trait may be called so."""

_MILLION = 1_000_000


class TraitCompiler:
    """Compiles `traits.yaml`: the schema, the derived traits in order, and what follows for each."""

    def __init__(
        self, document: Document, traits: Mapping[str, Trait], inherited: Mapping[str, Trait]
    ) -> None:
        self.document = document
        self.traits = {**inherited, **traits}
        self.faults: list[Fault] = []
        self.schema: dict[str, Type] = {}
        self.definitions: dict[str, Expr] = {}
        self.scopes: dict[str, Scope] = {name: trait.scope for name, trait in self.traits.items()}
        self.layers: dict[str, Layer] = {n: t.layer for n, t in self.traits.items() if t.layer is not None}
        self.absent: dict[str, Any] = {}
        self.ranks: dict[str, CompiledRank] = {}
        self._own = traits
        self._compile()

    def _compile(self) -> None:
        for name, trait in self.traits.items():
            if name in self._own and name.endswith(COLUMN_ENDINGS):
                self._fault(
                    (name,), f"{name!r} ends like a column that a pack's SQL names: choose another name"
                )
            elif name in self._own and not is_plain_name(name):
                self._fault((name,), f"{name!r} is a reserved word of some engine: choose another name")
            self.schema[name] = Type.RANGE if trait.scorecard else Type(trait.type)
            if trait.absent is not None:
                self._state_absent(name, trait)
        for name, trait in self._own.items():
            self._check_events(name, trait)
        self._derive_all()
        self._order()
        for name, trait in self._own.items():
            if trait.rank is not None:
                self._rank(name, trait.rank)

    def _derive_all(self) -> None:
        """Derive until the types hold still: what reads a score becomes a score."""
        before = list(self.faults)
        while True:
            types = dict(self.schema)
            for name, trait in self._own.items():
                if trait.is_derived:
                    self._derive(name, trait)
            if types == self.schema:
                return
            self.faults[:] = before
            self.definitions.clear()

    def _state_absent(self, name: str, trait: Trait) -> None:
        try:
            self.absent[name] = coerce(Type(trait.type), trait.absent, name)
        except ValueFault as error:
            self._fault((name, "absent"), error.message)

    def _check_events(self, name: str, trait: Trait) -> None:
        key = trait.computed_by
        if key in (None, "sql", "scorecard", "rank"):
            return
        if key == "decay" and trait.decay is not None:
            places: list[tuple[Path, str | None]] = [
                ((name, key, "points", i, "where"), p.where) for i, p in enumerate(trait.decay.points)
            ]
        else:
            places = [((name, key or "", "where"), getattr(trait, key or "").where)]
        for path, text in places:
            if text is not None:
                self.predicate(text, path, EVENT_SCHEMA)

    def predicate(self, text: str, path: Path, schema: Schema) -> Expr | None:
        """Parse a condition of this file, or note the fault and return None."""
        return parsed(self.document, path, text, schema, self.faults, self.traits)

    def _derive(self, name: str, trait: Trait) -> None:
        schema = {other: kind for other, kind in self.schema.items() if other != name}
        if trait.scorecard:
            items = []
            for index, item in enumerate(trait.scorecard):
                node = self.predicate(item.when, (name, "scorecard", index, "when"), schema)
                if node is not None:
                    items.append((node, round(item.points * _MILLION)))
            self.definitions[name] = tree.Scorecard(tuple(items))
            return
        assert trait.sql is not None
        node = parsed(self.document, (name, "sql"), trait.sql, schema, self.faults, self.traits, value=True)
        if node is None:
            return
        found = Type.NUMBER if node.type is Type.INTEGER and trait.type == "number" else node.type
        if node.type is Type.RANGE and trait.type == "number":
            self.schema[name] = found = Type.RANGE
        if found not in (self.schema[name], Type.NULL):
            self._fault((name, "type"), f"the expression gives {node.type}, found type {trait.type!r}")
        self.definitions[name] = node

    def _rank(self, name: str, rank: Rank) -> None:
        """Compile what a rank is proposed by: account traits, and none that follow from a rank."""
        by = parsed(
            self.document, (name, "rank", "by"), rank.by, self.schema, self.faults, self.traits, value=True
        )
        when = None if rank.when is None else self.predicate(rank.when, (name, "rank", "when"), self.schema)
        if by is not None and by.type not in (Type.INTEGER, Type.NUMBER, Type.RANGE):
            self._fault((name, "rank", "by"), f"a rank goes by a number, found {by.type}")
        for key, node in (("by", by), ("when", when)):
            for read in sorted(self._below(node)) if node is not None else ():
                if self.traits[read].rank is not None:
                    self._fault((name, "rank", key), f"a rank cannot follow from a rank, found {read!r}")
                elif self.scopes[read] is not Scope.ACCOUNT:
                    message = f"{read!r} is of scope {self.scopes[read]}: a rank goes by account traits only"
                    self._fault((name, "rank", key), message)
        if by is not None:
            self.ranks[name] = CompiledRank(by, when)

    def _below(self, node: Expr) -> set[str]:
        """Return every trait that a node reads, those behind derived ones included."""
        found: set[str] = set()
        stack = [*traits_of(node)]
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack += traits_of(self.definitions[name]) if name in self.definitions else ()
        return found

    def _order(self) -> None:
        """Find cycles, and give every derived trait the scope and layer of what it reads."""
        done: set[str] = set()

        def visit(name: str, above: tuple[str, ...]) -> None:
            if name in above:
                ring = " -> ".join((*above[above.index(name) :], name))
                self._fault((name,), f"the derived traits read each other in a ring: {ring}")
                return
            if name in done or name not in self.definitions:
                return
            for read in sorted(traits_of(self.definitions[name])):
                visit(read, (*above, name))
                if (
                    self.scopes.get(read, Scope.ACCOUNT) is not Scope.ACCOUNT
                    and self.scopes[name] is Scope.ACCOUNT
                ):
                    self.scopes[name] = self.scopes[read]
                if name not in self.layers and read in self.layers:
                    self.layers[name] = self.layers[read]
            done.add(name)

        for name in list(self.definitions):
            visit(name, ())
        if any("in a ring" in fault.message for fault in self.faults):
            self.definitions.clear()

    def _fault(self, path: Path, message: str) -> None:
        self.faults.append(Fault(self.document.place(path), message))


def parsed(
    document: Document, path: Path, text: str, schema: Schema, faults: list[Fault],
    traits: Mapping[str, Trait], *, value: bool = False,
) -> Expr | None:  # fmt: skip
    """Parse a policy text of a file, or add its fault, placed inside the YAML, and return None."""
    try:
        node = parse(text, schema) if value else parse_predicate(text, schema)
    except PredicateError as error:
        faults.append(Fault(document.place_in(path, error.offset), error.message))
        return None
    for offset, message in check_vocabulary(node, traits):
        faults.append(Fault(document.place_in(path, offset), message))
    return node


class ConditionCompiler:
    """Compiles the predicates of a pack over its traits."""

    def __init__(self, traits: TraitCompiler) -> None:
        self.traits = traits
        self.evaluator = Evaluator(traits.definitions, traits.absent)

    def condition(
        self, document: Document, path: Path, text: str, faults: list[Fault], *, account_only: bool = False
    ) -> Condition | None:
        """Compile one predicate, or add its faults and return None.

        With `account_only`, a trait of a contact or a request is a fault.
        """
        node = parsed(document, path, text, self.traits.schema, faults, self.traits.traits)
        if node is None:
            return None
        if account_only:
            for each in tree.walk(node):
                if isinstance(each, tree.Trait) and self.traits.scopes.get(each.name) is not Scope.ACCOUNT:
                    message = (
                        f"{each.name!r} is of scope {self.traits.scopes[each.name]}: "
                        "who belongs to a segment depends on account traits only"
                    )
                    faults.append(Fault(document.place_in(path, each.at), message))
                    return None
        function = predicate_function(node, self.traits.definitions, self.traits.absent)
        return Condition(text, node, function, document.file, path)


def label_function(segments: Sequence[SegmentPolicy], traits: TraitCompiler) -> Any:
    """Compile all segments into one function `(values, now) -> code`.

    The code is `2 * index` of the first true segment, the residual included, plus 1 when a segment
    before it was unknown.
    """
    emitter = Emitter(traits.definitions, traits.absent)
    emitter.line("unknown = 0")
    for segment in segments:
        code = 2 * segment.index
        if segment.when is None:
            emitter.line(f"return {code} + unknown")
            break
        _try_segment(emitter, _conditions(segment.when.node), code)
    return emitter.function("label")


_NESTED = 20
"""Conditions that are asked one inside the other; Python takes no more than a hundred levels."""


def _conditions(node: tree.Expr) -> Sequence[tree.Expr]:
    """Return the conditions that are all to hold, at most `_NESTED` of them."""
    if not isinstance(node, tree.And):
        return (node,)
    if len(node.items) <= _NESTED:
        return node.items
    return (*node.items[: _NESTED - 1], tree.And(node.items[_NESTED - 1 :]))


def _try_segment(
    emitter: Emitter, items: Sequence[tree.Expr], code: int, trues: tuple[str, ...] = ()
) -> None:
    """Write the trial of a segment whose conditions are all to hold.

    Most segments that are tried are false: that is asked first, condition by condition, and what a
    later condition reads is not read before it is asked.
    """
    verdict = emitter.condition(items[0])
    trues = (*trues, f"({verdict.true})")
    with emitter.inside(f"if not ({verdict.false}):"):
        if len(items) > 1:
            _try_segment(emitter, items[1:], code, trues)
        else:
            emitter.line(f"if {' and '.join(trues)}: return {code} + unknown")
            emitter.line("unknown = 1")
