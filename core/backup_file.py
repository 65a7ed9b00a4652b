"""The file of a backup: a line that says what it is, the dump, and a line with the digest of both.

It is written whole or not at all, and one that was cut off or changed is told before anything is read
from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from segue.core.errors import ConflictError, InputError

_MAGIC = b"segue backup 1 "
_TRAILER = b"\nsegue sha256 "
_TRAILER_LENGTH = len(_TRAILER) + 64 + 1
PIECE = 1 << 20
"""Bytes that are read at a time."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a backup says of itself."""

    schema: str
    """The schema revision of the database that it was made of."""
    made_at: str
    postgres: int
    """The major version of its server."""


@contextmanager
def written_whole(path: Path, heading: Heading) -> Iterator[IO[bytes]]:
    """Give a file to write the dump into, which is at `path` in the end, or nothing is.

    Raises:
        ConflictError: there is something at `path` already.
    """
    if path.exists():
        raise ConflictError(f"{path}: it exists already; name another file")
    part = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            file.write(_MAGIC + json.dumps(asdict(heading)).encode() + b"\n")
            yield file
            file.flush()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0, os.SEEK_END)
            file.write(_TRAILER + digest.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def read_whole(path: Path) -> Heading:
    """Return what a backup says of itself, once every byte of it is seen to be as it was written.

    Raises:
        InputError: it is no backup, or was cut off or changed.
    """
    with path.open("rb") as file:
        heading = _heading(path, file)
        file.seek(0)
        left = os.fstat(file.fileno()).st_size - _TRAILER_LENGTH
        digest = hashlib.sha256()
        while left > 0 and (piece := file.read(min(PIECE, left))):
            digest.update(piece)
            left -= len(piece)
        if file.read() != _TRAILER + digest.hexdigest().encode() + b"\n":
            raise InputError(f"{path}: the backup was cut off or changed; nothing is restored from it")
    return heading


def dump_of(path: Path) -> Iterator[bytes]:
    """Yield the dump of a backup, piece by piece."""
    with path.open("rb") as file:
        file.readline()
        left = os.fstat(file.fileno()).st_size - _TRAILER_LENGTH - file.tell()
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


def _heading(path: Path, file: IO[bytes]) -> Heading:
    line = file.readline(4096)
    try:
        if not line.startswith(_MAGIC):
            raise ValueError(line)
        return Heading(**json.loads(line.removeprefix(_MAGIC)))
    except (ValueError, TypeError):
        raise InputError(f"{path}: expected a file that `segue db backup` wrote") from None


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system can
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
