"""What open consequences would do, with nothing done: judged as now, and the CRM only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from segue.activation.carrying import Activation
from segue.activation.connectors.choosing import connector_of
from segue.activation.connectors.connected import crm_of
from segue.activation.connectors.connector import Errand, NotDoneError, RefusedError, TryAgainError
from segue.activation.connectors.crm import TagConnector
from segue.activation.consequence import Consequence
from segue.activation.judging import NotNow, judged


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a consequence: its status and reason, the connector, and what it would do."""

    status: str
    reason: str | None = None
    connector: str | None = None
    would: Mapping[str, Any] | None = None


class _TakeBackError(Exception):
    """Ends the transaction of a preview, so that it leaves nothing."""


async def preview(activation: Activation, consequence: Consequence) -> Preview:
    """Return what would become of one consequence if it were due now.

    Raises:
        UnavailableError: the database does not answer, or no policy serves yet.
    """
    verdict: Errand | NotNow | None = None
    try:
        async with activation.database.transaction() as connection:
            verdict = await judged(connection, consequence, activation.policies.live, datetime.now(UTC))
            raise _TakeBackError
    except _TakeBackError:
        pass
    assert verdict is not None
    if isinstance(verdict, NotNow):
        return Preview(verdict.status, verdict.reason)
    name = connector_of(verdict.play.model, crm_of(activation.connectors))
    connector = activation.connectors.get(name)
    if connector is None:
        return Preview("excluded", "not_configured", name)
    if not isinstance(connector, TagConnector):
        return Preview("done", None, name, _told(verdict))
    try:
        change = await connector.change(verdict)
    except NotDoneError as error:
        return Preview("excluded", error.reason, name)
    except RefusedError as error:
        return Preview("parked", str(error), name)
    except TryAgainError as error:
        return Preview("waiting", str(error), name)
    return Preview(
        "done", None, name,
        {"record": change.record, "field": change.field, "before": change.before, "after": change.after},
    )  # fmt: skip


def _told(errand: Errand) -> dict[str, Any]:
    found: dict[str, Any] = {"rep": errand.assignment.rep, "message": errand.message}
    audience = errand.parameters.get("audience")
    if audience is not None:
        found["leave" if errand.takes_back else "join"] = audience
    return {name: value for name, value in found.items() if value is not None}
