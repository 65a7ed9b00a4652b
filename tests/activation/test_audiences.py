from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segue.activation.audiences import write_audience
from segue.core.database import Database
from segue.core.errors import NotFoundError
from tests.activation.world import World


def write(
    world: World, path: Path, since: datetime | None = None, hashed: bool = False, name: str = "ads"
) -> list[str]:
    async def work(database: Database) -> int:
        async with database.transaction() as connection:
            return await write_audience(connection, name, path, since, hashed)

    count = world.with_database(work)
    lines = path.read_text("utf-8").splitlines()
    assert count == len(lines) - 1 and not path.with_name(f"{path.name}.part").exists()
    return lines


@pytest.fixture
def path(world: World, tmp_path: Path) -> Path:
    world.know("b1", "b.example", '=1+1,"B"')
    world.know("c1", None, "No domain")
    world.rows(
        "INSERT INTO segue.audience_members VALUES ('ads', 'a1', now() - interval '3 days', NULL),"
        " ('ads', 'b1', now() - interval '5 days', now() - interval '1 day'), ('ads', 'c1', now(), NULL),"
        " ('other', 'a1', now(), NULL)"
    )
    return tmp_path / "ads.csv"


def test_everybody_who_is_in_it(world: World, path: Path) -> None:
    assert write(world, path) == ["domain,company,account_id", "acme.example,Acme,a1"]
    assert write(world, path, None, True) == ["domain_sha256", hashlib.sha256(b"acme.example").hexdigest()]


def test_a_delta_says_who_joined_and_who_left(world: World, path: Path) -> None:
    now = datetime.now(UTC)
    left = 'remove,b.example,"\'=1+1,""B""",b1'
    assert write(world, path, now - timedelta(days=4)) == [
        "action,domain,company,account_id", "add,acme.example,Acme,a1", left,
    ]  # fmt: skip
    assert write(world, path, now - timedelta(days=2)) == ["action,domain,company,account_id", left]
    assert write(world, path, now, True) == ["action,domain_sha256"]


def test_an_audience_that_is_none_is_refused_and_leaves_the_file(world: World, path: Path) -> None:
    path.write_text("before")
    with pytest.raises(NotFoundError, match="no audience 'adds'; did you mean 'ads'"):
        write(world, path, name="adds")
    assert path.read_text() == "before" and list(path.parent.iterdir()) == [path]
