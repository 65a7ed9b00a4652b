"""The OpenAPI document: every status of every operation, errors as problems, and how a key travels."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from segue.api.models.base import Answer, Model
from segue.api.models.problem import Problem
from segue.api.problems import TYPE

Statuses = dict[int | str, dict[str, Any]]

_OF_ALL = {400: "The request is malformed", 413: "The body is too large", 500: "A defect of Segue"}
_OF_KEYS = {
    401: "No valid key",
    403: "The key may not do this",
    429: "Too many requests; Retry-After says when",
    503: "The database does not answer, or no policy is active; Retry-After says when",
}
_OF_BODIES = {415: "The body is of another type"}
_OF_INPUT = {422: "A value is refused: `detail` names its place, the value and what was expected"}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer KEY"},
    "basic": {"type": "http", "scheme": "basic", "description": "The key as the user name, no password"},
}


def problems(**own: str) -> Statuses:
    """Return the problems of an operation that asks for a key; `own` are more, such as `_404="No such pack"`."""
    given = {int(name.removeprefix("_")): text for name, text in own.items()}
    return {status: {"description": text} for status, text in (_OF_KEYS | given).items()}


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the service."""
    found = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    schemas = found["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    for model in (*Answer.__subclasses__(), *Model.__subclasses__()):
        extra = model.model_config.get("json_schema_extra")
        if isinstance(extra, dict) and model.__name__ in schemas:
            schemas[model.__name__]["examples"] = extra["examples"]  # the framework leaves nulls out
    found["components"]["securitySchemes"] = _SCHEMES
    for operations in found["paths"].values():
        for operation in operations.values():
            _complete(operation)
    return found


def _complete(operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    wanted: dict[int, str] = dict(_OF_ALL)
    if {"401", "403"} <= set(responses):  # a key is asked for; Slack signs what it sends instead
        operation["security"] = [{scheme: []} for scheme in _SCHEMES]
    body = operation.get("requestBody", {}).get("content", {})
    if "application/json" in body:
        wanted |= _OF_BODIES
    if body or operation.get("parameters"):
        wanted |= _OF_INPUT
    responses.pop("422", None)  # the framework's own, of another form
    for number, text in wanted.items():
        responses.setdefault(str(number), {"description": text})
    for status, response in responses.items():
        if int(status) >= 400 and "content" not in response:
            response["content"] = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(responses.items()))
