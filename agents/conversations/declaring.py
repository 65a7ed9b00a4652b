"""Keep what was said of a company with its account: as what it declares, and labelled anew in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from segue.accounts.declared import SOURCE, Declared
from segue.accounts.label_changes import Cause
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.reader import AccountKey, AccountReader
from segue.accounts.writer import TraitValue, put_traits
from segue.agents.merging_by_hand import row_of
from segue.core.database import Database


class Declaring:
    """Stores declared traits of accounts that are known; nobody becomes an account by talking."""

    def __init__(self, database: Database, reader: AccountReader, labels: Callable[[], LabelKeeping]) -> None:
        self._database = database
        self._reader = reader
        self._labels = labels

    async def keep(self, account: AccountKey, said: Sequence[Declared], now: datetime) -> bool:
        """Store what is declared, and return whether the account is known.

        Raises:
            UnavailableError: the database does not answer, or no policy is active.
        """
        stored = await self._reader.read(account)
        if not stored.known:
            return False
        values = [TraitValue(each.trait, each.value, SOURCE, each.at, each.confidence) for each in said]
        relabelled = self._labels().after(now, Cause.TRAITS, set_off_first=True)
        await put_traits(self._database, row_of(stored), account.domain, values, relabelled)
        return True
