"""What answers a model's prompt: one call, without retries or a deadline of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from segue.agents.choosers.model.prompt import Prompt
from segue.agents.choosers.model.proposal import FallbackReason


@dataclass(frozen=True, slots=True)
class Said:
    """A completion: its text, or None where the model refused; tokens are None where it does not say."""

    content: str | None
    input_tokens: int | None = None
    output_tokens: int | None = None


class EndpointFault(Exception):
    """The endpoint did not give a completion. `again` says whether another try may help.

    `after` is how many seconds the endpoint asks to be left alone for.
    """

    def __init__(self, reason: FallbackReason, *, again: bool = False, after: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.again = again
        self.after = after


class Endpoint(Protocol):
    """What answers a prompt and a user message with a completion."""

    async def ask(self, prompt: Prompt, message: str) -> Said:
        """Return the completion.

        Raises:
            EndpointFault: there is none.
        """
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...
