"""Signed webhooks, as Standard Webhooks has them: one URL, the consequence's id as the id of the message."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from segue.activation.addresses import PrivateTargets, checked_addresses
from segue.activation.connectors.answers import check_status
from segue.activation.connectors.connector import Errand, TryAgainError
from segue.policies.plain import json_value


class WebhookConnector:
    """Posts consequences to one URL. Redirects are not followed, and the address is checked at every try."""

    name = "webhook"

    def __init__(
        self,
        url: str,
        secrets: Sequence[str],
        private: PrivateTargets,
        timeout: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        from standardwebhooks import Webhook

        self._url = url
        self._signers = [Webhook(secret) for secret in secrets]
        self._private = private
        self._timeout = timeout
        self._tls = tls or httpx2.create_ssl_context(trust_env=False)

    def words(self, errand: Errand) -> Mapping[str, Any]:
        """Return the body of the webhook."""
        return payload(errand)

    async def tell(
        self,
        errand: Errand,
        words: Mapping[str, Any],
        first_try: datetime | None = None,  # noqa: ARG002 - its receiver drops an id that it has
    ) -> Mapping[str, Any]:
        """Post it, signed by every secret; any answer of 2xx is taken for delivered."""
        body = orjson.dumps(words).decode()
        now = datetime.now(UTC)
        signatures = " ".join(each.sign(errand.consequence_id, now, body) for each in self._signers)
        headers = {
            "content-type": "application/json",
            "user-agent": "Segue",
            "webhook-id": errand.consequence_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures,
        }
        status = await self._post(body, headers)
        return {"status": status}

    async def _post(self, body: str, headers: Mapping[str, str]) -> int:
        """Send it to an address that was checked, under the name that the URL has."""
        parts = urlsplit(self._url)
        assert parts.hostname is not None
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await checked_addresses(parts.hostname, port, self._private)
        sent = {**headers, "host": parts.netloc.rpartition("@")[2]}
        last: Exception | None = None
        for address in addresses:
            try:
                answer = await self._send(address, parts.hostname, body, sent)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                last = error  # nothing was sent: the next address may be reached
            except httpx2.HTTPError as error:
                last = error
                break
            else:
                check_status(parts.hostname, answer.status_code, answer.headers)
                return answer.status_code
        raise TryAgainError(f"{parts.hostname}: {type(last).__name__}") from last

    async def _send(self, address: str, host: str, body: str, headers: Mapping[str, str]) -> httpx2.Response:
        url = httpx2.URL(self._url).copy_with(host=address, username=None, password=None)
        timeout = httpx2.Timeout(self._timeout).as_dict()
        request = httpx2.Request(
            "POST", url, content=body, headers=headers, extensions={"sni_hostname": host, "timeout": timeout}
        )
        async with httpx2.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False) as client:
            answer = await client.send(request, stream=True)
            await answer.aclose()  # what it says beside its status is nothing to us
            return answer


def payload(errand: Errand) -> dict[str, Any]:
    """Return the body of the webhook of an errand, as plain JSON."""
    play, account = errand.play.model, errand.account
    merged = {} if errand.merged is None else {"merged_into": errand.merged.account.id}
    return {
        "type": "segue.consequence",
        "id": errand.consequence_id,
        "moment": errand.moment,
        "takes_back": errand.takes_back,
        "changed_at": json_value(errand.changed_at),
        "account": {
            "id": account.id, "domain": account.domain, "name": account.name, "owner": account.owner,
            **merged,
        },
        "pack": errand.pack,
        "revision": errand.revision,
        "segment": errand.segment,
        "because": [dict(clause) for clause in errand.because],
        "rep": errand.assignment.rep,
        "play": {
            "name": play.play,
            "title": play.title,
            "kind": play.kind.value,
            "channel": play.channel.value,
            "goal": play.goal,
            "offer": play.offer,
            "message": errand.message,
            "parameters": dict(play.parameters),
            "proof_points": [
                {"id": each.id, "claim": each.claim, "source": each.evidence} for each in errand.proof
            ],
        },
    }  # fmt: skip
