"""Packages of npm, unmodified, for tests that drive clients of Node and of browsers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "segue-tests"


def installed(name: str, packages: Mapping[str, str]) -> Path:
    """Return the folder whose `node_modules` holds packages, name to version: kept between runs under a name.

    The test is skipped where the machine has no Node.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine")
    folder = _CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "package.json"
    wanted = json.dumps({"private": True, "type": "module", "dependencies": dict(packages)})
    if not (folder / "node_modules").exists() or not manifest.exists() or manifest.read_text() != wanted:
        manifest.write_text(wanted)
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
            cwd=folder, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        if done.returncode:
            manifest.unlink()
            raise AssertionError(done.stderr[-4_000:])
    return folder
