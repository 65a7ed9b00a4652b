"""Two ways to run `segue`: as a process, as its user does, and in this one, for what a process adds nothing to."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from segue.api.cli.console import ERR, OUT
from segue.api.cli.main import main
from segue.core.settings import settings
from tests.policies.mini import FILES

SEGUE = str(Path(sys.executable).parent / "segue")


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of an error; a traceback, a defect, more lines or an exit code of 0 fail."""
        assert self.code in (1, 2), self
        lines = [line for line in self.err.splitlines() if line.strip()]
        assert len(lines) == 1 and lines[0].startswith("error: "), self.err
        return lines[0]


Segue = Callable[..., Ran]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A folder with the small pack of the policies' tests, without proof."""
    for name, text in FILES.items():
        if not name.startswith("proof/"):
            path = tmp_path / "mini" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return tmp_path / "mini"


@pytest.fixture
def process(tmp_path: Path) -> Segue:
    """Run `segue` as a process, in an empty folder with a data folder of its own."""

    def call(*arguments: str, stdin: str | None = None, **environment: str) -> Ran:
        own = {"SEGUE_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "120", "NO_COLOR": "1"}
        found = subprocess.run(
            [SEGUE, *arguments], cwd=tmp_path, env={**os.environ, **own, **environment}, input=stdin,
            capture_output=True, text=True, encoding="utf-8", timeout=180,
        )  # fmt: skip
        return Ran(found.returncode, found.stdout, found.stderr)

    return call


@pytest.fixture
def segue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Segue]:
    """Run `segue` in this process, in an empty folder with a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGUE_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    widths = OUT.width, ERR.width
    hook = sys.excepthook

    def call(*arguments: str, stdin: str | bytes = "", width: int = 120) -> Ran:
        OUT.width = ERR.width = width
        raw = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))
        code = main(arguments)
        found = capsys.readouterr()
        return Ran(code, found.out, found.err)

    yield call
    OUT.width, ERR.width = widths
    sys.excepthook = hook
    settings.cache_clear()


def lines_of(renderable: Any, width: int = 100) -> list[str]:
    """Return the lines that something prints without colour, spaces at their ends left out."""
    from rich.console import Console

    from segue.api.cli.console import THEME

    console = Console(file=io.StringIO(), width=width, theme=THEME, highlight=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]
