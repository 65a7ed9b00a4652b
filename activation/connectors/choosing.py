"""Which connector carries a play out: the one that its file names, else by its kind and channel."""

from __future__ import annotations

from segue.policies.models.play import Channel, Kind, Play


def connector_of(play: Play, crm: str | None) -> str:
    """Return the name of a play's connector, whether it is configured or not.

    `crm` is the CRM that is connected, if one is. What no system is made for goes out as a webhook.
    """
    named = play.parameters.get("connector")
    if isinstance(named, str) and named:
        return named
    if play.kind is Kind.ROUTE:
        return "route"
    if play.kind is Kind.AUDIENCE:
        return "audience"
    if play.kind is Kind.TAG and "field" in play.parameters:
        return crm or "crm"
    if play.channel is Channel.SLACK or (play.kind is Kind.ALERT and play.channel is Channel.PHONE):
        return "slack"
    return "webhook"
