"""Store what somebody said of consent, unless they were erased and have not agreed to anything since."""

from __future__ import annotations

from collections.abc import Sequence

from segue.accounts.consent import Consent, ConsentState, store_consents
from segue.accounts.erased import forgotten, refused
from segue.core.database import Database


async def put_consents(database: Database, consents: Sequence[Consent]) -> int:
    """Store what a caller who may say so said of one subject; return how much was stored.

    Somebody who was erased and agrees to something anew is taken in again. What they deny needs no row:
    of who was erased nothing is read or stored.
    """
    agreed = any(each.state is ConsentState.GRANTED for each in consents)
    subjects = {each.subject for each in consents}
    async with database.transaction() as connection:
        gone = await refused(connection, subjects)
        if gone and not agreed:
            return 0
        if gone:
            await forgotten(connection, gone)
        await store_consents(connection, consents)
    return len(consents)
