"""A pack's files: reading the folder, and the content hash that names a revision."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from segue.core.errors import NotFoundError, Place, nearest
from segue.policies.documents import MAX_BYTES
from segue.policies.faults import Fault, PackError

SHIPPED = Path(__file__).parent / "packs"
"""Where the packs that ship with Segue are."""

MAX_FILES = 2_000
_FOLDERS = {"segments": (".yaml",), "plays": (".yaml",), "proof": (".md",), "scripts": (".md",)}
_ROOT = ("pack.yaml", "traits.yaml", "routing.yaml", "personas.yaml")


def shipped_packs() -> list[str]:
    """Return the names of the packs that ship with Segue."""
    return sorted(each.name for each in SHIPPED.iterdir() if (each / "pack.yaml").is_file())


def find_pack(name_or_path: str | Path) -> Path:
    """Return the folder of a pack, given its path or the name of one that ships.

    Raises:
        NotFoundError: there is neither a folder nor a shipped pack of that name.
    """
    path = Path(name_or_path)
    if path.is_dir():
        return path
    if (SHIPPED / str(name_or_path) / "pack.yaml").is_file() and path.name == str(name_or_path):
        return SHIPPED / str(name_or_path)
    known = shipped_packs()
    raise NotFoundError(
        f"no pack {str(name_or_path)!r}: neither a folder nor one that ships ({', '.join(known)})"
        f"{nearest(str(name_or_path), known)}"
    )


def read_files(folder: Path) -> dict[str, bytes]:
    """Return a pack's files by their path inside the folder.

    Hidden files, `README.md` and Python caches are left alone.

    Raises:
        PackError: a file is where no file of a pack belongs, or cannot be read.
    """
    found: dict[str, bytes] = {}
    faults: list[Fault] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or any(part.startswith((".", "__pycache__")) for part in name.split("/")):
            continue
        if name == "README.md" or path.suffix == ".py":
            continue
        if len(found) >= MAX_FILES:
            raise PackError([Fault(Place(str(folder)), f"over {MAX_FILES} files")])
        fault = _misplaced(name)
        if fault:
            faults.append(Fault(Place(str(path)), fault))
            continue
        try:
            if path.stat().st_size > MAX_BYTES:
                faults.append(Fault(Place(str(path)), f"larger than {MAX_BYTES} bytes"))
                continue
            found[name] = path.read_bytes()
        except OSError as error:
            faults.append(Fault(Place(str(path)), f"cannot be read: {error.strerror}"))
    if faults:
        raise PackError(faults)
    return found


def revision_of(files: Mapping[str, bytes]) -> str:
    """Return the content hash of a pack: `sha256:` over names and contents, whatever their order."""
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].replace(b"\r\n", b"\n")
        digest.update(f"{len(name)}:{name}:{len(content)}:".encode())
        digest.update(content)
    return f"sha256:{digest.hexdigest()}"


def _misplaced(name: str) -> str | None:
    folder, _, rest = name.rpartition("/")
    if not folder:
        return None if name in _ROOT else f"not a file of a pack{nearest(name, _ROOT)}"
    endings = _FOLDERS.get(folder)
    if endings is None:
        return f"not a folder of a pack{nearest(folder, _FOLDERS)}"
    return None if rest.endswith(endings) else f"expected {' or '.join(endings)} in {folder}/"
