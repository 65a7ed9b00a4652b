"""The house: what pyproject.toml lists by hand is what is there, and the locks hold what it asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FLOORS: dict[str, str] = SETTINGS["tool"]["setuptools"]["package-dir"]
LOCKS = ("requirements.lock", "requirements-spark.lock")


def test_every_folder_of_code_is_a_listed_package() -> None:
    found = {
        ".".join(["segue", *path.parent.relative_to(ROOT).parts])
        for folder in FLOORS.values()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert sorted(SETTINGS["tool"]["setuptools"]["packages"]) == sorted(found)


def test_no_code_lies_in_a_folder_that_is_no_package() -> None:
    bare = {
        path.parent.relative_to(ROOT)
        for folder in FLOORS.values()
        for path in (ROOT / folder).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    }
    assert bare == set()


@pytest.mark.parametrize(("package", "folder"), FLOORS.items())
def test_each_floor_is_known_to_every_tool(package: str, folder: str) -> None:
    tool = SETTINGS["tool"]
    assert (ROOT / ".typings" / "segue" / folder).resolve() == ROOT.resolve() / folder
    assert (ROOT / folder / "py.typed").exists()
    assert folder in tool["pyright"]["include"]
    assert folder in tool["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    assert package in tool["importlinter"]["root_packages"]
    assert package in tool["importlinter"]["contracts"][0]["layers"]


def test_imports_run_one_way_in_the_order_of_the_design() -> None:
    design = ["core", "policies", "accounts", "activation", "agents", "evals", "api"]
    floors = [
        name.removeprefix("segue.")
        for name in reversed(SETTINGS["tool"]["importlinter"]["contracts"][0]["layers"])
    ]
    assert floors == [name for name in design if name in floors]


def locked(name: str) -> dict[str, list[Requirement]]:
    """The pinned requirements of a lock by name; one name may be pinned several times under markers."""
    pins: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^[a-z0-9].*$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE):
        pin = Requirement(line.rstrip("\\ "))
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_exactly_with_hashes_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = [pin for same in locked(name).values() for pin in same]
    assert pins
    assert all(re.fullmatch(r"==[^*,]+", str(pin.specifier)) for pin in pins)
    assert text.count(" \\\n    --hash=sha256:") >= len(pins)
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        *(("requirements.lock", each) for each in SETTINGS["project"]["dependencies"]),
        *(("requirements.lock", each) for each in SETTINGS["project"]["optional-dependencies"]["demo"]),
        *(("requirements.lock", each) for each in SETTINGS["dependency-groups"]["dev"]),
        *(
            ("requirements-spark.lock", each)
            for each in SETTINGS["project"]["optional-dependencies"]["spark"]
        ),
    ],
)
def test_the_locks_hold_what_the_project_asks_for(name: str, asked: str) -> None:
    wanted = Requirement(asked)
    here = [
        pin
        for pin in locked(name).get(canonicalize_name(wanted.name), [])
        if pin.marker is None or pin.marker.evaluate()
    ]
    assert len(here) == 1, f"{asked}: run make lock"
    assert wanted.specifier.contains(str(here[0].specifier).removeprefix("==")), f"{asked}: run make lock"


def test_a_wheel_carries_the_packs_and_every_other_file_of_the_packages(tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    for folder in FLOORS.values():
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    expected = {
        f"segue/{path.relative_to(tree).as_posix()}"
        for folder in FLOORS.values()
        for path in (tree / folder).rglob("*")
        if path.is_file()
    }
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-P", "-c", build, str(out)], cwd=tree, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert carried == expected
