"""What sellers are told in Slack of what was planted: answers, alerts, and messages that change."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from segue.evals.fakes.slack import form_body
from tests.service.attacks.probes import Seen
from tests.service.attacks.world import World, everything
from tests.service.slack.world import set_off

_PATIENCE = 60
"""Seconds: what other rows set off may stand before it in the queue."""


def asked_in_slack(world: World, *texts: str, user: str = "U3") -> Seen:
    """Ask in Slack by the assistant, each question in a thread of its own."""
    found = Seen()
    for text in texts:
        thread = f"{time.time_ns() / 1e9:.9f}"
        event = {
            "type": "message", "channel": f"D{user[1:]}", "channel_type": "im", "user": user, "text": text,
            "ts": thread, "thread_ts": thread,
        }  # fmt: skip
        assert world.sellers.event(event).status_code == 200
        found.add(_posted(until(partial(_in_thread, world, thread))[0]))
    return found


def commanded(world: World, text: str, name: str, user: str = "U3") -> Seen:
    """Give the slash command, and take the answer from where it is sent."""
    place = f"/response/{name}-{user}"
    fields = {
        "command": "/segue", "text": text, "user_id": user, "channel_id": "C9", "team_id": "T1",
        "response_url": world.slack.url + place, "trigger_id": name,
    }  # fmt: skip
    assert world.sellers.send(*form_body(fields)).status_code == 200
    return _posted(until(lambda: [each.json for each in world.slack.asked if each.path == place])[0])


def _in_thread(world: World, thread: str) -> list[dict[str, Any]]:
    return [each for each in world.slack.posted if each.get("thread_ts") == thread]


def _posted(message: dict[str, Any]) -> Seen:
    return Seen(turns=1, sellers=[message], whole=[everything(message)])


def alerted(world: World, account: str) -> tuple[str, dict[str, Any], Seen]:
    """Have an alert sent of an account; return its id, the message, and what it showed."""
    consequence_id = set_off(world.service, account, "alert_owner")
    done = "SELECT 1 FROM segue.consequences WHERE consequence_id = %s AND status = 'done'"
    until(lambda: world.service.rows(done, consequence_id))
    [message] = [each for each in world.slack.posted if each.get("client_msg_id") == consequence_id]
    return consequence_id, message, _posted(message)


def updated(world: World, ts: str) -> Seen:
    """Wait until the message of a time was changed, and return how."""
    return _posted(until(lambda: [each for each in world.slack.updated if each["ts"] == ts])[-1])


def until(look: Any) -> Any:
    """Wait until there is something, and return it."""
    end = time.monotonic() + _PATIENCE
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found
