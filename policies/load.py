"""Load a pack: all of it or nothing, with every fault named by file, line and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from segue.core.errors import Place, nearest
from segue.policies.assemble import assemble
from segue.policies.documents import Document, DocumentError, decode, read_document
from segue.policies.faults import Fault, PackError
from segue.policies.files import find_pack, read_files, revision_of
from segue.policies.models.case import CasesFile
from segue.policies.models.pack import PackFile
from segue.policies.models.personas import Personas
from segue.policies.models.play import Play
from segue.policies.models.proof import ProofHeader, ProofPoint
from segue.policies.models.routing import Routing
from segue.policies.models.segment import Segment
from segue.policies.models.traits import TraitsFile
from segue.policies.pack import Pack
from segue.policies.parts import Parts
from segue.policies.proof_file import read_proof_file
from segue.policies.validate import validate

M = TypeVar("M", bound=BaseModel)


def load_pack(name_or_path: str | Path, after: Sequence[Pack] = ()) -> Pack:
    """Load a pack from its folder, or one that ships by its name.

    `after` are the packs loaded before it, whose labels it may read as `<pack>.segment`.

    Raises:
        PackError: anything in it is wrong; nothing of it is then used.
        NotFoundError: there is no such folder and no such shipped pack.
    """
    folder = find_pack(name_or_path)
    return load_files(read_files(folder), str(folder), after)


def load_files(files: Mapping[str, bytes], root: str, after: Sequence[Pack] = ()) -> Pack:
    """Load a pack from the contents of its files, by their path inside it.

    `root` is put before the paths where faults are shown. Pure: reads nothing else.

    Raises:
        PackError: anything in it is wrong; every fault found is listed.
    """
    parts = _Reader(files, root).read()
    if parts.faults:
        raise PackError(parts.faults)
    pack = assemble(parts, revision_of(files), after)
    if parts.faults or pack is None:
        raise PackError(parts.faults)
    return pack


class _Reader:
    """Reads every file into its model; faults are collected, never raised one by one."""

    def __init__(self, files: Mapping[str, bytes], root: str) -> None:
        self.files = files
        self.root = root.rstrip("/")
        self.parts = Parts(self.root)

    def read(self) -> Parts:
        """Return the models of all files that could be read, and the faults of the others."""
        parts = self.parts
        parts.pack = self._one("pack.yaml", PackFile)
        traits = self._one("traits.yaml", TraitsFile)
        parts.traits = traits.root if traits is not None else {}
        if "routing.yaml" in self.files:
            parts.routing = self._one("routing.yaml", Routing)
        if "personas.yaml" in self.files:
            parts.personas = self._one("personas.yaml", Personas)
        for path in sorted(self.files):
            folder, _, name = path.rpartition("/")
            if folder == "segments" and name.endswith("_test.yaml"):
                self._cases(path)
            elif folder == "segments":
                self._named(path, Segment, parts.segments, lambda found: found.segment, "segment")
            elif folder == "plays":
                self._named(path, Play, parts.plays, lambda found: found.play, "play")
            elif folder == "proof":
                self._proof(path)
            elif folder == "scripts":
                self._text(path)
        return parts

    def _document(self, path: str) -> Document | None:
        raw = self.files.get(path)
        if raw is None:
            message = f"the file {path} is required"
            self.parts.faults.append(Fault(Place(self._shown(path)), message + nearest(path, self.files)))
            return None
        try:
            document = read_document(raw, self._shown(path))
        except DocumentError as error:
            self.parts.faults.append(Fault(error.place or Place(self._shown(path)), error.message))
            return None
        self.parts.documents[path] = document
        return document

    def _one(self, path: str, model: type[M]) -> M | None:
        document = self._document(path)
        return None if document is None else validate(document, model, self.parts.faults)

    def _named(
        self, path: str, model: type[M], into: dict[str, M], name_of: Callable[[M], str], key: str
    ) -> None:
        found = self._one(path, model)
        if found is None:
            return
        stem = path.rpartition("/")[2].removesuffix(".yaml")
        if name_of(found) != stem:
            place = self.parts.documents[path].place((key,))
            message = f"{key} is {name_of(found)!r}, the file is named {stem!r}"
            self.parts.faults.append(Fault(place, message))
        into[stem] = found

    def _cases(self, path: str) -> None:
        found = self._one(path, CasesFile)
        if found is not None:
            self.parts.cases[path] = tuple(found.root)

    def _text(self, path: str) -> str | None:
        try:
            text = decode(self.files[path], self._shown(path))
        except DocumentError as error:
            self.parts.faults.append(Fault(error.place or Place(self._shown(path)), error.message))
            return None
        if not text.strip():
            self.parts.faults.append(Fault(Place(self._shown(path), 1, 1), "the file is empty"))
        self.parts.scripts[path] = text
        return text

    def _proof(self, path: str) -> None:
        stem = path.rpartition("/")[2].removesuffix(".md")
        found = read_proof_file(self.files[path], self._shown(path), ProofHeader, stem, self.parts.faults)
        if found is not None:
            self.parts.documents[path] = found.document
            self.parts.proof[stem] = ProofPoint(**found.header.model_dump(), body=found.body)

    def _shown(self, path: str) -> str:
        return f"{self.root}/{path}" if self.root else path
