"""Packs and test files for the evals, made from the small pack of the policies' tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from segue.policies.load import load_files
from segue.policies.pack import Pack
from tests.policies.mini import FILES, mini_pack

READY_CASES = """
- name: fits at the threshold and looks at the threshold
  facts: {size: 200, intent: 60, region: US}
  surface: chat
  expect: {segment: ready, status: matched, play: meet, excluded: {mail: permitted_elsewhere}}
"""

GOOD_CASES = """
- name: fits at the threshold and looks at the threshold
  facts: {size: 200, intent: 60}
  expect: {segment: ready, status: matched}
- name: one person fewer is out
  facts: {size: 199, intent: 60, region: EU}
  expect: {segment: out, status: matched}
- name: a little less intent is neither
  facts: {size: 200, intent: 59.9}
  expect: {segment: rest, status: residual}
"""

WEAK_CASES = """
- name: far above both thresholds
  facts: {size: 5000, intent: 99}
  expect: {status: matched}
"""


def with_cases(**files: str) -> Pack:
    """Return the small pack with test files: `ready="..."` is `segments/ready_test.yaml`."""
    return mini_pack(**{f"segments__{name}_test": text for name, text in files.items()})


def changed(file: str, old: str, new: str) -> Pack:
    """Load the small pack whole, with one text in one file exchanged."""
    assert FILES[file].count(old) == 1
    name = file.replace("/", "__").removesuffix(".yaml")
    return mini_pack(**{name: FILES[file].replace(old, new)})


def same_files(pack: Pack, other: Pack) -> Pack:
    """Return a pack under another's revision and places, so that decisions can be compared whole."""
    return replace(pack, revision=other.revision, documents=other.documents)


def write_pack(folder: Path, cases: Mapping[str, str], **changes: str) -> Path:
    """Write the small pack to a folder and return it; `cases` are test files by segment."""
    texts = {name: text for name, text in FILES.items() if not name.startswith("proof/")}
    texts |= {f"segments/{segment}_test.yaml": text for segment, text in cases.items()}
    texts |= {f"{name.replace('__', '/')}.yaml": text for name, text in changes.items()}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    load_files({name: text.encode() for name, text in texts.items()}, "check")
    return folder
