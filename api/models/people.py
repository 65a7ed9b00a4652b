"""`/v1/contacts` and `/v1/visitors`: consent, and erasure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from segue.accounts.consent import ConsentState
from segue.api.models.base import Answer, Instant, Model, Source, example

Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""What somebody agrees to, such as `marketing` or `personalization`."""


class ConsentIn(Model):
    """What somebody said of one purpose or several."""

    model_config = example(
        purposes={"marketing": "granted", "personalization": "denied"},
        source="crm",
        at="2026-11-20T09:00:00Z",
    )

    purposes: Annotated[
        dict[Purpose, Annotated[ConsentState, Field(strict=False)]], Field(min_length=1, max_length=50)
    ]
    """Purpose to `granted`, `denied` or `unknown`, which takes back what this source said before."""
    source: Source
    """Where it was said: of several sources the newest `at` counts."""
    at: Instant | None = None
    """When it was said; now, when it is left out."""


class ConsentOut(Answer):
    """How many purposes were stored; none for somebody who was erased and has not agreed to anything since."""

    model_config = example(stored=2)

    stored: int


class ErasedOut(Answer):
    """What was erased, by table. It names nobody."""

    model_config = example(contacts=1, visitors=2, rows={"events": 41, "decisions": 7, "links": 3})

    contacts: int
    visitors: int
    rows: dict[str, int]
