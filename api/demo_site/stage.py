"""What the demo runs on: the vendor's backend with its secret key, the Slack it posts to, and who is visiting."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2
import jwt

from segue.accounts.identity_tokens import AUDIENCE
from segue.api.demo_site.people import BY_KEY, COMPANIES, PERSONAS, Persona
from segue.core.errors import NotFoundError, UnavailableError
from segue.evals.story.systems import Systems

PACK = "saas_pipeline"
_MOST_VISITS = 10_000


@dataclass
class Stage:
    """The vendor's side of the demo. `secret` never leaves it; `publishable` is what pages hold."""

    systems: Systems
    secret: str
    publishable: str
    identity_secret: str
    visits: dict[str, Persona] = field(default_factory=dict)
    """Visitor to the persona as whom they look. Nothing is told of any other visitor."""
    client: httpx2.AsyncClient | None = None

    async def prepare(self, app: Any) -> None:
        """Talk to the service as a backend does, and have it know the companies and what their people did.

        Raises:
            UnavailableError: the service refuses something.
        """
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://segue",
            headers={"Authorization": f"Bearer {self.secret}"},
        )  # fmt: skip
        query = urlencode({"filename": "accounts.csv", "pack": PACK, "source": "crm"})
        await self.call(
            "POST", f"/v1/accounts:import?{query}", content=COMPANIES.encode(),
            headers={"Content-Type": "application/octet-stream"},
        )  # fmt: skip
        yesterday = datetime.now(UTC) - timedelta(hours=26)
        for persona in PERSONAS:
            if persona.earlier:
                await self.call("POST", "/v1/batch", json={"batch": _earlier(persona, yesterday)})

    async def close(self) -> None:
        """Let go of the service."""
        if self.client is not None:
            await self.client.aclose()

    async def visit(self, key: str) -> dict[str, str | None]:
        """Begin a visit: a browser that was never seen, which the backend says whose it is.

        Raises:
            NotFoundError: there is no such persona.
        """
        persona = BY_KEY.get(key)
        if persona is None:
            raise NotFoundError(f"no persona {key!r}; expected one of {', '.join(BY_KEY)}")
        visitor = self._begun(persona)
        if not persona.email:
            return {"visitor": visitor, "persona": key, "token": None}
        await self.call("POST", "/v1/identify", json={
            "anonymousId": visitor, "userId": persona.user_id,
            "traits": {"email": persona.email, "name": persona.name, "title": persona.title},
        })  # fmt: skip
        return {"visitor": visitor, "persona": key, "token": self._token(persona)}

    def fresh_visit(self) -> str:
        """Begin the visit of somebody of whom nothing is known, and return the visitor."""
        return self._begun(PERSONAS[0])

    def _begun(self, persona: Persona) -> str:
        visitor = f"demo-{secrets.token_hex(12)}"
        while len(self.visits) >= _MOST_VISITS:
            self.visits.pop(next(iter(self.visits)))
        self.visits[visitor] = persona
        return visitor

    async def call(self, method: str, path: str, **sent: Any) -> Any:
        """Return the JSON of an answer to the backend.

        Raises:
            UnavailableError: it is refused; the message is that of the problem.
        """
        assert self.client is not None
        answer = await self.client.request(method, path, **sent)
        if answer.status_code >= 400:
            raise UnavailableError(f"the demo's backend, {path}: {answer.json()['detail']}")
        return answer.json()

    async def find(self, path: str) -> Any:
        """Return the JSON of an answer, or None where there is no such thing."""
        assert self.client is not None
        answer = await self.client.get(path)
        return answer.json() if answer.status_code == 200 else None

    def _token(self, persona: Persona) -> str:
        """Return the token by which the backend says who is looking, for the OpenFeature client."""
        claims = {
            "sub": persona.user_id, "email": persona.email, "aud": AUDIENCE,
            "exp": datetime.now(UTC) + timedelta(hours=8),
        }  # fmt: skip
        return jwt.encode(claims, self.identity_secret, "HS256")


def _earlier(persona: Persona, at: datetime) -> list[dict[str, Any]]:
    who = f"colleague-of-{persona.key}"
    said = {"userId": who, "timestamp": at.isoformat()}
    email = f"{who}@{persona.domain}"
    return [
        {"type": "identify", "messageId": f"{who}-0", **said, "traits": {"email": email}},
        *(
            {
                "type": "page", "messageId": f"{who}-{number}", **said,
                "properties": {"path": path, "url": f"https://www.example.com{path}"},
            }
            for number, path in enumerate(persona.earlier, 1)
        ),
    ]  # fmt: skip
