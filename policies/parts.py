"""A pack between reading and assembling: the models of its files and the faults so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from segue.policies.documents import Document, Path
from segue.policies.faults import Fault
from segue.policies.models.case import Case
from segue.policies.models.pack import PackFile
from segue.policies.models.personas import Personas
from segue.policies.models.play import Play
from segue.policies.models.proof import ProofPoint
from segue.policies.models.routing import Routing
from segue.policies.models.segment import Segment
from segue.policies.models.traits import Trait


@dataclass
class Parts:
    """What the files of one pack hold, by name, and where."""

    root: str
    pack: PackFile | None = None
    traits: dict[str, Trait] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    plays: dict[str, Play] = field(default_factory=dict)
    proof: dict[str, ProofPoint] = field(default_factory=dict)
    routing: Routing | None = None
    personas: Personas | None = None
    scripts: dict[str, str] = field(default_factory=dict)
    cases: dict[str, tuple[Case, ...]] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, file: str, path: Path, message: str) -> None:
        """Note a fault at a path of one of the pack's files."""
        self.faults.append(Fault(self.documents[file].place(path), message))

    def fault_in(self, file: str, path: Path, offset: int, message: str) -> None:
        """Note a fault inside a text of one of the pack's files."""
        self.faults.append(Fault(self.documents[file].place_in(path, offset), message))
