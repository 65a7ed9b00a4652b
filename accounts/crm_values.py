"""What a CRM's type, lifecycle stage or number of open deals says about an account."""

from __future__ import annotations

from segue.accounts.choices import ChoiceFault, Choices
from segue.accounts.crm_headers import Reads
from segue.accounts.readings import ABSENT, Fault, Reading
from segue.accounts.texts import clean_text, is_absent
from segue.accounts.typed_values import ValueReader, as_text, value_reader
from segue.policies.models.traits import Layer, Trait

_TYPES = Choices(
    {
        "customer": [
            "Customer - Direct", "Customer - Channel", "Customer - Indirect", "Customer - Partner", "Client",
            "Kunde", "Existing Customer", "Current Customer", "Active Customer", "Customer - Active",
        ],
        "no customer": [
            "Prospect", "Lead", "Suspect", "Target", "Interessent", "Partner", "Channel Partner",
            "Channel Partner / Reseller", "Installation Partner", "Technology Partner", "Reseller",
            "Distributor", "Integrator", "Vendor", "Supplier", "Competitor", "Analyst", "Investor", "Press",
            "Former Customer", "Ex-Customer", "Lost Customer", "Past Customer", "Churned",
            "Churned Customer", "Customer - Former", "Customer - Churned",
        ],
        "unstated": ["Other"],
    }
)  # fmt: skip
_STAGES = Choices(
    {
        "customer": ["Evangelist"],
        "no customer": [
            "Subscriber", "Lead", "Marketing Qualified Lead", "MQL", "Sales Qualified Lead", "SQL",
            "Opportunity", "Prospect",
        ],
        "unstated": ["Other"],
    }
)  # fmt: skip
_SAYS = {"customer": True, "no customer": False, "unstated": None}


def special_reader(reads: Reads) -> ValueReader | None:
    """Return the reader of a column that says something by a code of its own, or None for a plain one.

    All give a boolean. A type or stage that is not known is reported and says nothing; "Other" says
    nothing either.
    """
    if reads is Reads.CUSTOMER_TYPE:
        return ValueReader(
            "an account type, such as Customer or Prospect", lambda cell, _: _says(cell, _TYPES)
        )
    if reads is Reads.LIFECYCLE_STAGE:
        return ValueReader(
            "a lifecycle stage, such as customer or lead", lambda cell, _: _says(cell, _STAGES)
        )
    if reads is Reads.OPEN_COUNT:
        count = value_reader("open", Trait(type="integer", layer=Layer.CONTEXTUAL, unit="opportunities"))
        yes = value_reader("open", Trait(type="boolean", layer=Layer.CONTEXTUAL))
        return ValueReader(count.expected, lambda cell, _: _more_than_none(cell, count, yes))
    return None


def _says(cell: object, choices: Choices) -> Reading:
    text = as_text(cell)
    cleaned = None if text is None else clean_text(text)
    if cleaned is None:
        return Reading(fault=Fault.UNREADABLE if text is None else Fault.REFUSED_TEXT)
    if is_absent(cleaned):
        return ABSENT
    found = choices.find(cleaned)
    return Reading(fault=Fault.UNKNOWN_SPELLING) if isinstance(found, ChoiceFault) else Reading(_SAYS[found])


def _more_than_none(cell: object, count: ValueReader, yes: ValueReader) -> Reading:
    found = count.read(cell)
    if isinstance(found.value, int):
        return Reading(found.value > 0)
    return yes.read(cell) if found.fault else found
