"""`/v1/outcomes`: what came of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator

from segue.api.models.base import Answer, Identifier, Instant, Model, example

_ONE: dict[str, Any] = {
    "id": "b0f0a0c2-5d5b-4c7e-9d44-3a1a0f3b7f10",
    "decision_id": "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6",
    "kind": "exposed",
    "visitor": "visitor-81f2",
    "flag": "banner",
}
_LARGEST = 1e15


class OutcomeIn(Model):
    """One thing that came of a decision."""

    model_config = example(**_ONE)

    id: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
    """Visible ASCII; the same id again changes nothing."""
    decision_id: Annotated[UUID, Field(strict=False)] | None = None
    account: Identifier | None = None
    """With a secret key, where there is no one decision: the account by id or domain."""
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    """`delivered`, `exposed`, `click`, or with a secret key any other word, such as a goal of a play."""
    visitor: Identifier | None = None
    """With a publishable key: whom the decision was for."""
    flag: Identifier | None = None
    """The flag or slot that was shown."""
    value: Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)] | None = None
    at: Instant | None = None
    """When it happened; without it, when it came in."""

    @model_validator(mode="after")
    def _of_something(self) -> OutcomeIn:
        if (self.decision_id is None) is (self.account is None):
            raise ValueError("name either a decision_id or an account")
        return self


class OutcomesIn(Model):
    """Up to a thousand outcomes."""

    model_config = example(outcomes=[_ONE])

    outcomes: Annotated[list[JsonValue], Field(min_length=1, max_length=1_000)]
    """Each with `id`, `kind`, `decision_id` or `account`, and perhaps `visitor`, `flag`, `value` and `at`; one that
    is refused fails alone."""
    writeKey: str | None = None
    """The key, for a page that is being left and can send no header."""


class OutcomeOut(Answer):
    """What became of one outcome."""

    id: str | None
    status: Literal["stored", "repeated", "refused"]
    reason: str | None


class OutcomesOut(Answer):
    """What became of each, in their order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "outcomes": [
                        {"id": _ONE["id"], "status": "stored", "reason": None},
                        {"id": "2", "status": "refused", "reason": "no such decision"},
                    ]
                }
            ]
        }
    )

    outcomes: list[OutcomeOut]


def outcome_time(at: datetime | None, now: datetime) -> datetime:
    """Return when an outcome happened: never later than now."""
    return now if at is None or at > now else at
