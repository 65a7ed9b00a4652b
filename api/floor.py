"""The floor that `make bench` holds the service against: an endpoint with the same models that does nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from segue.agents.decide import decide as make_decision
from segue.agents.decision import Explain
from segue.agents.page_flags import FLAGS, empty_value
from segue.agents.snapshot import take_snapshot
from segue.api.models import DecisionIn, DecisionOut
from segue.api.models.ofrep import ANSWERED, FlagsOut
from segue.policies.facts import Account
from segue.policies.load import load_pack


def create_app() -> FastAPI:
    """Return the empty service: it takes what two operations take and gives one ready answer of their kind each."""
    app = FastAPI()
    answer = _answer()
    one = ANSWERED["flags"][0]
    page = {**ANSWERED, "flags": [{**one, "key": key, "value": empty_value(key)} for key in FLAGS]}

    @app.post("/ofrep/v1/evaluate/flags", response_model=FlagsOut)
    async def evaluate(asked: dict[str, Any]) -> Any:  # noqa: ARG001 - read, not used
        return page

    @app.post("/v1/decisions", response_model=DecisionOut, response_model_exclude_unset=True)
    async def decide(asked: DecisionIn) -> Any:  # noqa: ARG001 - read and checked, not used
        return answer

    return app


def _answer() -> dict[str, Any]:
    facts = {"employees": 800, "industry": "saas", "country": "US", "tech": ["salesforce"], "intent": 72}
    snapshot = take_snapshot(
        [load_pack("saas_pipeline")],
        Account("acc_1", "acme.example", "Acme"),
        "chat",
        datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        account_facts=facts,
        contact={"persona": "ciso"},
    )
    return make_decision(snapshot).to_json(Explain.SHORT)
