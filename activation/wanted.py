"""Whether what a play of leaving would take back is wanted again, where the account is now."""

from __future__ import annotations

from typing import Any

from segue.accounts.consequence_rows import present_stay
from segue.accounts.effects import overwrites
from segue.activation.consequence import Consequence
from segue.core.database import Connection
from segue.policies.pack import Pack


async def wanted_again(connection: Connection, consequence: Consequence, pack: Pack) -> dict[str, Any] | None:
    """Return which play of the present segment a play of leaving would end what it left behind; None where none.

    Between leaving a segment and taking back what it did, the segment after it may have done the same: joined
    the audience, started the sequence, written the tag. That one's own leaving takes it back.
    """
    if consequence.moment != "exit":
        return None
    found = await present_stay(connection, consequence.account_id, pack.name)
    if found is None or found[0] == consequence.segment:
        return None
    segment, stay = found
    play = next((each for each in sorted(stay.plays) if overwrites(pack, consequence.play, each)), None)
    return None if play is None else {"segment": segment, "play": play}
