"""The connectors there are: those of the store always, each other where its settings are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec

from segue.activation.addresses import PrivateTargets
from segue.activation.connectors.audience import AudienceConnector
from segue.activation.connectors.connector import AnyConnector
from segue.activation.connectors.crm import TagConnector
from segue.activation.connectors.route import RouteConnector
from segue.core.errors import InputError
from segue.core.settings import Settings

_LIBRARIES = {
    "slack": "slack_sdk", "hubspot": "hubspot", "salesforce": "simple_salesforce", "webhook": "standardwebhooks",
}  # fmt: skip
CRMS = ("hubspot", "salesforce")
"""The CRMs in the order in which one is taken where several are connected and a play names none."""


def connected(settings: Settings) -> dict[str, AnyConnector]:
    """Return the connectors by name; one that is not configured is not there.

    Raises:
        InputError: one is configured whose library is not installed.
    """
    found: dict[str, AnyConnector] = {"route": RouteConnector(), "audience": AudienceConnector()}
    for name, make in _CONFIGURED.items():
        made = make(settings)
        if made is not None:
            _check_installed(name)
            found[name] = made()
    return found


def crm_of(connectors: Mapping[str, AnyConnector]) -> str | None:
    """Return the CRM that is connected: the first, where both are."""
    return next((name for name in CRMS if name in connectors), None)


def _check_installed(name: str) -> None:
    if find_spec(_LIBRARIES[name]) is None:
        raise InputError(f"{name} is configured, and its library is missing: pip install 'segue[{name}]'")


_Maker = Callable[[], AnyConnector]


def _webhook(settings: Settings) -> _Maker | None:
    if not settings.webhook_url:
        return None
    secret = settings.webhook_secret
    if secret is None:
        raise InputError("SEGUE_WEBHOOK_URL is set: set SEGUE_WEBHOOK_SECRET too, every webhook is signed")

    def make() -> AnyConnector:
        from segue.activation.connectors.webhook import WebhookConnector

        private = PrivateTargets.read(settings.allow_private_targets)
        return WebhookConnector(
            settings.webhook_url, secret.get_secret_value().split(), private, settings.activation_timeout
        )

    return make


def _slack(settings: Settings) -> _Maker | None:
    token = settings.slack_bot_token
    if token is None:
        return None

    def make() -> AnyConnector:
        from segue.activation.connectors.slack import SlackConnector

        return SlackConnector(
            token.get_secret_value(), settings.slack_url, settings.slack_channel, settings.activation_timeout,
            answerable=settings.slack_signing_secret is not None,
        )  # fmt: skip

    return make


def _hubspot(settings: Settings) -> _Maker | None:
    token = settings.hubspot_access_token
    if token is None:
        return None

    def make() -> AnyConnector:
        from segue.activation.connectors.hubspot import HubSpot

        return TagConnector(
            HubSpot(token.get_secret_value(), settings.hubspot_url, settings.activation_timeout)
        )

    return make


def _salesforce(settings: Settings) -> _Maker | None:
    token, url = settings.salesforce_session_id, settings.salesforce_instance_url
    if token is None or not url:
        return None

    def make() -> AnyConnector:
        from segue.activation.connectors.salesforce import OneTrySession, Salesforce

        session = OneTrySession(settings.activation_timeout)
        return TagConnector(Salesforce(token.get_secret_value(), url, session))

    return make


_CONFIGURED: dict[str, Callable[[Settings], _Maker | None]] = {
    "webhook": _webhook, "slack": _slack, "hubspot": _hubspot, "salesforce": _salesforce,
}  # fmt: skip
