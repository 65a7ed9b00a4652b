"""The disk full: a table on a small file system of its own, which only root can make."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segue.agents.entry import Committed
from segue.api.services import Services
from segue.core.errors import UnavailableError
from segue.core.server_places import is_root
from tests.service.journal.conftest import Store
from tests.service.journal.test_journal import entry, stored

NOISE = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(2_000))
"""Text that compresses badly."""


@pytest.fixture
def small_disk(data_dir: Path) -> Iterator[Path]:
    """A folder of PostgreSQL's on a file system of 4 MB."""
    place = data_dir / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0777", "tmpfs", str(place)]
    if not is_root() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    try:
        data_dir.chmod(0o711)  # the server runs as another user
        (place / "table").mkdir()
        subprocess.run(["chown", "pgserver", str(place / "table")], check=True)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_503_and_nothing_is_half_written(store: Store, small_disk: Path) -> None:
    account = store.new_account()
    name = store.rows("SELECT to_char(now() AT TIME ZONE 'UTC', '\"decisions_\"YYYY_MM')")[0][0]
    store.rows(f"CREATE TABLESPACE small LOCATION '{small_disk / 'table'}'")
    store.rows(f"ALTER TABLE segue.{name} SET TABLESPACE small")

    async def fill(parts: Services) -> list[Any]:
        found: list[Any] = []
        for _ in range(40):
            group = [entry(account, facts=f'"{NOISE}"', counted=True) for _ in range(20)]
            found += await asyncio.gather(
                *(parts.journal.commit(each) for each in group), return_exceptions=True
            )
        return found

    try:
        found = store.run(fill)
        kept = sum(isinstance(each, Committed) for each in found)
        assert 0 < kept < len(found)
        assert all(isinstance(each, Committed | UnavailableError) for each in found)
        assert stored(store, account) == kept
        deliveries = "SELECT count(*) FROM segue.deliveries WHERE account_id = %s"
        assert store.rows(deliveries, account) == [(kept,)]
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        assert store.run(lambda parts: parts.journal.commit(entry(account))) == Committed()
    finally:
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        store.rows(f"ALTER TABLE segue.{name} SET TABLESPACE pg_default")
        store.rows("DROP TABLESPACE small")
