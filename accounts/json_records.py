"""The records of a JSON lines file: one object a line, objects inside flattened to dotted names."""

from __future__ import annotations

import json
from collections.abc import Iterator

from segue.accounts.source_text import Lines, RejectedRow, RowFault, SourceText, shown
from segue.core.errors import InputError, Place

MAX_COLUMNS = 2_000
_DEPTH = 4


class _RepeatedKeyError(ValueError):
    """An object names a key twice."""


def json_columns(text: SourceText) -> list[str]:
    """Return every key of the file in the order in which they first occur. Reads the whole file.

    Raises:
        InputError: it has more than 2,000 different keys: they are data, not columns.
    """
    columns: dict[str, None] = {}
    with text.open() as lines:
        for found in _objects(lines):
            if isinstance(found, RejectedRow):
                continue
            columns.update(dict.fromkeys(found[1]))
            if len(columns) > MAX_COLUMNS:
                raise InputError(
                    f"more than {MAX_COLUMNS} different keys: expected the same keys on every line",
                    Place(str(text.path), found[0]),
                )
    return list(columns)


def json_records(text: SourceText, columns: list[str]) -> Iterator[tuple[int, list[object]] | RejectedRow]:
    """Yield each line's values in the order of `columns`, None for a key that it lacks, or its rejection."""
    with text.open() as lines:
        for found in _objects(lines):
            if isinstance(found, RejectedRow):
                yield found
            else:
                yield found[0], [found[1].get(column) for column in columns]


def _objects(lines: Lines) -> Iterator[tuple[int, dict[str, object]] | RejectedRow]:
    for line in lines:
        row = lines.taken[0][0]
        fault = lines.faults.get(row)
        lines.begin()
        lines.faults.clear()
        if fault is not None:
            yield RejectedRow(
                row,
                fault,
                "is longer than a row may be" if fault is RowFault.TOO_LONG else _NOT_TEXT,
                shown(line),
            )
        elif not line.isspace():
            yield _object(row, line)


_NOT_TEXT = "is not text in the file's encoding"


def _object(row: int, line: str) -> tuple[int, dict[str, object]] | RejectedRow:
    try:
        value = json.loads(line, object_pairs_hook=_pairs)
    except _RepeatedKeyError as error:
        return RejectedRow(
            row, RowFault.REPEATED_KEY, f"the key {error} stands twice in one object", shown(line)
        )
    except (ValueError, RecursionError) as error:
        reason = (
            error.msg if isinstance(error, json.JSONDecodeError) else "a number or a nesting without measure"
        )
        return RejectedRow(row, RowFault.INVALID_JSON, f"is not JSON: {reason}", shown(line))
    if not isinstance(value, dict):
        return RejectedRow(row, RowFault.NOT_AN_OBJECT, "expected an object of names and values", shown(line))
    if any(isinstance(inner, dict) for inner in value.values()):
        value = dict(_flat(value, "", 1))
    return row, value


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKeyError(next(repr(name) for name in names if names.count(name) > 1))
    return found


def _flat(value: dict[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    for name, inner in value.items():
        if isinstance(inner, dict) and inner and depth < _DEPTH:
            yield from _flat(inner, f"{prefix}{name}.", depth + 1)
        else:
            yield prefix + name, inner
