"""Proof points from files: Markdown as a pack has it, or CSV with one a row. Good ones are read, bad ones reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segue.agents.knowledge.proof_csv import CsvProof
from segue.agents.knowledge.stored_proof import ProofDraft
from segue.core.errors import InputError, Place, nearest
from segue.policies.documents import MAX_BYTES
from segue.policies.documents import Path as KeyPath
from segue.policies.faults import Fault
from segue.policies.models.common import Day, Line
from segue.policies.models.proof import ProofClaim
from segue.policies.pack import Pack
from segue.policies.proof_file import read_proof_file

PlaceOf = Callable[[KeyPath], Place]
"""Where the value of a key stands, for the faults."""
ENDINGS = (".md", ".csv")
MOST_FILES = 5_000
LONGEST_BODY = 4_000


class DraftHeader(ProofClaim):
    """The front matter of a file that is imported: who approves it, and when, is for the store to say."""

    approved_by: Line | None = None
    approved_on: Day | None = None


@dataclass
class ReadProof:
    """What some files hold: drafts, and what is wrong with the rest."""

    drafts: list[ProofDraft] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def proof_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that are meant: those named, and the .md and .csv files of the folders named.

    Raises:
        InputError: a file does not exist or is of another kind, or a folder holds none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            within = sorted(
                each for each in path.iterdir() if each.suffix in ENDINGS and each.name != "README.md"
            )
            if not within:
                raise InputError("the folder holds no .md or .csv file", Place(str(path)))
            found += within
        elif not path.is_file():
            raise InputError("there is no such file", Place(str(path)))
        elif path.suffix not in ENDINGS:
            raise InputError("expected a file that ends in .md or .csv", Place(str(path)))
        else:
            found.append(path)
    if len(found) > MOST_FILES:
        raise InputError(f"{len(found)} files, expected at most {MOST_FILES} at once")
    return found


def read_drafts(files: Sequence[Path], pack: Pack) -> ReadProof:
    """Read proof points for a pack. One with a fault is left out, and so is the second of an id.

    Raises:
        InputError: a CSV file has no header that names its columns.
        OSError: a file cannot be read.
    """
    read = ReadProof()
    stated = 0
    for path in files:
        if path.suffix == ".csv":
            for row in CsvProof(path).rows(read.faults):
                _keep(read, ProofDraft(row.claim, row.body, f"{path.name}:{row.line}"), row.place, pack)
            continue
        if path.stat().st_size > MAX_BYTES:
            read.faults.append(Fault(Place(str(path)), f"the file is larger than {MAX_BYTES} bytes"))
            continue
        found = read_proof_file(path.read_bytes(), str(path), DraftHeader, path.stem, read.faults)
        if found is not None:
            stated += found.header.approved_by is not None
            claim = ProofClaim(**found.header.model_dump(exclude={"approved_by", "approved_on"}))
            draft = ProofDraft(claim, found.body, f"{path.name}:1")
            _keep(read, draft, found.document.place, pack)
    if stated:
        read.notes.append(
            f"approved_by and approved_on of {stated} files are not taken over: approving sets them"
        )
    return read


def draft_faults(draft: ProofDraft, place: PlaceOf, pack: Pack) -> list[Fault]:
    """Return what keeps a draft from being a proof point of a pack; `place` knows where a key's value stands."""
    found = []
    for key, tags in draft.claim.tags.items():
        trait = pack.traits.get(key)
        if trait is None or not trait.values:
            continue
        known = list(trait.values)
        for number, tag in enumerate(tags):
            if tag not in known:
                near = nearest(tag, known) or f"; expected one of {', '.join(known[:12])}"
                where = place(("tags", key, number))
                found.append(Fault(where, f"tags.{key}: no value of {key}, found {tag!r}{near}"))
    if len(draft.body) > LONGEST_BODY:
        message = f"body: expected at most {LONGEST_BODY} characters, found {len(draft.body)}"
        found.append(Fault(place(("body",)), message))
    for name, text in (("claim", draft.claim.claim), ("body", draft.body)):
        if not _is_plain(text):
            found.append(
                Fault(place((name,)), f"{name}: expected no control characters, found {text[:60]!r}")
            )
    if draft.id in pack.proof:
        message = f"id: {draft.id!r} is one of the pack's own: change it in git, or take another id"
        found.append(Fault(place(("id",)), message))
    return found


def _keep(read: ReadProof, draft: ProofDraft, place: PlaceOf, pack: Pack) -> None:
    faults = draft_faults(draft, place, pack)
    if draft.id in read.ids:
        faults.append(
            Fault(place(("id",)), f"id: {draft.id!r} stands here a second time; the first is taken")
        )
    read.faults += faults
    if not faults:
        read.drafts.append(draft)
        read.ids.add(draft.id)


def _is_plain(text: str) -> bool:
    return all(each.isprintable() or each == "\n" for each in text)
