"""A receiver of webhooks that verifies every signature by the library, as its documentation says to."""

from __future__ import annotations

import base64
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from segue.evals.fakes.server import Answer, Asked, FakeServer

SECRET = "whsec_" + base64.b64encode(b"a secret of the fakes, long enough").decode()


class Receiver(FakeServer):
    """Takes webhooks once an id, and refuses what is not signed."""

    def __init__(self, secret: str = SECRET) -> None:
        super().__init__()
        self._verifier = Webhook(secret)
        self.taken: dict[str, Any] = {}
        self.repeated: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        """Take it, or say that its signature is wrong."""
        try:
            body = self._verifier.verify(asked.body, asked.headers)
        except WebhookVerificationError:
            return Answer(401, {"error": "signature"})
        message_id = asked.headers["webhook-id"]
        if message_id in self.taken:
            self.repeated.append(message_id)
        self.taken[message_id] = body
        return Answer(204)
