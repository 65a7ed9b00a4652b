"""A CRM's export over HTTP: the same accounts with the same labels as from `segue import` and `segue decide`.

In CI some twenty accounts are compared, spread over the file; with `SEGUE_TEST_LONG=1` every one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.evals.samples.salesforce_export import AS_OF, write_salesforce_export
from tests.api.conftest import Segue, segue
from tests.service.running import Service, replica

__all__ = ["segue"]


@pytest.fixture
def service(store_url: str, tmp_path: Path) -> Iterator[Service]:
    """A replica over a store that never took an event, as a file alone never did."""
    with replica(store_url, tmp_path / "replica") as found:
        for kind in ("secret", "write"):
            _, found.keys[kind] = found.new_key(kind)
        found.heard_of(found.keys["write"])
        yield found


def test_a_salesforce_export_of_two_thousand_accounts(service: Service, segue: Segue, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    write_salesforce_export(export, as_of=AS_OF, broken=True)
    found = service.call(
        "POST", "/v1/accounts:import?filename=export.csv&pack=saas_pipeline&source=crm",
        content=export.read_bytes(), key="write",
    )  # fmt: skip
    assert found.status_code == 200, found.text
    report = json.loads(segue("import", str(export), "--pack", "saas_pipeline", "--json").out)
    assert (found.json()["rows"], found.json()["written"]) == (report["rows_read"], report["rows_written"])
    assert found.json()["written"] > 1_950
    told = found.json()["report"]
    assert told["rows_rejected"] == report["rows_rejected"] > 0 and told["fields"] == report["fields"]
    assert not {"source", "target", "problems_file"} & told.keys()
    ids = service.rows(
        "SELECT account_id FROM segue.accounts WHERE traits ? 'industry' AND starts_with(account_id, '001') ORDER BY 1"
    )
    every = ids if "SEGUE_TEST_LONG" in os.environ else ids[:: len(ids) // 20]
    segments = set()
    for (account,) in every:
        said = json.loads(
            segue("decide", account, "--pack", "saas_pipeline", "--surface", "chat", "--json").out
        )
        asked = service.decide(account=account, dry_run=True).json()
        stored = service.call("GET", f"/v1/accounts/{account}").json()["labels"]["saas_pipeline"]
        label = asked["labels"]["saas_pipeline"]
        assert label == said["labels"]["saas_pipeline"], account
        assert (stored["segment"], stored["status"], stored["missing"]) == (
            label["segment"],
            label["status"],
            label["missing"],
        )
        segments.add(label["segment"])
    assert len(every) >= 20 and len(segments) >= 3
