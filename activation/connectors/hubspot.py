"""HubSpot: tags as a property of the company, by its own client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segue.activation.connectors.answers import check_status
from segue.activation.connectors.connector import TryAgainError
from segue.activation.connectors.crm import CrmRecord
from segue.policies.facts import Account

_PAGE = 100


class HubSpot:
    """Companies in HubSpot. An account whose id is a number is the record of that number."""

    name = "hubspot"

    def __init__(self, token: str, url: str, timeout: float) -> None:
        from hubspot import HubSpot as Client
        from urllib3.util.retry import Retry

        # tries are the queue's: a client that tried again by itself would hold its job up
        client = Client(access_token=token, retry=Retry(total=0, redirect=0, raise_on_redirect=False))
        client.config["host"] = url.rstrip("/")
        self._companies: Any = client.crm.companies  # its answers are of any type at all
        self._timeout = timeout

    def find(self, account: Account, field: str) -> list[CrmRecord]:
        """Return the company of that number, else those of the account's domain."""
        if account.id.isdecimal():
            found = self._get(account.id, field)
            if found is not None:
                return [found]
        if not account.domain:
            return []
        return self._search({"propertyName": "domain", "operator": "EQ", "value": account.domain}, field)

    def write(self, record_id: str, field: str, value: str | None) -> None:
        """Set a property of a company; an empty one is none."""
        from hubspot.crm.companies import SimplePublicObjectInput

        change = SimplePublicObjectInput(properties={field: value or ""})
        answer = _called(
            lambda: self._companies.basic_api.update(record_id, change, _request_timeout=self._timeout)
        )
        _expect(getattr(answer, "id", None) is not None)

    def tagged(self, field: str) -> list[CrmRecord]:
        """Return every company that has the property; HubSpot's search gives 10,000 of them at most."""
        return self._search({"propertyName": field, "operator": "HAS_PROPERTY"}, field)

    def field_of(self, name: str) -> str:
        """Return the property of a field: HubSpot's are in lower case, without Salesforce's ending."""
        return name.lower().removesuffix("__c")

    def _get(self, record_id: str, field: str) -> CrmRecord | None:
        from hubspot.crm.companies import ApiException

        try:
            answer = self._companies.basic_api.get_by_id(
                record_id, properties=[field, "domain"], _request_timeout=self._timeout
            )
        except ApiException as error:
            if error.status == 404:
                return None
            raise _meaning(error) from error
        return _record(answer, field)

    def _search(self, condition: dict[str, Any], field: str) -> list[CrmRecord]:
        from hubspot.crm.companies import PublicObjectSearchRequest

        found: list[CrmRecord] = []
        after: str | None = None
        while True:
            asked = PublicObjectSearchRequest(
                filter_groups=[{"filters": [condition]}], properties=[field, "domain"], limit=_PAGE,
                after=after, sorts=["createdate"],
            )  # fmt: skip
            answer = _called(
                lambda asked=asked: self._companies.search_api.do_search(  # type: ignore[misc]
                    asked, _request_timeout=self._timeout
                )
            )
            _expect(isinstance(getattr(answer, "results", None), list))
            found += [_record(each, field) for each in answer.results]
            following = getattr(getattr(answer, "paging", None), "next", None)
            after = None if following is None else following.after
            if after is None:
                return found


def _record(answer: Any, field: str) -> CrmRecord:
    _expect(getattr(answer, "id", None) is not None and isinstance(answer.properties, dict))
    return CrmRecord(str(answer.id), answer.properties.get("domain"), answer.properties.get(field) or None)


def _called(call: Callable[[], Any]) -> Any:
    from hubspot.crm.companies import ApiException

    try:
        return call()
    except ApiException as error:
        raise _meaning(error) from error


def _meaning(error: Any) -> Exception:
    try:
        check_status("HubSpot", int(error.status or 0), error.headers)
    except Exception as meaning:
        return meaning
    return TryAgainError("HubSpot answered with something else than was asked for")


def _expect(holds: bool) -> None:
    if not holds:
        raise TryAgainError("HubSpot answered with something else than was asked for")
