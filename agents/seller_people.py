"""Who asks: the sellers of this deployment, known by their address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segue.core.database import Connection
from segue.policies.models.routing import Pod, Rep
from segue.policies.pack import Pack

_OWNS = """
SELECT coalesce(
    (SELECT owner FROM segue.accounts WHERE lower(owner) = %(email)s LIMIT 1),
    (SELECT open_opportunity_owner FROM segue.accounts WHERE lower(open_opportunity_owner) = %(email)s LIMIT 1),
    (SELECT value FROM segue.pins WHERE kind = 'owner' AND lower(value) = %(email)s AND expires_at > now() LIMIT 1)
)
"""


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody who may ask."""

    email: str
    """As the routing or the accounts spell it."""
    name: str
    pods: tuple[str, ...] = ()
    """The pods in which they are, by their names."""


async def seller_of(connection: Connection, packs: Sequence[Pack], email: str) -> Seller | None:
    """Return the seller of an address: a rep of the routing, or an owner of accounts; None for anybody else."""
    wanted = email.strip().casefold()
    found = [(pod, rep) for pod, rep in reps_of(packs) if rep.rep.casefold() == wanted]
    if found:
        first = found[0][1]
        pods = tuple(dict.fromkeys(pod.pod for pod, _ in found))
        return Seller(first.rep, first.name or name_of(first.rep), pods)
    cursor = await connection.execute(_OWNS, {"email": wanted})
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else Seller(row[0], name_of(row[0]))


def reps_of(packs: Sequence[Pack]) -> Iterator[tuple[Pod, Rep]]:
    """Give every rep of the packs' routing with their pod, the last pack's first: it decides."""
    for pack in reversed(packs):
        for pod in pack.routing.pods if pack.routing else ():
            for rep in pod.reps:
                yield pod, rep


def rep_names(packs: Sequence[Pack]) -> dict[str, str]:
    """Return what the reps are called, by their address."""
    found: dict[str, str] = {}
    for _, rep in reps_of(packs):
        found.setdefault(rep.rep, rep.name or name_of(rep.rep))
    return found


def name_of(email: str) -> str:
    """Return what an address says of a name: `dana.whitlock@example.com` gives `Dana Whitlock`."""
    local = email.partition("@")[0]
    return " ".join(
        part.capitalize() for part in local.replace("_", ".").replace("-", ".").split(".") if part
    )
