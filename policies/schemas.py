"""JSON Schemas of the files of a pack, generated from the models: what an editor completes and checks by.

They live in `policies/schema/`; a test holds them equal to the models. They say what a file may hold
by itself; what only the whole pack can tell, a name that nothing defines or a condition that does
not parse, is found by loading it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from segue.policies.models.case import CasesFile
from segue.policies.models.common import format_duration
from segue.policies.models.pack import PackFile
from segue.policies.models.personas import Personas
from segue.policies.models.play import Play
from segue.policies.models.proof import ProofHeader
from segue.policies.models.routing import Routing
from segue.policies.models.segment import Segment
from segue.policies.models.traits import TraitsFile

MODELS: Mapping[str, tuple[type[BaseModel], str]] = {
    "pack.json": (PackFile, "pack.yaml"),
    "traits.json": (TraitsFile, "traits.yaml"),
    "segment.json": (Segment, "segments/<segment>.yaml"),
    "cases.json": (CasesFile, "segments/<segment>_test.yaml"),
    "play.json": (Play, "plays/<play>.yaml"),
    "proof.json": (ProofHeader, "the front matter of proof/<id>.md"),
    "routing.json": (Routing, "routing.yaml"),
    "personas.json": (Personas, "personas.yaml"),
}
"""The schema files, each with its model and the file that it describes."""


class _Generator(GenerateJsonSchema):
    """Leaves out the titles that would only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - for no schema
        """Return False: a key is its own title."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        """Return the schema of a key that may be left out; written down, it has a value."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        """Return the schema with its default as it would be written, or none where nothing is the default."""
        found = super().default_schema(schema)
        default = schema.get("default")
        if isinstance(default, timedelta):
            found["default"] = format_duration(default)
        elif found.get("default") in (None, [], {}):
            found.pop("default", None)
        return found

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        """Return the schema of a mapping; with a pattern for its keys, no other keys."""
        found = super().dict_schema(schema)
        if "patternProperties" in found:
            found["additionalProperties"] = False
        return found


def schemas() -> dict[str, str]:
    """Return the text of every schema file by its name: sorted, indented, one newline at the end."""
    return {name: _text(name, model, file) for name, (model, file) in MODELS.items()}


def _text(name: str, model: type[BaseModel], file: str) -> str:
    schema = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    schema |= {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": name,
        "title": f"Segue: {file}",
    }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
