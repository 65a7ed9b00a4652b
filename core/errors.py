"""Errors that a person or a caller sees: one base class, and the place where the fault is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is: a file as the user named it, and a line and column counted from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file, *(str(part) for part in (self.line, self.column) if part is not None)]
        return ":".join(parts)


class SegueError(Exception):
    """The base of every error that Segue raises on purpose.

    `code` is stable and matched on by callers; `status` is the HTTP status it becomes at the door;
    `place` says where, when there is a file.
    """

    code = "error"
    status = 400

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class InputError(SegueError):
    """A value from outside is not what was expected."""

    code = "invalid_input"
    status = 422


class NotFoundError(SegueError):
    """What was named does not exist."""

    code = "not_found"
    status = 404


class ConflictError(SegueError):
    """What was asked for contradicts what is there."""

    code = "conflict"
    status = 409


class UnavailableError(SegueError):
    """Something that the service needs does not answer; the same call may succeed later."""

    code = "unavailable"
    status = 503


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for the known name closest to `name`, or nothing when none is close."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {str(found[0])!r}?" if found else ""


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind when it says nothing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
