from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from segue.core.errors import UnavailableError
from segue.core.private_server import PrivateServer, database_url
from segue.core.server_places import is_root, server_folder

HOLD = """
import signal
import sys
from pathlib import Path
from segue.core.private_server import database_url
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
with database_url(None, Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


class Holder:
    """Another process that has the private server of a folder open."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", HOLD, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("\n", timeout=30)

    def kill(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def hold(data_folder: Path) -> Iterator[Callable[[], Holder]]:
    holders: list[Holder] = []

    def one() -> Holder:
        holders.append(Holder(data_folder))
        return holders[-1]

    yield one
    for each in holders:
        if each.process.poll() is None:
            each.leave()
    with database_url(None, data_folder):
        pass  # a holder that was killed leaves the server to the next who leaves it


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return None if row is None else row[0]


def servers_over(folder: Path) -> list[int]:
    """The processes of PostgreSQL whose folder is this one or lies in it."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            words = (each / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/postgres") and str(folder).encode() in b" ".join(words):
            found.append(int(each.name))
    return found


linux_only = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")


def test_what_is_committed_is_on_the_disk_and_nobody_else_may_connect(data_folder: Path) -> None:
    with database_url(None, data_folder) as url:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            assert ask(url, f"SHOW {name}") == "on"
        assert ask(url, "SHOW listen_addresses") == ""
        socket = Path(str(ask(url, "SHOW unix_socket_directories"))) / ".s.PGSQL.5432"
        assert socket.stat().st_mode & 0o077 == 0


@linux_only
def test_data_survive_the_kill_of_the_process_and_its_number_does_not_keep_the_server(
    data_folder: Path, hold: Callable[[], Holder]
) -> None:
    holder = hold()
    with psycopg.connect(holder.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    assert holder.kill() == -signal.SIGKILL
    assert servers_over(data_folder), "it outlives its parent, and is joined"
    with database_url(None, data_folder) as url:
        assert ask(url, "SELECT number FROM kept") == 7
    assert servers_over(data_folder) == []


@linux_only
def test_processes_share_the_server_and_the_last_ends_it(
    data_folder: Path, hold: Callable[[], Holder]
) -> None:
    first, second = hold(), hold()
    assert first.url == second.url
    first.leave()
    assert ask(second.url, "SELECT 1") == 1
    second.leave()
    assert servers_over(data_folder) == []


@linux_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_process_ends_the_server_too(
    data_folder: Path, hold: Callable[[], Holder], number: signal.Signals
) -> None:
    holder = hold()
    assert holder.kill(number) != 0
    assert servers_over(data_folder) == []


@linux_only
def test_a_hangup_that_is_ignored_stays_so(data_folder: Path) -> None:
    # as under nohup; a server that the other tests share may have set both before
    hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    termination = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with database_url(None, data_folder):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, hangup)
        signal.signal(signal.SIGTERM, termination)


@linux_only
def test_a_server_that_is_killed_is_started_again(data_folder: Path) -> None:
    with database_url(None, data_folder) as url:
        os.kill(int((server_folder(data_folder) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + 20
        while True:
            try:
                assert ask(url, "SELECT 1") == 1
                break
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    assert servers_over(data_folder) == []


@pytest.mark.parametrize("name", ["with some spaces", "l" * 150, "ünïcode & ?=%"])
def test_any_path_will_do(data_folder: Path, name: str) -> None:
    for _ in range(2):
        with database_url(None, data_folder / name / "data") as url:
            assert ask(url, "SELECT 1") == 1
    assert is_root() or (data_folder / name / "data" / "postgres" / "PG_VERSION").exists()


@pytest.mark.parametrize(
    "text",
    ["", "1\n", f"{os.getpid()}\n/x\n1\n5432\n/x\n\n1 1\nready\n"],
    ids=["empty", "cut off", "of another process"],
)
def test_what_a_killed_server_left_of_itself_is_no_server(data_folder: Path, text: str) -> None:
    with database_url(None, data_folder):
        pass
    folder = server_folder(data_folder)
    (folder / "postmaster.pid").write_text(text)
    with database_url(None, data_folder) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match=r"the private PostgreSQL does not start: .*file.*: "):
        PrivateServer(tmp_path / "file" / "postgres").start()


def test_data_of_another_version_are_refused_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(UnavailableError, match="version 9"):
        PrivateServer(folder).start()
    assert (folder / "PG_VERSION").read_text() == "9\n"
