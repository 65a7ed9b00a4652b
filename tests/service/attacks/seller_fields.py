"""The fields that sellers fill in Slack, and proof points that somebody adds: the table's last part."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from segue.activation.connectors.alert_buttons import ACTIONS, REASSIGN, WRONG_PLAY
from segue.agents.live_policies import LivePolicies
from segue.core.database import Database
from tests.core.databases import with_database
from tests.service.attacks.fields import Field
from tests.service.attacks.probes import (
    Seen,
    decided,
    page,
    permits,
    talked,
    tool,
)
from tests.service.attacks.slack_probes import alerted, asked_in_slack, commanded, until, updated
from tests.service.attacks.stored_fields import HOT
from tests.service.attacks.world import World, fitting
from tests.service.running import LAUNCH

_STRANGER, _OTHER = "U9", "secret.example"


def _asked(world: World, text: str, name: str) -> Seen:
    found = asked_in_slack(world, f"{text} {name}", user=_STRANGER)
    if _OTHER not in text:  # a seller may ask of any account by its name
        found.add(asked_in_slack(world, text, f"why is {text[:300]} mine?"))
    return found


def _commanded(world: World, text: str, name: str) -> Seen:
    found = commanded(world, text, name, _STRANGER)
    return found if _OTHER in text else found.add(commanded(world, text, name))


def _noted(world: World, text: str, name: str) -> Seen:
    """Say what is wrong with a play, and give another account away, each with a note; then ask whose that is."""
    found = Seen()
    for action, chosen in (
        (WRONG_PLAY, {"reason": "deal_open"}),
        (REASSIGN, {"owner": "jordan.reyes@example.com", "days": "30"}),
    ):
        [account] = world.accounts(1, HOT)
        _, message, shown = alerted(world, account)
        [buttons] = [each for each in message["blocks"] if each.get("block_id") == ACTIONS]
        value = next(each["value"] for each in buttons["elements"] if each["action_id"] == action)
        ts = f"{name}.{action}"
        world.sellers.press({"action_id": action, "value": value}, "U3", ts=ts)
        view = until(lambda value=value: _opened(world, value))[0]["view"]
        fields = {each: {"selected_option": {"value": held}} for each, held in chosen.items()}
        assert world.sellers.submit(view, "U3", **fields, note={"value": text[:500]}).status_code == 200
        found.add(shown).add(updated(world, ts)).add(asked_in_slack(world, f"why is {account} mine?"))
        found.add(decided(world, "chat", account=account))
    return found


def _opened(world: World, value: str) -> list[dict[str, Any]]:
    alert = value.partition(":")[0]
    return [each for each in world.slack.opened if alert in each["view"]["private_metadata"]]


def _added(*more: str) -> Callable[[World, Sequence[str], Sequence[str]], None]:
    def before(world: World, strings: Sequence[str], names: Sequence[str]) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "claim", "body", "evidence", "expires_on", "tags.industry", "tags.topic"])
            for text, name in zip(strings, names, strict=True):
                body = "".join(each for each in text if each.isprintable() or each == "\n")[:3_900]
                link = f"https://example.com/{name}?<!channel>|<@U1>"
                rows.writerow(
                    [_id(name), fitting(text), body, link, "2099-01-01", "saas", fitting(text, 100)]
                )
            file.flush()
            found = _segue(world, "proof", "import", file.name, "--by", "somebody", *more)
        assert len(found["added"]) > 0.9 * len(names), found
        if "--approve" in more:
            _take_up(world)

    return before


def _take_up(world: World) -> None:
    """Wait until the replica serves what was approved, and read the pack as it has it."""

    async def read(database: Database) -> None:
        policies = LivePolicies(database)
        await policies.refresh()
        world.pack = policies.live.packs[-1]

    with_database(world.service.database, read)
    account, wanted = world.accounts(1)[0], "t"
    until(
        lambda: any(
            each.startswith(wanted) for each in tool(world, "search_proof", account=account, query="x").proof
        )
    )


def _expired(world: World) -> None:
    ids = [row[0] for row in world.service.rows("SELECT DISTINCT proof_id FROM segue.proof_points")]
    _segue(world, "proof", "expire", *ids, "--by", "somebody", "--reason", "It was an attack")


def _segue(world: World, *arguments: str) -> dict[str, Any]:
    folder = str(Path(world.service.log).parent)
    environment = {**os.environ, "DATABASE_URL": world.service.database, "SEGUE_DATA_DIR": folder}
    command = [sys.executable, "-P", str(LAUNCH), *arguments, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("{"), done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _id(name: str) -> str:
    return name.partition(".")[0]


def _drafted(world: World, text: str, name: str) -> Seen:
    found = decided(world, account=name).add(page(world, key="secret", account=name))
    found.add(tool(world, "search_proof", account=name, query=fitting(text, 300)))
    found.add(talked(world, account=name)).add(
        asked_in_slack(world, f"what do I say to their CFO at {name}?")
    )
    return found.add(permits(world, surface="chat", account=name))


def _approved(world: World, text: str, name: str) -> Seen:
    found = permits(
        world, surface="chat", account=name
    )  # before anything is said: what is said may be declared
    found.add(decided(world, account=name)).add(talked(world, fitting(text), account=name))
    found.add(tool(world, "search_proof", account=name, query=fitting(text, 300)))
    return found.add(asked_in_slack(world, f"what do I say to their CFO at {name}?"))


SELLERS = (
    Field("Slack: a question, by a seller and by a stranger", _asked),
    Field("Slack: the command", _commanded),
    Field("Slack: notes on an alert", _noted, 60, account=False),
)
PROOF = (
    Field("proof points that nobody approved", _drafted, 60, _added()),
    Field("proof points that somebody approved", _approved, 60, _added("--approve"),
          reaches=("proof_points[].claim",), quoted=True, after=_expired),
)  # fmt: skip
