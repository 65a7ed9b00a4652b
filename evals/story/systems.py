"""The systems that the story's service tells: stand-ins on this machine, to which the vendors' clients talk."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from segue.evals.fakes.hubspot import TOKEN as HUBSPOT_TOKEN
from segue.evals.fakes.hubspot import FakeHubSpot
from segue.evals.fakes.slack import TOKEN as SLACK_TOKEN
from segue.evals.fakes.slack import FakeSlack

if TYPE_CHECKING:
    from segue.evals.fakes.receiver import Receiver

OWNER, OWNER_IN_SLACK = "avery.cole@example.com", "UAVERY"
DOMAIN, NAME, RECORD = "northwind-robotics.com", "Northwind Robotics", "77"
FIELD = "segue_segment"
"""The property of a company in HubSpot that holds the segment."""

_LIBRARIES = {
    "slack": ("slack_sdk", "aiohttp"), "hubspot": ("hubspot",), "webhook": ("standardwebhooks",),
}  # fmt: skip
_NOBODY = (
    "SLACK_BOT_TOKEN", "HUBSPOT_ACCESS_TOKEN", "SALESFORCE_INSTANCE_URL", "SALESFORCE_SESSION_ID",
    "SEGUE_WEBHOOK_URL", "SEGUE_WEBHOOK_SECRET",
)  # fmt: skip
"""What would let the service reach somebody's real systems."""


@dataclass
class Systems:
    """A Slack that knows the owner, a HubSpot that knows the company, and a receiver of signed webhooks.

    None of them is there whose client is not installed.
    """

    slack: FakeSlack | None = None
    hubspot: FakeHubSpot | None = None
    webhooks: Receiver | None = None
    missing: list[str] = field(default_factory=list)
    """The extras of Segue that are not installed."""

    @classmethod
    def started(cls, stack: ExitStack) -> Systems:
        """Start what can be; it runs until the stack is closed."""
        found = cls()
        found.missing = [extra for extra, modules in _LIBRARIES.items() if not all(map(find_spec, modules))]
        if "slack" not in found.missing:
            found.slack = FakeSlack(**{OWNER.partition("@")[0]: OWNER_IN_SLACK})
            stack.enter_context(found.slack.running())
        if "hubspot" not in found.missing:
            found.hubspot = FakeHubSpot()
            found.hubspot.companies[RECORD] = {"domain": DOMAIN, "name": NAME}
            stack.enter_context(found.hubspot.running())
        if "webhook" not in found.missing:
            from segue.evals.fakes.receiver import Receiver

            found.webhooks = Receiver()
            stack.enter_context(found.webhooks.running())
        return found

    def settings(self) -> dict[str, str]:
        """Return the variables by which a service tells these systems, and no others."""
        found: dict[str, str] = {name: "" for name in _NOBODY}  # noqa: C420 - of any text, not of these alone
        if self.slack is not None:
            found |= {"SLACK_BOT_TOKEN": SLACK_TOKEN, "SEGUE_SLACK_URL": f"{self.slack.url}/api/"}
        if self.hubspot is not None:
            found |= {"HUBSPOT_ACCESS_TOKEN": HUBSPOT_TOKEN, "SEGUE_HUBSPOT_URL": self.hubspot.url}
        if self.webhooks is not None:
            from segue.evals.fakes.receiver import SECRET

            found |= {
                "SEGUE_WEBHOOK_URL": f"{self.webhooks.url}/hook", "SEGUE_WEBHOOK_SECRET": SECRET,
                "SEGUE_ALLOW_PRIVATE_TARGETS": "127.0.0.1",
            }  # fmt: skip
        return found

    def tag(self) -> str | None:
        """Return what the CRM says of the company's segment; None where it says nothing."""
        return None if self.hubspot is None else self.hubspot.companies[RECORD].get(FIELD) or None

    def tags_written(self) -> list[str]:
        """Return every value that was written into the field, in order; an empty text cleared it."""
        return (
            []
            if self.hubspot is None
            else [said[FIELD] for record, said in self.hubspot.written if record == RECORD]
        )

    def posted(self) -> list[dict[str, Any]]:
        """Return what was posted in Slack."""
        return [] if self.slack is None else self.slack.posted

    def hooked(self) -> list[dict[str, Any]]:
        """Return the webhooks whose signature was verified, each id once."""
        return [] if self.webhooks is None else [*self.webhooks.taken.values()]
