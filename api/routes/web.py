"""`/segue.js` and `/widget.js`: what a page loads, built from `api/web/src` by `make web`."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_HEADERS = {
    # any page may load it, one that asks for isolation too
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}


@router.api_route("/segue.js", methods=["GET", "HEAD"])
async def segue_js(request: Request) -> Response:
    """Give the page script."""
    return _script("segue.js", request)


@router.api_route("/widget.js", methods=["GET", "HEAD"])
async def widget_js(request: Request) -> Response:
    """Give the chat widget."""
    return _script("widget.js", request)


def _script(name: str, request: Request) -> Response:
    plain, packed, mark = _built(name)
    is_packed = _takes_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{mark}{"-gzip" if is_packed else ""}"'
    headers = {**_HEADERS, "ETag": etag}
    if _is_known(etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(packed if is_packed else plain, headers=headers, media_type="text/javascript")


@cache
def _built(name: str) -> tuple[bytes, bytes, str]:
    """Return a script, the same compressed, and what names this build of it."""
    plain = files("segue.api.web").joinpath(name).read_bytes()
    return plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:32]


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        coding, _, quality = each.partition(";")
        if coding.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _is_known(etag: str, known: str) -> bool:
    return known.strip() == "*" or etag in (each.strip().removeprefix("W/") for each in known.split(","))
