"""A service with the Slack assistant, a fake Slack, and sellers with accounts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.evals.fakes.slack import SIGNING_SECRET, TOKEN, FakeSlack
from tests.core.databases import maker
from tests.service.running import replica
from tests.service.slack.world import Sellers, know_accounts


@pytest.fixture(scope="session")
def sellers(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sellers]:
    """A replica over a store of its own, whose Slack is the fake."""
    slack = FakeSlack(
        **{
            "mei.tan": "U2",
            "avery.cole": "U3",
            "jordan.reyes": "U4",
            "sam.okafor": "U5",
            "stranger": "U9",
        }
    )
    folder: Path = tmp_path_factory.mktemp("slack")
    for make in maker(server_url, template):
        with slack.running(), replica(
            make(), folder, SLACK_BOT_TOKEN=TOKEN, SLACK_SIGNING_SECRET=SIGNING_SECRET,
            SEGUE_SLACK_URL=f"{slack.url}/api/", SEGUE_SLACK_CHANNEL="C0", SEGUE_SLACK_SUMMARY="", SEGUE_SLACK_POD_CHANNELS="us=C1",
        ) as service:  # fmt: skip
            _, service.keys["secret"] = service.new_key("secret")
            service.heard_of(service.keys["secret"])
            know_accounts(service)
            yield Sellers(service, slack)
