"""Kills and stops while Segment's client sends, in short; the long form is `python -P -m segue.evals.live_crashes`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from segue.core.private_server import PrivateServer
from segue.core.server_places import server_folder
from segue.evals.live_crashes import __main__ as command
from segue.evals.live_crashes.consequence_evidence import ConsequenceEvidence, read_consequence_evidence
from segue.evals.live_crashes.event_evidence import EventEvidence, read_event_evidence
from segue.evals.live_crashes.report import as_json, lines
from segue.evals.live_crashes.trials import LiveResult, Plan, run
from segue.policies.load import load_pack

pytestmark = pytest.mark.trial

PLAN = Plan(kills=1, stops=1, accounts=24, pace=100.0, load_for=(0.3, 0.8), passes=1, unaided=False)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder outside of pytest's own: as root the server is another user."""
    with tempfile.TemporaryDirectory(prefix="segue-test-") as found:
        yield Path(found)


@pytest.fixture(scope="module")
def killed(folder: Path) -> LiveResult:
    return run(PLAN, folder)


@pytest.fixture(scope="module")
def store(folder: Path, killed: LiveResult) -> Iterator[str]:
    """What is left of the run, with PostgreSQL alone over it."""
    server = PrivateServer(server_folder(folder))
    try:
        yield server.start()
    finally:
        server.stop()


def test_nothing_is_lost_and_nothing_doubled(killed: LiveResult) -> None:
    assert killed.kept, "\n".join(lines(killed))
    assert killed.sent.cut > 0 and len(killed.sent.answered) > 100
    assert killed.consequences.moves > 10 and killed.consequences.by_status["done"] > 10


def test_the_report_says_what_was_promised_and_what_was_not_kept(killed: LiveResult) -> None:
    told = "\n".join(lines(killed))
    assert "1 kill of the service and 1 immediate stop" in told and "BROKEN" not in told
    assert as_json(killed)["kept"] is True
    worse = replace(
        killed, events=replace(killed.events, lost=3), consequences=replace(killed.consequences, two_ids=1)
    )
    assert "BROKEN  no answered event is lost: 3" in "\n".join(lines(worse)) and not worse.kept
    assert as_json(worse)["consequences"]["broken"] == 1


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_command_says_by_its_exit_code_whether_all_was_kept(
    killed: LiveResult, form: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for found, code in ((killed, 0), (replace(killed, ended=False), 1)):
        monkeypatch.setattr(command, "run", lambda plan, folder, found=found: found)
        assert command.main(["--kills", "2", "--stops", "1", *form]) == code
        told = capsys.readouterr().out
        assert json.loads(told)["kept"] is (code == 0) if form else ("BROKEN" in told) is bool(code)


TAMPERED = (
    ("lost", "DELETE FROM segue.events WHERE message_id = (SELECT min(message_id) FROM segue.events)"),
    (
        "unsent",
        "INSERT INTO segue.events (source, message_id, kind, at) SELECT min(source), 'other', 'page', now() FROM segue.events",
    ),
    (
        "marked",
        "UPDATE segue.events SET mark = 'bot' WHERE message_id = (SELECT max(message_id) FROM segue.events)",
    ),
)


def test_the_evidence_of_events_finds_what_is_wrong(killed: LiveResult, store: str) -> None:
    pack = load_pack("saas_pipeline")

    def read() -> EventEvidence:
        return read_event_evidence(store, killed.key, killed.sent, pack)

    assert (read().lost, read().miscounted, read().mislabelled) == (0, (), ())
    for field, query in TAMPERED:
        change(store, query)
        assert getattr(read(), field) == 1, field
    change(store, "UPDATE segue.labels SET segment = CASE segment WHEN 'customer' THEN 'unpaid' ELSE 'customer' END"
                  " WHERE account_id = (SELECT min(account_id) FROM segue.labels)")  # fmt: skip
    assert len(read().mislabelled) == 1
    change(store, "UPDATE segue.accounts SET event_traits = (SELECT jsonb_object_agg(key, to_jsonb(777)) FROM"
                  " jsonb_object_keys(event_traits) AS key), event_traits_at = now(), event_traits_until = NULL"
                  " WHERE account_id = (SELECT min(account_id) FROM segue.accounts WHERE event_traits IS NOT NULL)")  # fmt: skip
    assert "777" in "".join(read().miscounted)


def test_the_evidence_of_consequences_finds_what_is_wrong(killed: LiveResult, store: str) -> None:
    pack, told = load_pack("saas_pipeline"), killed.told

    def read() -> ConsequenceEvidence:
        return read_consequence_evidence(store, told, pack)

    before = read()
    webhook = next(iter(told.by_webhook()))
    same = "SELECT {id}, transition_id, account_id, pack, revision, segment, play, moment, due_at, {status}, detail"
    columns = "consequence_id, transition_id, account_id, pack, revision, segment, play, moment, due_at, status, detail"
    change(store, f"INSERT INTO segue.consequences ({columns}) "
           + same.format(id="gen_random_uuid()", status="'waiting'")
           + f" FROM segue.consequences WHERE consequence_id = '{webhook}'")  # fmt: skip
    assert (read().twice, read().unfinished) == (before.twice + 1, 1)
    change(store, "DELETE FROM segue.consequences WHERE status = 'waiting'")
    change(
        store,
        f"UPDATE segue.consequences SET consequence_id = gen_random_uuid() WHERE consequence_id = '{webhook}'",
    )
    assert (read().unknown_ids, read().unheard) == (1, 1)
    change(
        store,
        "INSERT INTO segue.deliveries SELECT deliveries.* FROM segue.deliveries JOIN segue.consequences ON consequence_id = decision_id LIMIT 1",
    )
    assert read().miscounted == 1
    change(
        store,
        "DELETE FROM segue.consequences WHERE transition_id = (SELECT min(transition_id) FROM segue.consequences)",
    )
    assert read().missing > 0
    change(store, "UPDATE segue.transitions SET from_segment = 'customer' WHERE transition_id ="
                  " (SELECT max(transition_id) FROM segue.transitions WHERE from_segment <> to_segment"
                  " AND account_id > (SELECT min(account_id) FROM segue.labels))")  # fmt: skip
    assert read().broken_chains == before.broken_chains + 1
    asked = told.webhooks.asked[-1]
    told.webhooks.asked += [asked, replace(asked, body=b"{}")]
    assert (read().two_bodies, read().repeated_webhooks) == (1, before.repeated_webhooks + 2)


def change(store: str, query: str) -> Any:
    with psycopg.connect(store) as connection:
        assert connection.execute(query.encode()).rowcount > 0
