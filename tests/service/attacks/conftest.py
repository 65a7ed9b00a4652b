"""One replica for all attacks: with the obedient model, a fake Slack, and keys of every kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.evals.conversations.corpora import published_attacks
from segue.evals.conversations.orders import Orders
from segue.evals.fakes.slack import SIGNING_SECRET, TOKEN, FakeSlack
from segue.policies.load import load_pack
from tests.core.databases import maker
from tests.service.attacks.world import OWN, World, know_secret, obedient_model
from tests.service.running import replica

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "segue-tests" / "wheels"
SECRET = "a-secret-that-a-backend-shares-with-us"
PEOPLE = {"mei.tan": "U2", "avery.cole": "U3", "jordan.reyes": "U4", "stranger": "U9"}
SETTINGS = {
    "SEGUE_RATE_ADDRESS": "1000000/minute", "SEGUE_RATE_PUBLISHABLE": "1000000/minute", "SEGUE_IDENTITY_SECRET": SECRET,
    "OPENAI_API_KEY": "k", "SEGUE_MODEL_BUDGET_MS": "15000", "SEGUE_MODEL_CACHE_ENTRIES": "0",
    "SEGUE_MODEL_TOKENS_A_DAY": "1000000000000", "SEGUE_MODEL_COST_A_DAY": "1000000000",
    "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET, "SEGUE_SLACK_CHANNEL": "C0",
    "SEGUE_SLACK_SUMMARY": "",
}  # fmt: skip


@pytest.fixture(scope="session")
def world(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The service, the strings and the account that they are to learn nothing of."""
    try:
        published = published_attacks(CACHE)
    except OSError as error:
        pytest.skip(str(error))
    orders, slack = Orders([*OWN, *published]), FakeSlack(**PEOPLE)
    for make in maker(server_url, template):
        with obedient_model(orders) as url, slack.running(), replica(
            make(), tmp_path_factory.mktemp("attacks"), OPENAI_BASE_URL=url, SEGUE_SLACK_URL=f"{slack.url}/api/",
            **SETTINGS,
        ) as service:  # fmt: skip
            for kind in ("secret", "write", "publishable"):
                _, service.keys[kind] = service.new_key(kind)
            for secret in service.keys.values():
                service.heard_of(secret)
            know_secret(service)
            yield World(service, slack, orders, published, load_pack("saas_pipeline"))
