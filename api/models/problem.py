"""Every error: RFC 9457."""

from __future__ import annotations

from typing import Any

from segue.api.models.base import Answer, example

PROBLEM: dict[str, Any] = {
    "type": "about:blank",
    "title": "Invalid input",
    "status": 422,
    "code": "invalid_input",
    "detail": "body.surface: Input should be 'web', 'chat', 'slack', 'email', 'ads' or 'crm', found 'fax'",
    "request_id": "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6",
}


class FaultOut(Answer):
    """One of several faults, and where it is."""

    place: str
    message: str


class Problem(Answer):
    """An error as problem+json."""

    model_config = example(**PROBLEM)

    type: str
    title: str
    status: int
    code: str
    """Stable, for programs to match on."""
    detail: str
    """One sentence for people: the place, what was found there and what was expected."""
    errors: list[FaultOut] = []
    """Every fault, where there may be several."""
    request_id: str | None = None
    """The id to find the request by in the log."""
