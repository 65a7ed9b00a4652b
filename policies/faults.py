"""What is wrong with a pack: every fault at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segue.core.errors import Place, SegueError


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a pack from loading."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class PackError(SegueError):
    """A pack does not load. Nothing of it is used; `faults` lists every cause found."""

    code = "invalid_pack"
    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(
            sorted(set(faults), key=lambda f: (f.place.file, f.place.line or 0, f.place.column or 0))
        )
        first = self.faults[0]
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        super().__init__(first.message + more, first.place)
