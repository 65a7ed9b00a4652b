"""A proof point's file: front matter between two lines of `---`, then the sentences that may be quoted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from segue.core.errors import Place
from segue.policies.documents import Document, DocumentError, decode, read_document
from segue.policies.faults import Fault
from segue.policies.models.proof import ProofClaim
from segue.policies.validate import validate

H = TypeVar("H", bound=ProofClaim)


@dataclass(frozen=True)
class ProofFile(Generic[H]):
    """A file that could be read. `document` knows the places of its front matter."""

    document: Document
    header: H
    body: str


def read_proof_file(
    raw: bytes, shown: str, model: type[H], stem: str, faults: list[Fault]
) -> ProofFile[H] | None:
    """Return a proof point's file, or None after adding what is wrong with it to `faults`.

    `shown` is the file as the user named it, `stem` its name without `.md`, which is the id.
    """
    try:
        text = decode(raw, shown)
        head, mark, body = text.removeprefix("---\n").partition("\n---\n")
        if not text.startswith("---\n") or not mark:
            message = "a proof point opens with front matter between two lines of ---"
            faults.append(Fault(Place(shown, 1, 1), message))
            return None
        document = read_document(("\n" + head).encode(), shown)
    except DocumentError as error:
        faults.append(Fault(error.place or Place(shown), error.message))
        return None
    header = validate(document, model, faults)
    if header is None:
        return None
    before = len(faults)
    if header.id != stem:
        faults.append(Fault(document.place(("id",)), f"id is {header.id!r}, the file is named {stem!r}"))
    if not body.strip():
        line = text.count("\n", 0, len(text) - len(body)) + 1
        faults.append(Fault(Place(shown, line, 1), "a proof point needs sentences to quote"))
    return ProofFile(document, header, body.strip()) if len(faults) == before else None
