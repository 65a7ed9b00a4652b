"""`/slack/events`: what Slack is answered at once."""

from __future__ import annotations

from segue.api.models.base import Answer, example


class SlackAnswerOut(Answer):
    """What goes back to Slack with the acknowledgement; mostly nothing."""

    model_config = example(challenge="3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")

    challenge: str | None = None
    """Of the check by which Slack proves the address."""
