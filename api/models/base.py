"""What every model of the door shares: strictness, and the texts and times that cross it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
YEARS = range(1970, 2200)
"""The years of an instant: in every time zone and in PostgreSQL they are years still."""


class Model(BaseModel):
    """The base of everything that comes in: unknown keys and implicit conversions are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Answer(BaseModel):
    """The base of everything that goes out."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def clean(text: str) -> str:
    """Return a text that names something.

    Raises:
        ValueError: it is blank or holds control characters.
    """
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError("expected a text without control characters")
    if not text.strip():
        raise ValueError("expected a text that is not blank")
    return text


def _is_text_of_an_instant(value: Any) -> Any:
    # pydantic would take 5, "5" and a bare day too
    if not isinstance(value, datetime) and not (isinstance(value, str) and _INSTANT.match(value)):
        raise ValueError("expected an ISO 8601 timestamp such as 2026-11-23T15:00:00Z")
    return value


def _aware(instant: datetime) -> datetime:
    if instant.year not in YEARS:
        raise ValueError(f"expected a year from {YEARS.start} to {YEARS.stop - 1}")
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(clean)]
"""A name of something, 1 to 300 characters."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(clean)]
"""Why somebody does something, in a sentence."""
Instant = Annotated[
    datetime, Field(strict=False), BeforeValidator(_is_text_of_an_instant), AfterValidator(_aware)
]
"""An ISO 8601 timestamp; without a zone it is UTC."""
Revision = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""The content hash of a pack."""
FactValues = Annotated[
    dict[Annotated[str, StringConstraints(max_length=100)], JsonValue], Field(max_length=200)
]
"""Trait to value, as the pack declares it."""
Source = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""One of the sources of `pack.yaml`."""


def example(**values: Any) -> ConfigDict:
    """Return the configuration of a model with its example in the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [values]})
