"""The buttons under alerts: what a seller did is stored with the rule behind it, and shown where the buttons were."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from segue.accounts.writer import Then
from segue.activation.connectors.alert_buttons import ACTIONS
from segue.agents.overrides import Alert, Answer, Given, Press, alert_of, answer_alert, given_before
from segue.agents.seller_case import Desk
from segue.agents.seller_people import Seller, rep_names, reps_of
from segue.api.slack.answers import stranger_message, unavailable_message
from segue.api.slack.blocks import Message, section
from segue.api.slack.given_words import given_line, given_notice
from segue.api.slack.modals import DAYS, given, reassign_modal, wrong_play_modal
from segue.api.slack.people import People, Person
from segue.core.errors import SegueError

_MORNING = 9


@dataclass(frozen=True, slots=True)
class Place:
    """An alert as it is shown: which, for which time, and where its message is."""

    consequence_id: str
    round: int
    channel: str
    ts: str

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, as a form carries it."""
        return {"id": self.consequence_id, "round": self.round, "channel": self.channel, "ts": self.ts}


class Alerts:
    """Answers the buttons under alerts."""

    def __init__(self, desk: Desk, people: People, then: Callable[[datetime], Then]) -> None:
        self._desk = desk
        self._people = people
        self._then = then
        """What is done about an account whose owner was changed at an instant."""

    async def accept(
        self, *, body: Mapping[str, Any], payload: Mapping[str, Any], client: Any, **_: Any
    ) -> None:
        """Take an alert on."""
        place, _rest = _place(body, payload["value"])
        await self._press(client, body["user"]["id"], place, Answer.ACCEPT)

    async def not_now(
        self, *, body: Mapping[str, Any], payload: Mapping[str, Any], client: Any, **_: Any
    ) -> None:
        """Have an alert shown again later."""
        place, code = _place(body, payload["selected_option"]["value"])
        user = body["user"]["id"]
        person = await self._known(client, user, place)
        if person is not None:
            until = wait_until(code, datetime.now(UTC), person[1].offset)
            await self._press(client, user, place, Answer.NOT_NOW, until=until)

    async def open_reassign(
        self, *, body: Mapping[str, Any], payload: Mapping[str, Any], client: Any, **_: Any
    ) -> None:
        """Open the form that asks who gets the account."""
        place, _rest = _place(body, payload["value"])
        if not await self._may_open(client, body["user"]["id"], place):
            return
        alert, shown = await self._alert(place)
        view = reassign_modal(place.to_json(), shown, self._reps(alert))
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def open_wrong_play(
        self, *, body: Mapping[str, Any], payload: Mapping[str, Any], client: Any, **_: Any
    ) -> None:
        """Open the form that asks why the play is wrong."""
        place, _rest = _place(body, payload["value"])
        if not await self._may_open(client, body["user"]["id"], place):
            return
        _alert, shown = await self._alert(place)
        await client.views_open(trigger_id=body["trigger_id"], view=wrong_play_modal(place.to_json(), shown))

    async def reassign(
        self, *, body: Mapping[str, Any], payload: Mapping[str, Any], client: Any, **_: Any
    ) -> None:
        """Give an account to the rep of the form, and hold it there."""
        said = given(payload)
        days = int(said["days"]) if said.get("days") in DAYS else 90
        await self._press(
            client, body["user"]["id"], _place_of(payload), Answer.REASSIGN, owner=said.get("owner"),
            note=said.get("note"), until=datetime.now(UTC) + timedelta(days=days),
        )  # fmt: skip

    async def wrong_play(
        self, *, body: Mapping[str, Any], payload: Mapping[str, Any], client: Any, **_: Any
    ) -> None:
        """Note that a play is wrong, and why."""
        said = given(payload)
        await self._press(
            client, body["user"]["id"], _place_of(payload), Answer.WRONG_PLAY, reason=said.get("reason"),
            note=said.get("note"),
        )  # fmt: skip

    async def _may_open(self, client: Any, user: str, place: Place) -> bool:
        """Return True for a seller, of an alert that nobody has answered; whoever may not is told."""
        if await self._known(client, user, place) is None:
            return False
        before = await given_before(self._desk.database, place.consequence_id, place.round)
        if before is None:
            return True
        await self._tell(client, user, place, given_notice(before, self._names()))
        return False

    async def _press(self, client: Any, user: str, place: Place, answer: Answer, **more: Any) -> None:
        person = await self._known(client, user, place)
        if person is None:
            return
        now = datetime.now(UTC)
        press = Press(place.consequence_id, place.round, answer, person[0].email, f"slack:{user}", **more)
        try:
            found = await answer_alert(self._desk.database, press, now, self._then(now))
        except SegueError:
            await self._tell(client, user, place, unavailable_message())
            raise
        if not found.first:
            await self._tell(client, user, place, given_notice(found, self._names()))
        await self._show(client, place, found)

    async def _show(self, client: Any, place: Place, found: Given) -> None:
        """Put what was done in the place of the buttons."""
        async with self._desk.database.connection() as connection:
            alert = await alert_of(connection, place.consequence_id)
        line = given_line(found, self._names())
        blocks = [each for each in alert.told.get("blocks", ()) if each.get("block_id") != ACTIONS]
        await client.chat_update(
            channel=place.channel, ts=place.ts, text=str(alert.told.get("text") or "An alert"),
            blocks=[*blocks[:48], section(line)],
        )  # fmt: skip

    async def _known(self, client: Any, user: str, place: Place) -> tuple[Seller, Person] | None:
        """Return the seller that somebody is; a stranger is told, and stores nothing."""
        seller, person = await self._people.seller(client, user)
        if seller is not None:
            return seller, person
        await self._tell(client, user, place, stranger_message())
        return None

    async def _tell(self, client: Any, user: str, place: Place, found: Message) -> None:
        await client.chat_postEphemeral(
            channel=place.channel, user=user, text=found.text, blocks=found.blocks
        )

    async def _alert(self, place: Place) -> tuple[Alert, str]:
        """Return an alert, and what its account is called."""
        async with self._desk.database.connection() as connection:
            alert = await alert_of(connection, place.consequence_id)
            cursor = await connection.execute(
                "SELECT coalesce(name, domain, account_id) FROM segue.accounts WHERE account_id = %s",
                (alert.account_id,),
            )
            row = await cursor.fetchone()
        return alert, row[0] if row else alert.account_id

    def _reps(self, alert: Alert) -> list[tuple[str, str]]:
        """Return the reps of the pod that the alert was for first, then all others, without the one who has it."""
        packs, names = self._desk.packs, self._names()
        mine = alert.told.get("rep")
        of_pod = alert.told.get("pod") or next(
            (pod.pod for pod, rep in reps_of(packs) if rep.rep == mine), None
        )
        first = [rep.rep for pod, rep in reps_of(packs) if pod.pod == of_pod]
        every = dict.fromkeys((*first, *(rep.rep for _, rep in reps_of(packs))))
        return [(rep, names[rep]) for rep in every if rep != mine]

    def _names(self) -> dict[str, str]:
        return rep_names(self._desk.packs)


def wait_until(code: str, now: datetime, offset: int) -> datetime:
    """Return when an alert comes again, by the seller's own clock: mornings are at nine."""
    if code == "2h":
        return now + timedelta(hours=2)
    here = now.astimezone(timezone(timedelta(seconds=offset)))
    morning = here.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    if code == "monday":
        return morning + timedelta(days=7 - here.weekday())
    if code == "2w":
        return morning + timedelta(days=14)
    return morning + timedelta(days=1)


def _place(body: Mapping[str, Any], value: str) -> tuple[Place, str]:
    """Return which alert a button is of, and what else the value holds."""
    consequence_id, round_, *rest = value.split(":")
    held = body.get("container") or {}
    channel = held.get("channel_id") or body["channel"]["id"]
    ts = held.get("message_ts") or body["message"]["ts"]
    return Place(consequence_id, int(round_), channel, ts), rest[0] if rest else ""


def _place_of(view: Mapping[str, Any]) -> Place:
    held = json.loads(view["private_metadata"])
    return Place(held["id"], int(held["round"]), held["channel"], held["ts"])
