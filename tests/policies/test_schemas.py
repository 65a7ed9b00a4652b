"""The JSON Schemas that editors check packs by: those of the models, and they accept what loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from segue.policies.documents import read_document
from segue.policies.files import SHIPPED, shipped_packs
from segue.policies.schemas import schemas
from tests.policies.packs import Edit, pack_files

FOLDER = SHIPPED.parent / "schema"
HEADER = "# yaml-language-server: $schema="


def schema_of(file: str) -> str:
    """Return the name of the schema of one of a pack's files."""
    folder, _, name = file.rpartition("/")
    if not folder:
        return f"{name.removesuffix('.yaml')}.json"
    if name.endswith("_test.yaml"):
        return "cases.json"
    return {"segments": "segment.json", "plays": "play.json", "proof": "proof.json"}[folder]


def errors_in(file: str, raw: bytes) -> list[str]:
    """Return what the schema of a file has against its contents."""
    if file.endswith(".md"):
        raw = raw.removeprefix(b"---\n").partition(b"\n---\n")[0]
    data = read_document(raw, file).data
    errors = validator_of(schema_of(file)).iter_errors(data)
    return [f"{file}: {error.json_path}: {error.message}" for error in errors]


@cache
def validator_of(schema: str) -> Draft202012Validator:
    """Return what checks by a schema."""
    return Draft202012Validator(json.loads(schemas()[schema]))


def shipped_files() -> Iterator[Path]:
    """Yield every file of the shipped packs that has a schema."""
    for name in shipped_packs():
        folder = SHIPPED / name
        yield from (path for path in sorted(folder.rglob("*.yaml")))
        yield from sorted((folder / "proof").glob("*.md"))


def test_the_committed_schemas_are_those_of_the_models() -> None:
    committed = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert committed == schemas(), "run `segue schemas`"


@pytest.mark.parametrize("name", schemas())
def test_a_schema_is_itself_valid(name: str) -> None:
    schema = json.loads(schemas()[name])
    Draft202012Validator.check_schema(schema)
    assert (schema["$id"], schema["$schema"]) == (name, Draft202012Validator.META_SCHEMA["$id"])
    assert schema["title"].startswith("Segue: ")
    assert schema["description"]


def test_shipped_files_open_with_their_schema_and_are_accepted_by_it() -> None:
    files = list(shipped_files())
    assert len(files) > 250
    for path in files:
        file = path.relative_to(SHIPPED / path.relative_to(SHIPPED).parts[0]).as_posix()
        raw = path.read_bytes()
        assert errors_in(file, raw) == []
        first = raw.decode().splitlines()[0]
        if first.startswith(HEADER):
            named = (path.parent / first.removeprefix(HEADER)).resolve()
            assert named == (FOLDER / schema_of(file)).resolve(), path
        else:
            assert path.suffix == ".md", f"{path} does not open with its schema"


def test_the_clean_pack_is_accepted() -> None:
    files, _ = pack_files()
    assert [
        error for file, raw in files.items() if "scripts/" not in file for error in errors_in(file, raw)
    ] == []


REFUSED: list[tuple[str, str, str]] = [
    ("pack.yaml", "sells_in:", "sels_in:"),
    ("pack.yaml", "[web, chat, email]", "[web, chatt]"),
    ("pack.yaml", "crm: 0.8", "crm: 80"),
    ("traits.yaml", "persona:", "Persona:"),
    ("traits.yaml", "over: 14d", "over: 14 days"),
    ("traits.yaml", "type: integer, layer: behavioral", "type: whole, layer: behavioral"),
    ("segments/warm_up.yaml", "title: Not looking yet", "title: 5"),
    ("segments/warm_up.yaml", "title: Not looking yet\n", ""),
    ("segments/warm_up.yaml", "  web: {", "  fax: {"),
    ("segments/warm_up.yaml", "2027-02-22", "[2027]"),
    ("segments/sales_ready.yaml", "{employees: 0.5}", "{employees: 1.5}"),
    ("segments/sales_ready_test.yaml", "expect:", "expects:"),
    ("plays/book_meeting.yaml", "kind: meeting", "kind: meting"),
    ("plays/book_meeting.yaml", "times: 2.0", "times: 20"),
    ("proof/soc2.md", "https://", "http://"),
    ("routing.yaml", "bea@example.com", "bea"),
]


@pytest.mark.parametrize(("file", "old", "new"), REFUSED)
def test_what_the_models_refuse_of_one_file_the_schemas_refuse(file: str, old: str, new: str) -> None:
    files, _ = pack_files(Edit(file, old, new))
    assert len(errors_in(file, files[file])) >= 1


def test_every_description_in_the_models_reaches_the_editor() -> None:
    segment: dict[str, Any] = json.loads(schemas()["segment.json"])
    assert (
        segment["properties"]["when"]["description"]
        == "Who belongs, by account traits. The residual has none."
    )
    assert segment["properties"]["settle"]["default"] == {"enter": "0s", "exit": "0s"}
