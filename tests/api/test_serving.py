from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from segue.evals.served import free_port
from tests.api.conftest import SEGUE, Segue
from tests.core.test_private_server import linux_only, servers_over

pytestmark = pytest.mark.trial


@pytest.fixture
def serve(data_folder: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    """Start `segue serve` over a data folder and wait until it answers."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], int]:
        port = free_port()
        process = subprocess.Popen(
            [SEGUE, "serve", "--port", str(port), *arguments],
            env={**os.environ, "SEGUE_DATA_DIR": str(data_folder), "NO_COLOR": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as found:
                    assert found.status == 200
                    return process, port
            except (URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(process.communicate(timeout=10))

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


Serve = Callable[..., tuple[subprocess.Popen[str], int]]


@linux_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_two_calm_lines_and_ends_with_its_database(
    serve: Serve, data_folder: Path, number: signal.Signals
) -> None:
    process, port = serve("--pack", "saas_pipeline")
    assert servers_over(data_folder)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    data = data_folder
    assert out == "" and err.splitlines()[:2] == [
        f"note: serving saas_pipeline over a private PostgreSQL, its data under {data}",
        f"note: Segue answers at http://127.0.0.1:{port} (the API: http://127.0.0.1:{port}/docs)",
    ]
    assert err.splitlines()[2:] in ([], ["error: interrupted"])
    assert servers_over(data_folder) == []


@linux_only
def test_what_was_active_is_served_again_by_several_workers(serve: Serve, data_folder: Path) -> None:
    first, _ = serve("--pack", "buying_motion", "--pack", "saas_pipeline", "--shadow", "security_maturity")
    first.terminate()
    assert (
        "serving buying_motion, saas_pipeline, security_maturity (shadow) over"
        in first.communicate(timeout=30)[1]
    )
    again, _ = serve("--workers", "2")
    again.terminate()
    _, err = again.communicate(timeout=60)
    assert "serving buying_motion, saas_pipeline, security_maturity (shadow) over" in err
    assert len(err.splitlines()) == 2 and servers_over(data_folder) == []


def test_a_port_that_is_taken_is_told_before_anything_is_started(process: Segue, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = process("serve", "--pack", "saas_pipeline", "--port", port)
    assert f"cannot listen on 127.0.0.1:{port}: " in said.error
    assert not (tmp_path / "data").exists()


def test_without_a_pack_there_is_nothing_to_serve(process: Segue, tmp_path: Path) -> None:
    said = process("serve", "--port", str(free_port()))
    assert "no pack to serve: none was active before; name one, such as --pack saas_pipeline" in said.error
    assert servers_over(tmp_path) == []


@pytest.mark.parametrize(
    ("environment", "arguments", "words"),
    [
        (
            {"DATABASE_URL": "postgresql://u:s3cret@127.0.0.1:1/x"},
            "--pack saas_pipeline",
            "the database cannot be reached: ",
        ),
        (
            {"DATABASE_URL": "s3cret"},
            "--pack saas_pipeline",
            "DATABASE_URL: expected an address such as postgresql://",
        ),
        ({"SEGUE_DATA_DIR": "file"}, "--pack saas_pipeline", "the private PostgreSQL does not start: "),
        (
            {"SEGUE_DATA_DIR": "it's"},
            "--pack saas_pipeline",
            "SEGUE_DATA_DIR: expected a path without quotes",
        ),
        ({}, "--pack nowhere", "no pack 'nowhere'"),
        ({}, "--shadow saas_pipeline", "--shadow: name the live packs too"),
        ({}, "--pack saas_pipeline --host 203.0.113.1", "cannot listen on 203.0.113.1:"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(
    process: Segue, tmp_path: Path, environment: dict[str, str], arguments: str, words: str
) -> None:
    (tmp_path / "file").write_text("")
    said = process("serve", "--port", str(free_port()), *arguments.split(), **environment)
    assert words in said.error and "s3cret" not in said.err


def test_a_company_database_that_is_none_is_one_error_before_anything_starts(
    segue: Segue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "companies.mmdb"
    path.write_bytes(b"no database")
    monkeypatch.setenv("SEGUE_COMPANY_DATABASE", str(path))
    said = segue("serve", "--pack", "saas_pipeline", "--port", "1")
    assert said.code == 1
    assert "SEGUE_COMPANY_DATABASE: expected a database in MaxMind's format" in " ".join(said.err.split())
