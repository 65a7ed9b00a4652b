"""The facts that would settle each provisional label of a file, as the classifier names them.

What is missing follows from which conditions are unknown and which facts are, so rows that agree in
those share one answer: the classifier is asked once for each such pattern.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from segue.policies.classifier import Status, classify
from segue.policies.facts import take_facts
from segue.policies.language import tree
from segue.policies.language.sql import column
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.program import Program, confidence_column, traits_read


def create_missing(
    connection: duckdb.DuckDBPyConnection, program: Program, status: str, *, csv: bool
) -> tuple[str, str]:
    """Work out what is missing for each pattern of provisional rows of the view `accounts`.

    `status` is the program's SQL of the status. Returns the SQL of a row's pattern, NULL for a settled
    label, and the SQL of what is missing once the row is joined, by `pattern`, with the temporary table
    `missing_facts`, which is created.
    """
    pattern = _pattern(program, status)
    traits = [name for name in traits_read(program.pack) if program.has(column(name))]
    beliefs = [name for name in traits_read(program.pack) if program.has(confidence_column(name))]
    stated = [*(column(name) for name in traits), *(confidence_column(name) for name in beliefs)]
    listed = ", ".join(program.keep(name) for name in stated)
    patterns = program.query("accounts", [f"{pattern} AS pattern", f"row({listed}) AS stated"])
    rows = connection.execute(
        f"SELECT pattern, any_value(stated) FROM ({patterns}) WHERE pattern IS NOT NULL GROUP BY pattern"  # noqa: S608
    ).fetchall()
    connection.execute("CREATE TEMP TABLE missing_facts (pattern VARCHAR, missing VARCHAR[])")
    for text, cells in rows:
        known = dict(zip(traits, cells, strict=False))
        believed = {
            name: belief
            for name, belief in zip(beliefs, cells[len(traits) :], strict=True)
            if belief is not None
        }
        assert program.now is not None
        facts = take_facts(program.pack, known, program.now, believed=believed)
        missing = list(classify(program.pack, facts).missing)
        connection.execute("INSERT INTO missing_facts VALUES (?, ?)", [text, missing])
    return pattern, "array_to_string(missing, ';')" if csv else "COALESCE(missing, CAST([] AS VARCHAR[]))"


def _pattern(program: Program, status: str) -> str:
    """Return the SQL of a text that is the same for provisional rows of which the same is missing."""
    marks: dict[str, None] = {}
    for segment in program.pack.segments:
        if segment.when is None:
            continue
        doubts = program.doubts(segment)
        for node in _below(program, segment.when.node):
            if isinstance(node, tree.Trait):
                marks[f"CASE WHEN {program.column(node.name, doubts).name} IS NULL THEN '?' ELSE '.' END"] = (
                    None
                )
            if node.type is Type.BOOLEAN and not isinstance(node, tree.And | tree.Or | tree.Not):
                found = program.condition(node, doubts).name
                marks[f"CASE WHEN {found} THEN '1' WHEN {found} IS NULL THEN '?' ELSE '0' END"] = None
    return f"CASE WHEN ({status}) = '{Status.PROVISIONAL.value}' THEN concat({', '.join(marks)}) END"


def _below(program: Program, node: Expr) -> Iterator[Expr]:
    """Yield every node of a condition, with the definitions of derived traits instead of the traits."""
    for each in tree.walk(node):
        definition = program.pack.definitions.get(each.name) if isinstance(each, tree.Trait) else None
        if definition is None:
            yield each
        else:
            yield from _below(program, definition)
