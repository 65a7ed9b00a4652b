"""Proof points from a CSV file, one a row: `id, claim, body, evidence, expires_on`, and a column for each tag.

The column `tags.persona` holds the values of the tag `persona`, with `;` between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from segue.accounts.reading import FileFormat, open_source
from segue.accounts.source_text import RejectedRow, shown
from segue.core.errors import InputError, Place, nearest
from segue.policies.faults import Fault
from segue.policies.models.common import NAME_PATTERN
from segue.policies.models.proof import ProofClaim

REQUIRED = ("id", "claim", "body", "evidence", "expires_on")
OPTIONAL = ("example", "approved_by", "approved_on")
_TAG = "tags."
_EXPECTED = {
    "id": f"lower case letters, digits and underscores ({NAME_PATTERN})",
    "claim": "1 to 300 characters",
    "body": "two or three sentences that may be quoted",
    "evidence": "an address that begins with https://",
    "expires_on": "a day such as 2027-09-01",
    "example": "true or false",
}
_BOOLEANS = {"": False, "false": False, "no": False, "0": False, "true": True, "yes": True, "1": True}


@dataclass(frozen=True)
class CsvRow:
    """A row that says a whole proof point."""

    file: str
    line: int
    claim: ProofClaim
    body: str
    columns: Mapping[str, int]

    def place(self, path: tuple[str | int, ...]) -> Place:
        """Return where a key's value stands: the row's line, and the number of its column."""
        return Place(self.file, self.line, self.columns.get(_column_of(path), 0) + 1)


class CsvProof:
    """A file whose header names its columns.

    Raises:
        InputError: it cannot be read, or a column is missing, unknown or named twice.
    """

    def __init__(self, path: Path) -> None:
        self._file = str(path)
        self._source = open_source(path, format=FileFormat.CSV)
        names = [each.strip().lower() for each in self._source.columns]
        known = (*REQUIRED, *OPTIONAL)
        for number, name in enumerate(names, 1):
            place = Place(self._file, self._source.header_line or 1, number)
            if name not in known and not (name.startswith(_TAG) and len(name) > len(_TAG)):
                expected = f"expected one of {', '.join(known)}, or a tag such as tags.persona"
                raise InputError(f"unknown column {shown(name)!r}{nearest(name, known)}; {expected}", place)
            if name in names[: number - 1]:
                raise InputError(f"a second column {shown(name)!r}", place)
        missing = [name for name in REQUIRED if name not in names]
        if missing:
            place = Place(self._file, self._source.header_line or 1)
            raise InputError(f"no column {missing[0]!r}; expected {', '.join(REQUIRED)}", place)
        self._columns = {name: number for number, name in enumerate(names)}

    def rows(self, faults: list[Fault]) -> Iterator[CsvRow]:
        """Yield every row that says a proof point; what is wrong with the others is added to `faults`."""
        for found in self._source.records():
            if isinstance(found, RejectedRow):
                faults.append(Fault(Place(self._file, found.row), f"{found.message}, found {found.text!r}"))
                continue
            line, cells = found
            texts = {name: str(cells[number] or "").strip() for name, number in self._columns.items()}
            row = self._row(line, texts, faults)
            if row is not None:
                yield row

    def _row(self, line: int, texts: Mapping[str, str], faults: list[Fault]) -> CsvRow | None:
        before = len(faults)
        example = _BOOLEANS.get(texts.get("example", "").lower())
        for name in REQUIRED:
            if not texts[name]:
                self._fault(faults, line, name, texts[name])
        if example is None:
            self._fault(faults, line, "example", texts["example"])
        tags: dict[str, list[str]] = {}
        for name, text in texts.items():
            values = [each.strip() for each in text.split(";") if each.strip()]
            if name.startswith(_TAG) and values:
                tags[name.removeprefix(_TAG)] = values
        data: dict[str, Any] = {name: texts[name] for name in REQUIRED if name != "body"}
        try:
            claim = ProofClaim.model_validate({**data, "tags": tags, "example": bool(example)})
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                name = _column_of(detail["loc"])
                if texts.get(name) or name.startswith(_TAG):
                    self._fault(faults, line, name, texts.get(name, ""))
            return None
        if len(faults) > before:
            return None
        return CsvRow(self._file, line, claim, texts["body"], self._columns)

    def _fault(self, faults: list[Fault], line: int, name: str, text: str) -> None:
        expected = _EXPECTED.get(name, "a tag of lower case letters, digits and underscores")
        found = f"found {shown(text)!r}" if text else "found nothing"
        place = Place(self._file, line, self._columns.get(name, 0) + 1)
        faults.append(Fault(place, f"{name}: expected {expected}, {found}"))


def _column_of(path: Sequence[str | int]) -> str:
    """Return the column of a key: of `tags`, that of the tag."""
    first, *rest = path
    return f"{_TAG}{rest[0]}" if first == "tags" and rest else str(first)
