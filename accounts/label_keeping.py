"""How labels are kept right by whoever writes facts: the packs that label, and what labelling needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from segue.accounts.label_changes import Cause, Transition
from segue.accounts.locks import lock_accounts
from segue.accounts.transitions import Defer, relabel
from segue.core.database import Connection
from segue.policies.pack import Pack

Refresh = Callable[[Connection, Sequence[str], Sequence[Pack], datetime], Awaitable[None]]
"""Work out anew what the events of some accounts come to at an instant."""


async def nothing_counted(
    connection: Connection, account_ids: Sequence[str], packs: Sequence[Pack], now: datetime
) -> None:
    """Do nothing: where no trait is counted over events there is nothing to work out."""


@dataclass(frozen=True, slots=True)
class LabelKeeping:
    """The packs under which accounts are labelled, and what that needs of other parts."""

    packs: tuple[Pack, ...]
    defer: Defer
    refresh: Refresh = nothing_counted

    async def relabel(
        self,
        connection: Connection,
        account_ids: Sequence[str],
        now: datetime,
        cause: Cause,
        *,
        set_off: bool = True,
        set_off_first: bool = False,
    ) -> list[Transition]:
        """Label accounts by what is known of them now, their events included, as `transitions.relabel` does."""
        locked = await lock_accounts(connection, account_ids)
        await self.refresh(connection, locked.accounts, self.packs, now)
        return await relabel(
            connection, account_ids, self.packs, now, cause, self.defer,
            set_off=set_off, set_off_first=set_off_first, locked=locked,
        )  # fmt: skip

    def after(
        self, now: datetime, cause: Cause, *, set_off_first: bool = False
    ) -> Callable[[Connection, Sequence[str]], Awaitable[None]]:
        """Return what labels the accounts of a write of facts, in its transaction."""

        async def relabel_written(connection: Connection, account_ids: Sequence[str]) -> None:
            await self.relabel(connection, account_ids, now, cause, set_off_first=set_off_first)

        return relabel_written
