"""`/ofrep/v1`: the OpenFeature Remote Evaluation Protocol, as its clients read it."""

from __future__ import annotations

from typing import Any

from segue.api.models.base import Answer, example

_FLAG: dict[str, Any] = {
    "key": "play", "value": "industry_proof_page", "reason": "TARGETING_MATCH", "variant": "industry_proof_page",
    "metadata": {"decision_id": "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6"},
}  # fmt: skip
ANSWERED: dict[str, Any] = {
    "flags": [_FLAG],
    "metadata": _FLAG["metadata"],
    "eventStreams": [
        {"type": "sse", "endpoint": {"requestUri": "/ofrep/v1/events?token=eyJ0"}, "inactivityDelaySec": 120}
    ],
}
"""An answer for all flags."""
ASKED: dict[str, Any] = {"context": {"targetingKey": "visitor-81f2", "path": "/pricing"}}
"""A body, as a client sends it."""


class FlagOut(Answer):
    """One flag. Value, reason and variant are always there."""

    model_config = example(**_FLAG)

    key: str
    value: Any
    """A text or an object, always of the same type."""
    reason: str
    """`TARGETING_MATCH` where the play fills the flag, else `DEFAULT`."""
    variant: str
    """The play that fills the flag, or `none`."""
    metadata: dict[str, Any]
    """`decision_id`; with a secret key `pack`, `segment`, `status` and `arm` too."""


class StreamEndpointOut(Answer):
    """Where a stream is, on the same host."""

    requestUri: str


class EventStreamOut(Answer):
    """A stream that says when to ask again."""

    type: str
    endpoint: StreamEndpointOut
    inactivityDelaySec: int


class FlagsOut(Answer):
    """All flags of a page: one decision."""

    model_config = example(**ANSWERED)

    flags: list[FlagOut]
    metadata: dict[str, Any]
    eventStreams: list[EventStreamOut] = []
