"""The lines of a text file, one at a time and numbered, whatever bytes are in it.

Lines are decoded one by one, so that a byte that is no text spoils its own line and no other.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

from segue.core.errors import InputError, Place

MAX_LINE = 1024 * 1024
"""Characters of one line; a longer one is rejected without being held."""

_SAMPLE = 65_536
_TELLING = 512
"""Characters from which on many control characters mean that a file is no text."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class RowFault(StrEnum):
    """Why a row was rejected whole. Append, never rename: reports are matched on these."""

    WRONG_FIELD_COUNT = "wrong_field_count"
    UNCLOSED_QUOTE = "unclosed_quote"
    BROKEN_QUOTE = "broken_quote"
    INVALID_ENCODING = "invalid_encoding"
    TOO_LONG = "too_long"
    INVALID_JSON = "invalid_json"
    NOT_AN_OBJECT = "not_an_object"
    REPEATED_KEY = "repeated_key"


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not read. `row` is the line on which it starts, from 1; `text` its first characters."""

    row: int
    fault: RowFault
    message: str
    text: str = ""


def shown(text: str) -> str:
    """Return the beginning of a text as a report may print it: no surrogates, at most 120 characters."""
    plain = text.strip().encode("utf-8", "replace").decode("utf-8")
    return plain if len(plain) <= 120 else plain[:117] + "..."


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text file with its encoding settled. Reading it twice gives the same lines."""

    path: Path
    encoding: str
    newline: str
    compressed: bool = False

    @contextmanager
    def open(self) -> Iterator[Lines]:
        """Open the file at its first line; it is closed when the block ends."""
        errors = (
            "replace"
            if self.encoding.lower().startswith(("utf-16", "utf-32", "utf16", "utf32"))
            else "surrogateescape"
        )
        with _binary(self.path, compressed=self.compressed) as raw:
            text = io.TextIOWrapper(raw, encoding=self.encoding, errors=errors, newline=self.newline)
            try:
                yield Lines(text, self.path)
            finally:
                text.detach()


class Lines:
    """An iterator of lines that remembers those since the last `begin` and takes back what was too far."""

    def __init__(self, text: io.TextIOWrapper, path: Path) -> None:
        self._text, self._path = text, path
        self._returned: deque[tuple[int, str]] = deque()
        self._stream = self._numbered()
        self.taken: list[tuple[int, str]] = []
        self.faults: dict[int, RowFault] = {}
        """Lines since `begin` that are no text, or too long to hold."""

    def begin(self) -> None:
        """Start a new row: forget the lines taken so far."""
        self.taken.clear()
        waiting = {number for number, _ in self._returned}
        for line in [line for line in self.faults if line not in waiting]:
            del self.faults[line]

    def give_back(self, count: int) -> None:
        """Return the last `count` lines taken, so that they are read again."""
        for _ in range(count):
            self._returned.appendleft(self.taken.pop())

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        taken = self._returned.popleft() if self._returned else next(self._stream)
        self.taken.append(taken)
        return taken[1]

    def _numbered(self) -> Iterator[tuple[int, str]]:
        readline = self._text.readline
        number = 0
        try:
            while line := readline(MAX_LINE):
                number += 1
                if not line.isascii() and not _is_text(line):
                    self.faults[number] = RowFault.INVALID_ENCODING
                if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
                    self.faults[number] = RowFault.TOO_LONG
                    line = line[:200] + "\n"
                    while (rest := readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                        pass
                yield number, line
        except (OSError, EOFError, UnicodeError, zlib.error) as error:
            raise InputError(f"cannot be read on: {error}", Place(str(self._path), number + 1)) from error


def read_start(path: Path, place: Place) -> tuple[bytes, bool]:
    """Return the first 64 kB of a file, decompressed, and whether it is gzip.

    Raises:
        InputError: the file is missing, a folder, unreadable or empty.
    """
    try:
        if not path.is_file():
            what = "is a folder, expected a file" if path.is_dir() else "there is no such file"
            raise InputError(what, place)
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
        with _binary(path, compressed=compressed) as raw:
            start = raw.read(_SAMPLE)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot be read: {error}", place) from error
    if not start.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise InputError("the file is empty", place)
    return start, compressed


def settle_text(path: Path, start: bytes, encoding: str | None, *, compressed: bool) -> SourceText:
    """Settle the encoding and the line ends of a text file from its first bytes.

    A byte order mark decides; without one it is UTF-8 unless the caller names another encoding. It is
    never guessed: a file in Windows-1252 read as UTF-8 has its faulty lines reported instead.

    Raises:
        InputError: the encoding has no codec, or the file is no text.
    """
    place = Place(str(path))
    found = next((name for mark, name in _BOMS if start.startswith(mark)), None) or encoding or "utf-8"
    try:
        text = start.decode(found, "replace")
    except (LookupError, UnicodeError) as error:
        raise InputError(f"unknown encoding {found!r}, expected one such as windows-1252", place) from error
    if len(text) > _TELLING and len(_CONTROL.findall(text)) * 10 > len(text):
        raise InputError("is not text in UTF-8: expected CSV, JSON lines or Parquet", place)
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    return SourceText(path, found, newline, compressed)


def _binary(path: Path, *, compressed: bool) -> BinaryIO:
    if compressed:
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def _is_text(line: str) -> bool:
    if "\ufffd" in line:
        return False
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
