"""A pack as one SQL query: the label of every row of a table, the same as the classifier's.

The query is a chain of named steps, each adding columns to the one before: the facts as the pack sees
them, the traits derived from them, one verdict a segment, and the label. Every condition stands once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from segue.policies.language import tree
from segue.policies.language.dialects import SPELLINGS, Dialect
from segue.policies.language.sql import column, column_type, range_columns, range_sql, to_sql
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.pack import Pack, SegmentPolicy
from segue.policies.reads import NOW, reads_of
from segue.policies.sql_names import column_name, table_name

Doubts = frozenset[tuple[str, float]]
"""Traits with the least belief in which a segment takes them at their value."""


def label_query(
    pack: Pack,
    source: str,
    dialect: Dialect | str,
    now: datetime | None = None,
    *,
    columns: Collection[str] | None = None,
    keys: Sequence[str] = ("account_id",),
    enums: tuple[str, str] | None = None,
) -> str:
    """Return the query that gives the keys, `segment` and `status` of every row of `source`.

    `source` is a table or view, such as `crm.accounts`, with a column for each trait (see
    `column_type`). `columns` names those that it has, every imported trait when left out: a trait
    without one is unknown. With a column `<trait>__confidence`, a segment that `needs` more belief in
    the trait takes it as unknown; NULL is whole belief. `now` stands for now(); without it the
    engine's clock is read. `enums` are DuckDB types for the segment and the status, text when left out.

    Raises:
        InputError: there is no such dialect; `source` or a key is not an identifier.
    """
    program = Program(pack, Dialect(dialect), now, columns, keys)
    segment, status = program.label(enums)
    return program.query(source, [f"{segment} AS segment", f"{status} AS status"])


def confidence_column(trait: str) -> str:
    """Return the column that says how far a trait's value is believed, from 0 to 1."""
    return f"{column(trait)}__confidence"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the query: its name, or that of both its ends, and the step that computes it."""

    name: str
    step: int


@dataclass
class Program:
    """The steps of one query, written as columns are asked for."""

    pack: Pack
    dialect: Dialect
    now: datetime | None = None
    columns: Collection[str] | None = None
    keys: Sequence[str] = ()
    steps: list[dict[str, str]] = field(default_factory=lambda: [{}])
    """Column to SQL, a step at a time; the first reads the source, each other the one before it."""
    _known: dict[tuple[str, Doubts], Column] = field(default_factory=dict)
    _conditions: dict[tuple[Expr, Doubts], Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        have = {each.lower() for each in self.columns} if self.columns is not None else None
        self._have = have if have is not None else {column(name) for name in self.pack.imported}
        self._taken = {"segment", "status", *self.keys}
        self._taken.update(end for name in self.pack.traits for end in _ends_and_name(name))
        self.verdicts = [
            self._verdict(each, each.when.node) for each in self.pack.segments if each.when is not None
        ]

    def doubts(self, segment: SegmentPolicy) -> Doubts:
        """Return what a segment may doubt in this source: the traits that have a confidence there."""
        return frozenset(
            (name, least)
            for name, least in segment.model.needs.items()
            if name not in self.pack.definitions and confidence_column(name) in self._have
        )

    def add(self, wanted: str, node: Expr, doubts: Doubts = frozenset()) -> Column:
        """Add a column for a condition or value, and return it; a score has two.

        It is called `wanted`, or where that is the name of another column nearly so.
        """
        return self._compute(self._free(wanted), node, doubts)

    def condition(self, node: Expr, doubts: Doubts = frozenset()) -> Column:
        """Return the column of a condition as it is seen under some doubts; added when there is none yet."""
        if isinstance(node, tree.Trait):
            return self.column(node.name, doubts)
        read = frozenset[str]().union(*(self._reads_of(name) for name in tree.traits_of(node)))
        key = node, frozenset(each for each in doubts if each[0] in read)
        if key not in self._conditions:
            self._conditions[key] = self.add("verdict", node, doubts)
        return self._conditions[key]

    def has(self, name: str) -> bool:
        """Return True when the source has the column."""
        return name in self._have

    def keep(self, name: str) -> str:
        """Carry a column of the source through as it stands there; return what it is called then."""
        called = self._free(f"{name}__stated")
        self.steps[0][called] = name
        return called

    def _verdict(self, segment: SegmentPolicy, node: Expr) -> Column:
        doubts = self.doubts(segment)
        if isinstance(node, tree.Trait):
            return self.column(node.name, doubts)
        return self.add(f"is_{segment.name}", node, doubts)

    def _compute(self, name: str, node: Expr, doubts: Doubts) -> Column:
        if isinstance(node, tree.Scorecard):
            node = self._with_columns(name, node, doubts)
        seen, step = self._seen(node, doubts)
        while len(self.steps) <= step:
            self.steps.append({})
        if node.type is Type.RANGE:
            for end, sql in zip(range_columns(name), range_sql(seen, self.dialect, self.now), strict=True):
                self.steps[step][end] = sql
        else:
            self.steps[step][name] = to_sql(seen, self.dialect, self.now)
        return Column(name, step)

    def label(self, enums: tuple[str, str] | None = None) -> tuple[str, str]:
        """Return the SQL of the segment and of its status."""

        def text(value: str, kind: int) -> str:
            quoted = SPELLINGS[self.dialect].quote(value)
            return f"CAST({quoted} AS {enums[kind]})" if enums else quoted

        segments, statuses = [], []
        for verdict, policy in zip(self.verdicts, self.pack.segments, strict=False):
            segments.append(f"WHEN {verdict.name} THEN {text(policy.name, 0)}")
            statuses.append(f"WHEN {verdict.name} THEN {text('matched', 1)}")
            statuses.append(f"WHEN {verdict.name} IS NULL THEN {text('provisional', 1)}")
        return (
            _case(segments, text(self.pack.residual.name, 0)),
            _case(statuses, text("residual", 1)),
        )

    def query(self, source: str, selected: Sequence[str]) -> str:
        """Return the whole query: the keys and `selected` over the last step."""
        keys = [column_name(name, self.dialect) for name in self.keys]
        first = dict.fromkeys(keys, "") | self.steps[0]
        parts, before = [], table_name(source, self.dialect)
        names = ["facts", *(f"step_{number}" for number in range(1, len(self.steps) - 1)), "verdicts"]
        for step, (name, found) in enumerate(zip(names, [first, *self.steps[1:]], strict=False)):
            items = [f"{sql} AS {each}" if sql and sql != each else each for each, sql in found.items()]
            listed = ",\n    ".join(items if step == 0 else ["*", *items])
            lazy = "NOT MATERIALIZED " if self.dialect is Dialect.DUCKDB else ""
            parts.append(f"{name} AS {lazy}(\n  SELECT\n    {listed}\n  FROM {before}\n)")
            before = name
        chosen = ",\n  ".join([*keys, *selected])
        return f"WITH {', '.join(parts)}\nSELECT\n  {chosen}\nFROM {before}"

    def _with_columns(self, wanted: str, node: tree.Scorecard, doubts: Doubts) -> tree.Scorecard:
        """Return a scorecard over columns: each condition is needed for both of its ends."""
        items = []
        for number, (condition, points) in enumerate(node.items, 1):
            if isinstance(condition, tree.Trait):
                items.append((condition, points))
                continue
            found = self.add(f"{wanted}__item_{number}", condition, doubts)
            self._known[found.name, frozenset()] = found
            items.append((tree.Trait(found.name, Type.BOOLEAN), points))
        return tree.Scorecard(tuple(items))

    def _seen(self, node: Expr, doubts: Doubts) -> tuple[Expr, int]:
        """Return a tree over the columns that a segment sees, and the step in which it can be computed."""
        steps = [0]

        def replace(part: Expr) -> Expr:
            if not isinstance(part, tree.Trait):
                return part
            found = self.column(part.name, doubts)
            steps.append(found.step)
            return tree.Trait(found.name, part.type)

        return tree.rebuild(node, replace), max(steps) + 1

    def column(self, name: str, doubts: Doubts = frozenset()) -> Column:
        """Return the column of a trait as it is seen under some doubts."""
        if (name, frozenset()) in self._known and name not in self.pack.traits:
            return self._known[name, frozenset()]
        doubts = frozenset(each for each in doubts if each[0] in self._reads_of(name))
        found = self._known.get((name, doubts))
        if found is None:
            called = self._free(f"{column(name)}__believed") if doubts else column(name)
            definition = self.pack.definitions.get(name)
            if definition is None:
                self.steps[0][called] = self._fact(name, doubts)
                found = Column(called, 0)
            else:
                found = self._compute(called, self._typed(definition, self.pack.schema[name]), doubts)
            self._known[name, doubts] = found
        return found

    def _typed(self, definition: Expr, kind: Type) -> Expr:
        """Return a definition that is no more than NULL as NULL of its trait's type."""
        return (
            tree.Call("NULLIF", (definition, definition), kind)
            if definition.type is Type.NULL
            else definition
        )

    def _fact(self, name: str, doubts: Doubts) -> str:
        """Return an imported trait as SQL: what its absence means, and whether it is believed."""
        kind, source = self.pack.schema[name], column(name)
        sql = source if source in self._have else f"CAST(NULL AS {column_type(kind, self.dialect)})"
        if name in self.pack.absent:
            meaning = to_sql(tree.Literal(self.pack.absent[name], kind), self.dialect, self.now)
            sql = f"COALESCE({sql}, {meaning})" if source in self._have else meaning
        for _, least in doubts:
            sql = f"CASE WHEN {confidence_column(name)} < {least!r} THEN NULL ELSE {sql} END"
        return sql

    def _reads_of(self, name: str) -> frozenset[str]:
        """Return the imported traits that a trait follows from; an imported one from itself."""
        definition = self.pack.definitions.get(name)
        return frozenset((name,)) if definition is None else reads_of(self.pack, definition) - {NOW}

    def _free(self, wanted: str) -> str:
        """Return a name for a column that neither a trait nor another column has."""
        name, number = wanted, 1
        while self._taken.intersection(_ends_and_name(name)):
            number += 1
            name = f"{wanted}_{number}"
        self._taken.update(_ends_and_name(name))
        return name


def _ends_and_name(name: str) -> tuple[str, ...]:
    found = name.replace(".", "__")
    return found, f"{found}__lo", f"{found}__hi"


def _case(branches: Sequence[str], default: str) -> str:
    lines = "\n    ".join([*branches, f"ELSE {default}"])
    return f"CASE\n    {lines}\n  END"
