"""What an account file holds besides traits: who the account is, and what tells duplicates apart."""

from __future__ import annotations

from segue.policies.models.traits import Layer, Trait

IDENTITY = ("account_id", "domain", "name", "owner", "parent", "website", "open_opportunity_owner")
"""Columns of the account file that say who the account is and whose it is. All are text."""

BOOKKEEPING = ("row", "duplicate_of", "as_of")
"""Columns of the account file that the import writes. No trait may have one of these names, nor of
`IDENTITY` unless it is a text and means the same."""

EMAIL = "email"
"""An address of somebody there: it gives a domain where neither domain nor website does."""

CURRENCY = "currency"
"""The currency of a row's amounts, where a CRM keeps it in a column of its own."""

SUPPORT: dict[str, Trait] = {
    "country": Trait(type="text", layer=Layer.FIRMOGRAPHIC),
    "has_open_opportunity": Trait(type="boolean", layer=Layer.CONTEXTUAL),
    "last_activity": Trait(type="timestamp", layer=Layer.CONTEXTUAL),
    "created": Trait(type="timestamp", layer=Layer.CONTEXTUAL),
}
"""Read for the tie-break between duplicates even where the pack declares no such trait."""
