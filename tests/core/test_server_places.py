from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.core import server_places
from segue.core.errors import InputError
from segue.core.private_server import PrivateServer
from segue.core.server_places import programs, server_folder, socket_folder

ROOT_ONLY = pytest.mark.skipif(not server_places.is_root(), reason="only root's server runs as another user")


@pytest.fixture
def home(tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed home directory."""
    found = tmp_path / "home"
    found.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(found))
    return found


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for what root keeps, its path as short as the real one's."""
    with tempfile.TemporaryDirectory(prefix="segue-own-") as folder:
        monkeypatch.setattr(server_places, "ROOTS_OWN", Path(folder))
        yield Path(folder)


def bits(folder: Path) -> dict[Path, int]:
    return {each: each.stat().st_mode for each in (folder, *folder.parents)}


@ROOT_ONLY
@pytest.mark.parametrize("inside", [".segue", "a/b c/d", "."])
def test_roots_data_is_never_under_a_home(home: Path, inside: str) -> None:
    found = server_folder(home / inside)
    assert not found.is_relative_to(home) and found == server_folder(home / inside)


@ROOT_ONLY
@pytest.mark.parametrize("place", ["/root/.segue", "/home/sam/data", "~/x", "/home/../root/y"])
def test_every_home_counts(place: str) -> None:
    assert server_folder(Path(place)).is_relative_to("/var/lib/segue")


@ROOT_ONLY
def test_a_link_into_a_home_is_a_home(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(home)
    assert not server_folder(tmp_path / "elsewhere" / "data").is_relative_to(home)


def test_a_folder_elsewhere_keeps_its_own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")  # as in some containers: then nothing would be outside it
    assert server_folder(tmp_path) == tmp_path.resolve() / "postgres"


@pytest.mark.parametrize("name", ["it's", 'a"b', "a$HOME", "a`b", "a\\b", "a\nb"])
def test_a_path_that_a_shell_would_change_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="expected a path without quotes"):
        server_folder(tmp_path / name)


def test_a_socket_is_short_and_plain() -> None:
    assert socket_folder(Path("/srv/segue/postgres")) == Path("/srv/segue/postgres")
    for server in (Path("/srv/a b/postgres"), Path("/srv") / ("long" * 40) / "postgres", Path("/srv/ü&?=%")):
        found = str(socket_folder(server))
        assert " " not in found and found.isascii() and len(found) < 90


@pytest.fixture
def programs_at_home(home: Path) -> Iterator[Path]:
    """The package of PostgreSQL's programs as it lies where root's own virtual environment is in a home."""
    _, utils = server_places.pgserver()
    before = dict(utils.POSTGRES_VERSIONS)
    package = before[utils.TARGET_POSTGRES_VERSION].parent.parent
    there = home / "venv"
    there.mkdir(mode=0o700)
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.exists():
            shutil.copytree(source, there / source.name, symlinks=True)
    utils.POSTGRES_VERSIONS.update(
        {version: there / package.name / place.parent.name / "bin" for version, place in before.items()}
    )
    yield utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    utils.POSTGRES_VERSIONS.update(before)


@ROOT_ONLY
def test_nothing_of_a_home_is_opened_when_root_starts_the_server(
    home: Path, programs_at_home: Path, own: Path
) -> None:
    (home / "work").mkdir(mode=0o700)
    before = bits(home / "work") | bits(programs_at_home.parent.parent)
    server = PrivateServer(server_folder(home / "work" / "data"))
    try:
        url = server.start()
        assert str(own) in url
        after = bits(home / "work") | bits(programs_at_home.parent.parent)
        closed = [each for each in before if each.is_relative_to(home)]
        assert len(closed) >= 3 and [each for each in closed if before[each] != after[each]] == []
        assert all(place.is_relative_to(own) for place in programs().values())
    finally:
        server.stop()


def test_programs_outside_a_home_are_used_where_they_are() -> None:
    _, utils = server_places.pgserver()
    for version, place in programs().items():
        installed = Path(utils.POSTGRES_VERSIONS[version])
        if not (server_places.is_root() and server_places.is_in_a_home(installed.resolve())):
            assert place == installed
        assert os.access(place / "postgres", os.X_OK)
