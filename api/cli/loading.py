"""Packs by name or folder, loaded in order."""

from __future__ import annotations

from collections.abc import Sequence

from segue.policies.load import load_pack
from segue.policies.pack import Pack


def load_packs(names: Sequence[str]) -> list[Pack]:
    """Load packs in order, each able to read the labels of those before it.

    Raises:
        PackError: one of them does not load.
        NotFoundError: a name is neither a folder nor a shipped pack.
    """
    loaded: list[Pack] = []
    for name in names:
        loaded.append(load_pack(name, tuple(loaded)))
    return loaded
