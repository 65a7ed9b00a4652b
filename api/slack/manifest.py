"""The manifest of the Slack app, with the address of a service in it."""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import urlsplit

from segue.core.errors import InputError

_ADDRESS = "https://segue.example.com"


def manifest(url: str | None = None) -> str:
    """Return the manifest as YAML; with a `url`, that of the service, the addresses in it are the service's.

    Raises:
        InputError: the address is none that Slack can reach: it has to begin with https.
    """
    text = files("segue.api.slack").joinpath("manifest.yaml").read_text("utf-8")
    if url is None:
        return text
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise InputError(f"--url: expected the address of the service, such as {_ADDRESS}, found {url!r}")
    return text.replace(_ADDRESS, url.rstrip("/"))
