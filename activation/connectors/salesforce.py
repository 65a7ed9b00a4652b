"""Salesforce: tags as a field of the account, by simple-salesforce."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from segue.activation.connectors.answers import check_status
from segue.activation.connectors.connector import RefusedError, TryAgainError
from segue.activation.connectors.crm import CrmRecord
from segue.policies.facts import Account

T = TypeVar("T")
_ACCOUNT_ID = re.compile(r"001[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")
_BUSY = ("REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE")
"""Error codes of calls that may pass later, whatever their status."""


class OneTrySession(requests.Session):
    """A session that waits so long and no longer, and follows no redirect."""

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request."""
        kwargs["timeout"], kwargs["allow_redirects"] = self._timeout, False
        return super().request(*args, **kwargs)


class Salesforce:
    """Accounts in Salesforce. An account whose id is one of theirs is that record."""

    name = "salesforce"

    def __init__(self, session_id: str, instance_url: str, session: requests.Session) -> None:
        from simple_salesforce.api import Salesforce as Client

        self._client: Any = Client(session_id=session_id, instance_url=instance_url, session=session)

    def find(self, account: Account, field: str) -> list[CrmRecord]:
        """Return the account of that id, else those whose website is the account's domain."""
        from simple_salesforce.format import format_soql

        select = f"SELECT Id, Website, {field} FROM Account"  # noqa: S608 - the field's name was checked
        if _ACCOUNT_ID.fullmatch(account.id):
            found = self._query(format_soql(f"{select} WHERE Id = {{}}", account.id), field)
            if found:
                return found
        if not account.domain:
            return []
        spelled = [
            f"{scheme}{www}{account.domain}{end}"
            for scheme in ("", "http://", "https://") for www in ("", "www.") for end in ("", "/")
        ]  # fmt: skip
        return self._query(
            format_soql(f"{select} WHERE Website IN {{}} ORDER BY CreatedDate", spelled), field
        )

    def write(self, record_id: str, field: str, value: str | None) -> None:
        """Set a field of an account."""
        if _called(lambda: self._client.Account.update(record_id, {field: value})) != 204:
            raise TryAgainError("Salesforce answered with something else than was asked for")

    def tagged(self, field: str) -> list[CrmRecord]:
        """Return every account whose field is not empty."""
        return self._query(f"SELECT Id, Website, {field} FROM Account WHERE {field} != null", field)  # noqa: S608

    def field_of(self, name: str) -> str:
        """Return the field as it is named."""
        return name

    def _query(self, soql: str, field: str) -> list[CrmRecord]:
        answer = _called(lambda: self._client.query_all(soql))
        if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
            raise TryAgainError("Salesforce answered with something else than was asked for")
        return [
            CrmRecord(each["Id"], each.get("Website"), each.get(field) or None) for each in answer["records"]
        ]


def _called(call: Callable[[], T]) -> T:
    from simple_salesforce.exceptions import SalesforceError

    try:
        return call()
    except SalesforceError as error:
        status, said = int(error.status), _code(error.content)
        if said in _BUSY:
            raise TryAgainError(f"Salesforce answered {status}: {said}") from error
        if 200 <= status < 300:
            raise TryAgainError("Salesforce answered with something else than was asked for") from error
        check_status("Salesforce", status, None, said)
        raise AssertionError("a status that is an error was passed on") from error
    except requests.RequestException as error:
        if isinstance(error, requests.exceptions.InvalidURL):
            raise RefusedError(f"Salesforce: {type(error).__name__}") from error
        raise TryAgainError(f"Salesforce: {type(error).__name__}") from error


def _code(content: Any) -> str:
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return str(content[0].get("errorCode", ""))
    return ""
