"""The GitHub Action that says what a change of policy does: its scripts, on a real git repository.

Only `gh` is played: it is the client of a service outside.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from segue.evals.samples.salesforce_export import write_salesforce_export
from tests.api.conftest import SEGUE, Segue

PACK = "saas_pipeline"
ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "policies-diff"
GH = """#!/usr/bin/env bash
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in *--paginate*) cat "$COMMENTS" ;; esac
"""


def test_the_action_runs_scripts_that_there_are_with_every_input() -> None:
    action = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))
    assert action["runs"]["using"] == "composite"
    text = (ACTION / "action.yml").read_text("utf-8")
    assert all("${{ inputs." + name + " }}" in text for name in action["inputs"])
    runs = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert not any("${{" in run for run in runs), "what an input says must never become a part of a script"
    assert all(
        (ACTION / name).is_file() and any(name in run for run in runs)
        for name in ("compare.sh", "comment.sh")
    )
    assert all(step["shell"] == "bash" for step in action["runs"]["steps"] if "run" in step)


@pytest.fixture
def repository(segue: Segue, tmp_path: Path) -> Path:
    """A clone whose last commit raises a threshold, with an account file beside it."""
    write_salesforce_export(tmp_path / "a.csv", accounts=300)
    assert segue("import", "a.csv", "-p", PACK).code == 0
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "policies" / "packs" / PACK, folder / "packs" / PACK)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "base")
    traits = folder / "packs" / PACK / "traits.yaml"
    traits.write_text(traits.read_text("utf-8").replace("fit >= 70", "fit >= 80"), "utf-8")
    git(folder, "commit", "-qam", "a higher threshold")
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "gh").write_text(GH, "utf-8")
    (fake / "gh").chmod(0o755)
    (tmp_path / "comments").write_text("", "utf-8")
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def script(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    root = folder.parent
    path = os.pathsep.join((str(root / "bin"), str(Path(SEGUE).parent), os.environ["PATH"]))
    own = {
        "PATH": path, "PACK": f"packs/{PACK}", "BASE": "HEAD~1", "REPORT": str(root / "report.md"),
        "ACCOUNTS": str(root / "data" / "accounts" / f"{PACK}.parquet"), "CALLS": str(root / "calls"),
        "COMMENTS": str(root / "comments"), "REPOSITORY": "o/r", "PULL_REQUEST": "7", "GH_TOKEN": "t",
    }  # fmt: skip
    return subprocess.run(
        ["bash", str(ACTION / name)], cwd=folder, env={**os.environ, **own, **environment},
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip


def test_it_compares_fails_on_limits_and_keeps_one_comment(repository: Path) -> None:
    root = repository.parent
    assert script("compare.sh", repository).returncode == 0
    report = (root / "report.md").read_text("utf-8")
    assert report.startswith("<!-- segue policies diff -->") and "`fit >= 80`" in report
    assert "<details>" in report and len(report) < 65_536 and "Over a limit" not in report

    failed = script("compare.sh", repository, MAX_MOVED="1%", FAIL_ON_NEW_SUPPRESSION="true")
    assert failed.returncode == 1
    assert (root / "report.md").read_text("utf-8").count("**Over a limit:**") == 2

    assert script("comment.sh", repository).returncode == 0
    (root / "comments").write_text("41\n42\n", "utf-8")
    assert script("comment.sh", repository).returncode == 0
    calls = (root / "calls").read_text("utf-8").splitlines()
    posted = [call.split(" ")[1:4] for call in calls if "--method" in call]
    assert posted == [
        ["--method", "POST", "repos/o/r/issues/7/comments"],
        ["--method", "PATCH", "repos/o/r/issues/comments/41"],
    ]


def test_a_new_pack_and_a_shallow_clone_are_told(repository: Path) -> None:
    root = repository.parent
    shutil.copytree(repository / "packs" / PACK, repository / "packs" / "newer")
    assert script("compare.sh", repository, PACK="packs/newer").returncode == 0
    assert "`packs/newer` is new" in (root / "report.md").read_text("utf-8")
    shallow = script("compare.sh", repository, BASE="0" * 40)
    assert shallow.returncode == 2 and "fetch-depth: 0" in shallow.stderr
