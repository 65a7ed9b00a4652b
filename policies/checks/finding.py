"""One finding of `segue check`, and the list that the lints write theirs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from segue.core.errors import Place
from segue.policies.checks.codes import REASONS, Code, Severity, severity_of
from segue.policies.documents import Path
from segue.policies.faults import PackError
from segue.policies.pack import Condition, Pack


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a pack, where, and why it matters."""

    code: Code
    severity: Severity
    place: Place
    message: str
    """What was found, in the words of this pack."""
    reason: str
    """Why findings of this code matter."""


@dataclass
class Findings:
    """The findings so far of one pack on one day."""

    pack: Pack
    today: date
    found: list[Finding] = field(default_factory=list)

    def add(self, code: Code, place: Place, message: str) -> None:
        """Note a finding."""
        self.found.append(made(code, place, message))

    def at(self, file: str, *path: str | int) -> Place:
        """Return where the value at a path of one of the pack's files starts."""
        return self.pack.documents[file].place(path)

    def at_key(self, file: str, *path: str | int) -> Place:
        """Return where the key of the value at a path starts."""
        return self.pack.documents[file].key_place(path)

    def at_text(self, file: str, path: Path, offset: int) -> Place:
        """Return where a character of the text at a path stands."""
        return self.pack.documents[file].place_in(path, offset)

    def at_condition(self, condition: Condition, offset: int = 0) -> Place:
        """Return where a character of a condition stands."""
        document = next(each for each in self.pack.documents.values() if each.file == condition.file)
        return document.place_in(condition.path, offset)

    def at_start(self, file: str) -> Place:
        """Return the start of a file that is no YAML."""
        root = self.pack.documents["pack.yaml"].file.removesuffix("pack.yaml")
        return Place(f"{root}{file}", 1, 1)


def made(code: Code, place: Place, message: str) -> Finding:
    """Return a finding with the severity and reason of its code."""
    return Finding(code, severity_of(code), place, message, REASONS[code])


def from_faults(error: PackError) -> tuple[Finding, ...]:
    """Return the faults of a pack that does not load as findings."""
    return tuple(made(Code.INVALID_PACK, each.place, each.message) for each in error.faults)
