from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from segue.activation.connectors.crm import TagConnector
from segue.activation.connectors.hubspot import HubSpot
from segue.activation.connectors.salesforce import OneTrySession, Salesforce
from segue.evals.fakes.hubspot import TOKEN, FakeHubSpot
from segue.evals.fakes.salesforce import INSTANCE, SESSION, Detour, FakeSalesforce
from segue.evals.fakes.server import EMPTY, HTML, Answer
from tests.activation.world import World


@dataclass
class Crm:
    """A fake CRM with its real client."""

    server: FakeHubSpot | FakeSalesforce
    field: str
    website: str

    def connect(self, *, credential: str | None = None, timeout: float = 2.0) -> TagConnector:
        if isinstance(self.server, FakeHubSpot):
            return TagConnector(HubSpot(credential or TOKEN, self.server.url, timeout))
        session = OneTrySession(timeout)
        session.mount("https://", Detour(self.server.url))
        return TagConnector(Salesforce(credential or SESSION, INSTANCE, session))

    def add(self, record: str, domain: str | None, value: str | None = None) -> None:
        """Add a company."""
        if isinstance(self.server, FakeHubSpot):
            found = {"domain": domain, self.field: value}
            self.server.companies[record] = {name: text for name, text in found.items() if text is not None}
        else:
            website = None if domain is None else f"https://www.{domain}/"
            self.server.accounts[record] = {"Website": website, self.field: value}

    def value(self, record: str) -> str | None:
        """The tag of a company."""
        if isinstance(self.server, FakeHubSpot):
            return self.server.companies[record].get(self.field) or None
        found: str | None = self.server.accounts[record][self.field]
        return found


@pytest.fixture(params=["hubspot", "salesforce"])
def crm(request: pytest.FixtureRequest, world: World) -> Iterator[Crm]:
    server: FakeHubSpot | FakeSalesforce
    if request.param == "hubspot":
        server, field = FakeHubSpot(), "segue_segment"
    else:
        server, field = FakeSalesforce(), "Segue_Segment__c"
    with server.running():
        found = Crm(server, field, "")
        connector = found.connect()
        world.connectors = {connector.name: connector}
        yield found


def test_a_tag_is_written_and_cleared(world: World, crm: Crm) -> None:
    crm.add("7", "acme.example")
    made = world.set_off("tag_it")
    world.work()
    found = world.of(made)
    assert found["status"] == "done", found
    assert crm.value("7") == "hot" and found["detail"]["before"] is None and found["detail"]["after"] == "hot"
    again = world.set_off("tag_it")
    world.work()
    assert world.of(again)["status"] == "done" and len(crm.server.written) == 1
    world.know("a1", "acme.example", "Acme", heat=10)
    left = world.set_off("untag_it", moment="exit", transition=world.moved("a1", "hot", "rest"))
    world.work()
    assert world.of(left)["status"] == "done" and crm.value("7") is None


def test_on_leaving_a_segment_the_tag_of_another_stays(world: World, crm: Crm) -> None:
    crm.add("7", "acme.example", "warm")
    world.know("a1", "acme.example", "Acme", heat=40)
    made = world.set_off("untag_it", moment="exit", transition=world.moved("a1", "hot", "warm"))
    world.work()
    assert world.of(made)["status"] == "done" and world.of(made)["detail"]["after"] == "warm"
    assert crm.value("7") == "warm" and crm.server.written == []


def test_an_account_that_is_a_record_of_the_crm_is_that_one(world: World, crm: Crm) -> None:
    record = "12345" if isinstance(crm.server, FakeHubSpot) else "001A00000012345AAA"
    crm.add("7", "acme.example")
    crm.add(record, None)
    world.know(record, "acme.example", "Acme", heat=90)
    made = world.set_off("tag_it", record)
    world.work()
    assert (
        world.of(made)["detail"]["record"] == record and crm.value(record) == "hot" and crm.value("7") is None
    )


@pytest.mark.parametrize(("records", "reason"), [(0, "not_in_crm"), (2, "several_in_crm")])
def test_no_record_is_guessed(world: World, crm: Crm, records: int, reason: str) -> None:
    for number in range(records):
        crm.add(str(number), "acme.example")
    made = world.set_off("tag_it")
    world.work()
    assert (world.of(made)["status"], world.of(made)["reason"]) == ("excluded", reason)
    assert crm.server.written == []


FAULTS: list[Any] = [
    Answer(500), Answer(429, {"message": "slow down"}, {"Retry-After": "1"}), Answer(503, b"<html>"), HTML, EMPTY,
    Answer(200, []), Answer(200, {"results": 1, "records": 1}), Answer(200, b'{"id": '), Answer(hang=4),
    Answer(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FAULTS)))
@pytest.mark.parametrize("call", [0, 1], ids=["find", "write"])
def test_a_fault_of_the_crm_is_tried_again(world: World, crm: Crm, number: int, call: int) -> None:
    fault = FAULTS[number]
    if isinstance(crm.server, FakeHubSpot) and fault.status == 403:
        pytest.skip("a code of Salesforce's")
    crm.add("7", "acme.example")
    connector = crm.connect(timeout=1.0)
    world.connectors = {connector.name: connector}
    crm.server.next_answers = [None] * call + [fault]
    made = world.set_off("tag_it")
    world.work()
    assert (world.of(made)["status"], world.of(made)["attempts"]) == ("waiting", 1), world.of(made)
    world.hurry()
    world.work()
    assert world.of(made)["status"] == "done" and crm.value("7") == "hot", world.of(made)


@pytest.mark.parametrize(
    "answer", [Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), Answer(400, {}), Answer(401, {})]
)
def test_what_the_crm_refuses_is_parked(world: World, crm: Crm, answer: Answer) -> None:
    crm.add("7", "acme.example")
    crm.server.next_answers = [answer]
    made = world.set_off("tag_it")
    world.work()
    found = world.of(made)
    assert found["status"] == "parked" and f"answered {answer.status}" in found["reason"], found


def test_a_credential_that_is_refused_parks(world: World, crm: Crm) -> None:
    connector = crm.connect(credential="another")
    world.connectors = {connector.name: connector}
    made = world.set_off("tag_it")
    world.work()
    assert world.of(made)["status"] == "parked" and "answered 401" in world.of(made)["reason"]
