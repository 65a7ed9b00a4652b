"""From a document to its model, with every fault placed in the file."""

from __future__ import annotations

from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from segue.core.errors import nearest
from segue.policies.documents import Document, Path
from segue.policies.faults import Fault

M = TypeVar("M", bound=BaseModel)


def validate(document: Document, model: type[M], faults: list[Fault]) -> M | None:
    """Return the document as its model, or None after adding every fault found to `faults`."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        faults.extend(_fault(document, model, detail) for detail in error.errors(include_url=False))
        return None


def _fault(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Fault:
    path = _path_in(document.data, detail["loc"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        name = str(path[-1]) if path else ""
        known = _fields_at(model, path[:-1])
        expected = (
            f"; expected one of {', '.join(sorted(known))}" if known and not nearest(name, known) else ""
        )
        return Fault(document.key_place(path), f"unknown key {name!r}{nearest(name, known)}{expected}")
    if kind == "missing":
        name = str(detail["loc"][-1])
        return Fault(document.place(path), f"the key {name!r} is required")
    key = ".".join(str(part) for part in path)
    if detail["loc"][-1:] == ("[key]",):
        return Fault(document.key_place(path), f"{key}: {_message(detail)}")
    return Fault(document.place(path), f"{key}: {_message(detail)}" if key else _message(detail))


def _message(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if detail["type"] == "value_error" or "found" in message:
        return message
    found = detail.get("input")
    shown = repr(found)
    text = message[0].lower() + message[1:]
    choices = (
        str((detail.get("ctx") or {}).get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
    )
    hint = nearest(found, choices) if isinstance(found, str) else ""
    return f"{text}, found {shown if len(shown) <= 60 else shown[:57] + '...'}{hint}"


def _path_in(data: Any, loc: tuple[int | str, ...]) -> Path:
    """Keep of pydantic's location the parts that exist in the document: unions add others."""
    path: list[int | str] = []
    for part in loc:
        if isinstance(part, str) and isinstance(data, dict) and part in data:
            data = data[part]
            path.append(part)
        if isinstance(part, int) and isinstance(data, list) and part < len(data):
            data = data[part]
            path.append(part)
    return tuple(path)


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that the model knows at a path, as far as its annotations tell."""
    found: Any = model
    for part in path:
        found = _step(found, part)
    candidates = _models_in(found)
    return sorted({field.alias or name for each in candidates for name, field in each.model_fields.items()})


def _step(annotation: Any, part: str | int) -> Any:
    for model in _models_in(annotation):
        if model.__pydantic_root_model__:
            return _step(model.model_fields["root"].annotation, part)
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
    arguments = [each for each in get_args(annotation) if each is not type(None)]
    if isinstance(part, int) or get_origin(annotation) is dict or not _models_in(annotation):
        return arguments[-1] if arguments else None
    return None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for each in get_args(annotation) for model in _models_in(each)]
