"""That the demo is there when it is asked for, and never else; and that its script is what its source says."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.conftest import SEGUE
from tests.service.running import Service

pytestmark = pytest.mark.trial

ROOT = Path(__file__).parents[3]
SITE = ROOT / "api" / "demo_site"


def test_no_other_service_has_it(service: Service) -> None:
    for path in (
        "/demo",
        "/demo/pricing",
        "/demo/demo.js",
        "/demo/api/personas",
        "/demo/api/panel?visitor=a",
    ):
        assert service.call("GET", path, key=None).status_code == 404
    assert not [
        each for each in service.call("GET", "/openapi.json", key=None).json()["paths"] if "demo" in each
    ]


@pytest.mark.parametrize(
    ("arguments", "database", "said"),
    [(["--demo"], "postgresql://127.0.0.1/x", "--demo: expected no DATABASE_URL"),
     (["--demo", "--pack", "saas_pipeline"], "", "--demo: expected no --pack"),
     (["--demo", "--workers", "2"], "", "--demo: expected no --pack, --shadow or --workers")],
)  # fmt: skip
def test_what_goes_with_nothing_else(arguments: list[str], database: str, said: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"DATABASE_URL": database} if database else {}
    done = subprocess.run(
        [SEGUE, "serve", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 1 and said in done.stderr, done.stderr


def test_the_built_script_is_a_fresh_build_of_the_source(node_tools: Path, tmp_path: Path) -> None:
    command = ["node", str(SITE / "build.mjs"), "--tools", str(node_tools), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "demo.js").read_text("utf-8") == (SITE / "demo.js").read_text("utf-8"), (
        "demo.js: run make demo-web"
    )


@pytest.fixture(scope="module")
def node_tools() -> Path:
    """The folder with esbuild, typescript and OpenFeature's packages, as `make demo-web` installs them."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine")
    made = subprocess.run(
        ["make", "var/demo-site/node_modules/.package-lock.json"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return ROOT / "var" / "demo-site"
