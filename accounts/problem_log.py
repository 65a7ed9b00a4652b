"""Keeps what an import meets on its way: all of it in a file, counts and examples in memory."""

from __future__ import annotations

import json
from collections import Counter
from typing import TextIO

from segue.accounts.import_report import DroppedRow, Problem
from segue.accounts.readings import Fault, Reading
from segue.accounts.source_text import RejectedRow, RowFault, shown

_EXAMPLES = 3
_KEPT_ROWS = 200
_KEPT_SPELLINGS = 10_000


class ProblemLog:
    """Takes problems in the file's order. What it holds does not grow with the file; the file has it all."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.faults: dict[str, Counter[Fault]] = {}
        self.spellings: dict[str, Counter[str]] = {}
        self.examples: dict[tuple[str, Fault], list[Problem]] = {}
        self.rejected: list[RejectedRow] = []
        self.rejected_by: Counter[RowFault] = Counter()
        self.dropped: list[DroppedRow] = []
        self.rows_dropped = 0

    def cell(self, row: int, column: str, field: str, cell: object, found: Reading, expected: str) -> None:
        """Note a cell that was not read, or not whole. `found` carries the fault."""
        fault = found.fault or Fault.UNREADABLE
        problem = Problem(row, column, field, _text_of(cell), fault, expected, found.detail)
        self.faults.setdefault(field, Counter())[fault] += 1
        examples = self.examples.setdefault((field, fault), [])
        if len(examples) < _EXAMPLES:
            examples.append(problem)
        if fault is Fault.UNKNOWN_SPELLING:
            self._spellings(field, found.detail or problem.value)
        self._write(
            row=row,
            column=column,
            field=field,
            value=problem.value,
            fault=fault,
            expected=expected,
            detail=found.detail,
        )

    def reject(self, rejected: RejectedRow) -> None:
        """Note a row that was not read."""
        self.rejected_by[rejected.fault] += 1
        if len(self.rejected) < _KEPT_ROWS:
            self.rejected.append(rejected)
        self._write(row=rejected.row, fault=rejected.fault, expected=rejected.message, value=rejected.text)

    def drop(self, dropped: DroppedRow) -> None:
        """Note a row that makes no account."""
        self.rows_dropped += 1
        if len(self.dropped) < _KEPT_ROWS:
            self.dropped.append(dropped)
        self._write(
            row=dropped.row, fault="dropped", expected=dropped.why, value=dropped.domain or dropped.name or ""
        )

    def _spellings(self, field: str, text: str) -> None:
        counts = self.spellings.setdefault(field, Counter())
        for item in text.split("; "):
            if item in counts or len(counts) < _KEPT_SPELLINGS:
                counts[item] += 1

    def _write(self, **line: object) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _text_of(cell: object) -> str:
    if isinstance(cell, str):
        return shown(cell)
    try:
        return shown(json.dumps(cell, ensure_ascii=False, default=str))
    except (TypeError, ValueError):
        return shown(repr(cell))
