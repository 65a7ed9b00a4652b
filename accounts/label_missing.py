"""The facts that would settle each provisional label of a file, as the classifier names them.

What is missing follows from which conditions are unknown and which facts are, so rows that agree in
those share one answer: the classifier is asked once for each such pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from segue.accounts.watched_query import Progress, run_watched
from segue.policies.classifier import Status, classify
from segue.policies.facts import take_facts
from segue.policies.label_pattern import parts_of
from segue.policies.language import tree
from segue.policies.language.sql import column
from segue.policies.language.types import Type
from segue.policies.program import Program, confidence_column
from segue.policies.reads import traits_read


def missing_column(
    connection: duckdb.DuckDBPyConnection, program: Program, status: str, progress: Progress | None
) -> str:
    """Work out what is missing for each pattern of provisional rows of the view `accounts`.

    `status` is the program's SQL of the status. Returns the SQL of the list of what is missing of a row,
    empty for a settled label. It leans on a type and a variable of the connection, which are made here.
    """
    pattern = _pattern(program, status)
    traits = [name for name in traits_read(program.pack) if program.has(column(name))]
    beliefs = [name for name in traits_read(program.pack) if program.has(confidence_column(name))]
    stated = [*(column(name) for name in traits), *(confidence_column(name) for name in beliefs)]
    facts = ", ".join(program.keep(name) for name in stated)
    patterns = program.query("accounts", [f"{pattern} AS pattern", f"row({facts}) AS stated"])
    examples = (
        f"SELECT pattern, any_value(stated) FROM ({patterns}) WHERE pattern IS NOT NULL GROUP BY pattern"  # noqa: S608
    )
    answers: dict[str, Sequence[str]] = {"": ()}
    for text, cells in run_watched(connection, examples, progress):
        answers[text] = _missing(program, traits, beliefs, cells)
    # by its place among the patterns, for a join would not keep the order of the rows
    listed = ", ".join(f"'{text}'" for text in answers)
    connection.execute(f"CREATE TYPE missing_pattern AS ENUM ({listed})")
    lists = [list(names) for names in answers.values()]
    connection.execute("SET VARIABLE missing_facts = CAST(? AS VARCHAR[][])", [lists])
    place = f"enum_code(CAST(COALESCE({pattern}, '') AS missing_pattern)) + 1"
    return f"getvariable('missing_facts')[{place}]"


def _missing(
    program: Program, traits: Sequence[str], beliefs: Sequence[str], cells: Sequence[Any]
) -> tuple[str, ...]:
    """Ask the classifier what is missing of one account."""
    known = dict(zip(traits, cells, strict=False))
    believed = dict(zip(beliefs, cells[len(traits) :], strict=True))
    stated = {name: belief for name, belief in believed.items() if belief is not None}
    assert program.now is not None
    return classify(program.pack, take_facts(program.pack, known, program.now, believed=stated)).missing


def _pattern(program: Program, status: str) -> str:
    """Return the SQL of a text that is the same for provisional rows of which the same is missing."""
    marks: dict[str, None] = {}
    for segment in program.pack.segments:
        doubts = program.doubts(segment)
        for part in parts_of(program.pack, segment):
            if isinstance(part, tree.Trait):
                fact = program.column(part.name, doubts).name
                marks[f"CASE WHEN {fact} IS NULL THEN '?' ELSE '.' END"] = None
            if part.type is Type.BOOLEAN:
                found = program.condition(part, doubts).name
                marks[f"CASE WHEN {found} THEN '1' WHEN {found} IS NULL THEN '?' ELSE '0' END"] = None
    return f"CASE WHEN ({status}) = '{Status.PROVISIONAL.value}' THEN concat({', '.join(marks)}) END"
