"""The body of an intake request: bounded, gzip or plain, JSON whatever its content type says."""

from __future__ import annotations

import zlib
from typing import Any

from starlette.requests import Request

from segue.accounts.event_json import read_envelope
from segue.api.problems import RefusedError
from segue.core.errors import InputError

MOST_BYTES = 512_000
"""The largest batch, decompressed, as Segment has it."""


async def read_event_body(request: Request) -> tuple[Any, bool]:
    """Return what a body says, and whether its texts need cleaning.

    Raises:
        RefusedError: 413, it is too large, also once decompressed; 400, it cannot be read.
    """
    body = await request.body()
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip") or body.startswith(b"\x1f\x8b"):
        body = _decompressed(body)
    elif encoding not in ("", "identity"):
        raise RefusedError(400, "Content-Encoding: expected gzip or none")
    if len(body) > MOST_BYTES:
        raise RefusedError(413, f"the body is over {MOST_BYTES:,} bytes")
    try:
        return read_envelope(body)
    except InputError as error:
        raise RefusedError(400, error.message) from None


def _decompressed(body: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise RefusedError(400, "body: expected gzip, as Content-Encoding says") from None
    if len(found) > MOST_BYTES:
        raise RefusedError(413, f"the body is over {MOST_BYTES:,} bytes when decompressed")
    if not reader.eof:
        raise RefusedError(400, "body: expected gzip that is whole")
    return found
