"""The target account list over HTTP: proposed, applied, read in decisions that follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.shop import FILES
from tests.service.operations import live_revision
from tests.service.running import Service

ACCOUNT = "seat.example"


@pytest.fixture
def shop(service: Service) -> Iterator[Service]:
    """The service with the shop's pack beside the one that serves."""
    live = live_revision(service)
    revision = service.post("/v1/policies", {"files": dict(FILES)}).json()["revision"]
    made = service.post("/v1/policies:activate", {"packs": [live, revision]})
    assert made.status_code == 200, made.text
    yield service
    assert service.post("/v1/policies:activate", {"packs": [live]}).status_code == 200


def test_a_list_is_proposed_and_applied_over_http(shop: Service) -> None:
    said = [{"trait": "market", "value": "DE", "source": "crm"}]
    assert shop.put(f"/v1/accounts/{ACCOUNT}/traits", {"traits": said}).status_code == 200
    nothing = shop.call("GET", "/v1/target-accounts").json()
    assert (nothing["pack"], nothing["trait"], nothing["artifact"], nothing["seats"]) == (
        "shop",
        "tal",
        None,
        [],
    )
    made = shop.post("/v1/target-accounts:propose", {"pack": "shop"})
    assert made.status_code == 201, made.text
    proposal = made.json()
    assert proposal["supersedes"] is None and proposal["eligible"] == 0, (
        "without cut points no score is known"
    )
    other = shop.post("/v1/target-accounts:apply", {"proposal": proposal["proposal"], "by": "Ana Silva"})
    assert other.status_code == 200, other.text
    again = shop.post("/v1/target-accounts:apply", {"proposal": proposal["proposal"], "by": "Ana Silva"})
    assert again.status_code == 409 and "another was applied meanwhile" in again.json()["detail"]
    listed = shop.call("GET", "/v1/target-accounts?pack=shop&trait=tal").json()
    assert listed["artifact"] == proposal["proposal"] == other.json()["applied"]
    known = shop.call("GET", f"/v1/accounts/{ACCOUNT}").json()
    assert known["ranks"] == {"saas_pipeline": {}, "shop": {"tal": "none"}}
    decided = shop.decide(account=ACCOUNT, surface="crm").json()
    assert decided["policy"]["artifacts"] == {"shop": {"tal": proposal["proposal"]}}
    assert shop.rows(
        "SELECT detail ->> 'by' FROM segue.audit WHERE action = 'apply_target_accounts' ORDER BY audit_id DESC LIMIT 1"
    ) == [("Ana Silva",)]
