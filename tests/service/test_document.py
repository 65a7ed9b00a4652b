"""The OpenAPI document names every status, and gives models and examples to every operation.

Schemathesis holds the service to it. `SEGUE_TEST_LONG=1` gives it some hundred cases an operation.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.service.operations import CALLS, documented
from tests.service.running import Service

OPEN = {"/healthz", "/readyz", "/metrics", "/v1/projects/{key}/settings", "/slack/events"}
CASES = "300" if "SEGUE_TEST_LONG" in os.environ else "8"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"


def test_every_operation_has_a_call_in_the_tests(service: Service) -> None:
    assert set(documented(service)) == set(CALLS)


def test_every_operation_has_models_and_examples(service: Service) -> None:
    document = service.call("GET", "/openapi.json", key=None).json()
    for (method, path), operation in documented(service).items():
        bodies = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        good = [
            each["content"]
            for status, each in operation["responses"].items()
            if status < "300" and status != "204"
        ]
        assert len(good) == 1, (method, path)
        for content in (*bodies, *good):
            for kind, form in content.items():
                schemas = [resolved(document, each) for each in form["schema"].get("anyOf", [form["schema"]])]
                assert "example" in form or all("examples" in each for each in schemas), (method, path, kind)
                for schema in schemas if "example" not in form else ():
                    whole = {**schema, "components": document["components"]}
                    for shown in schema["examples"]:
                        jsonschema.Draft202012Validator(whole).validate(shown)


def test_every_problem_is_of_one_form(service: Service) -> None:
    for (method, path), operation in documented(service).items():
        statuses = set(operation["responses"])
        assert {"400", "413", "500"} <= statuses, (method, path)
        assert ({"401", "403", "429", "503"} <= statuses and "security" in operation) is (path not in OPEN)
        if "requestBody" in operation or operation.get("parameters"):
            assert "422" in statuses
        for status, response in operation["responses"].items():
            if status >= "400" and (path, status) != ("/readyz", "503"):
                kinds = response["content"]
                assert list(kinds) == ["application/problem+json"], (method, path, status)
                assert kinds["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


@pytest.mark.trial
def test_schemathesis_finds_nothing(fuzzed: Service, tmp_path: Path) -> None:
    found = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{fuzzed.url}/openapi.json",
            "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", CASES, "--seed", "7",
            "--generation-database", "none", "--header", f"Authorization: Bearer {fuzzed.keys['secret']}",
            "--no-color",
        ],
        capture_output=True, text=True, timeout=1_800, cwd=tmp_path,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-6_000:]


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema, or the one that it refers to."""
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_the_document_is_open(service: Service, path: str) -> None:
    assert service.call("GET", path, key=None).status_code == 200
