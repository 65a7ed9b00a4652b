"""PostgreSQL's own programs for a server: those that the package carries, else those on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq

from segue.core.errors import UnavailableError
from segue.core.server_places import programs

NAMES = ("pg_dump", "pg_restore", "psql")


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with pg_dump, pg_restore and psql of one version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.folder / name)


def programs_for(major: int) -> Programs:
    """Return the programs for a server of a major version: of the same, else of the next newer one.

    Raises:
        UnavailableError: there are none that can read from such a server.
    """
    found = [Programs(place, version) for version, place in programs().items() if _all_in(place)]
    found += [each for each in (_on_path(),) if each is not None]
    fitting = sorted((each for each in found if each.major >= major), key=lambda each: each.major)
    if not fitting:
        there = ", ".join(str(each.major) for each in found) or "none"
        raise UnavailableError(
            f"the server is PostgreSQL {major}, and {', '.join(NAMES)} of that version or newer are neither with"
            f" Segue nor on PATH (found: {there}); install PostgreSQL {major}'s client programs"
        )
    return fitting[0]


def environment_for(url: str) -> dict[str, str]:
    """Return this process's environment with what a program needs to connect: nothing is on its command line."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    for option in pq.Conninfo.parse(url.encode()):
        if option.val is not None and option.envvar is not None:
            own[option.envvar.decode()] = option.val.decode()
    return own | {"PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "segue"}


def _on_path() -> Programs | None:
    found = shutil.which("pg_dump")
    if found is None or not _all_in(Path(found).parent):
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Programs(Path(found).parent, int(version[1])) if version else None


def _all_in(folder: Path) -> bool:
    return all(shutil.which(name, path=str(folder)) for name in NAMES)
