"""The demo's pages and what they ask their own backend. It is there with `segue serve --demo` alone."""

from __future__ import annotations

import html
import re
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, RedirectResponse, Response

from segue.api.demo_site.panel import panel_of
from segue.api.demo_site.people import PERSONAS
from segue.api.demo_site.stage import PACK, Stage
from segue.core.errors import NotFoundError

router = APIRouter(prefix="/demo", include_in_schema=False)

_PAGES = {"": "home.html", "pricing": "pricing.html", "compare": "compare.html"}
_FILES = {"demo.js": "text/javascript", "demo.css": "text/css"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_PATH = re.compile(r"/[A-Za-z0-9/_-]{0,100}")


class _Visit(BaseModel):
    """As whom the site is visited."""

    model_config = ConfigDict(extra="forbid", strict=True)

    persona: str


@router.get("")
async def home(request: Request) -> Response:
    """Give the home page."""
    return _page("", request)


@router.get("/{name}")
async def page(request: Request, name: str) -> Response:
    """Give a page, or a file of the site."""
    if name in _FILES:
        return Response(_content(name), media_type=_FILES[name], headers=_HEADERS)
    if name not in _PAGES:
        return RedirectResponse("/demo", 303)
    return _page(name, request)


@router.get("/api/personas")
async def personas() -> Response:
    """Give those as whom the site can be visited."""
    names = ("key", "name", "title", "company", "note")
    return JSONResponse(
        [{name: getattr(each, name) for name in names} for each in PERSONAS], headers=_HEADERS
    )


@router.post("/api/visit")
async def visit(request: Request, wanted: _Visit) -> Response:
    """Begin a visit as somebody: a visitor of its own, and the token that says who they are."""
    return JSONResponse(await _stage(request).visit(wanted.persona), headers=_HEADERS)


@router.get("/api/panel")
async def panel(
    request: Request,
    visitor: Annotated[str, Query(max_length=100)],
    path: Annotated[str, Query(max_length=200)] = "/",
) -> Response:
    """Give what the side panel shows of a visit that this demo began."""
    stage = _stage(request)
    persona = stage.visits.get(visitor)
    if persona is None:
        raise NotFoundError("no such visit: begin one")
    pack = request.app.state.services.policies.live.up_to(PACK)[-1]
    shown = path if _PATH.fullmatch(path) else "/"
    found: dict[str, Any] = await panel_of(stage, pack, visitor, persona, shown)
    return JSONResponse(found, headers=_HEADERS)


def _stage(request: Request) -> Stage:
    stage: Stage = request.app.state.stage
    return stage


def _page(name: str, request: Request) -> Response:
    stage = _stage(request)
    key, fresh = html.escape(stage.publishable, quote=True), stage.fresh_visit()
    text = _content("frame.html").decode()
    body = _content(_PAGES[name]).decode()
    title, _, body = body.partition("\n")
    for place, said in (
        ("{title}", html.escape(title)), ("{body}", body), ("{key}", key), ("{here}", name or "home"),
        ("{visit}", fresh),
    ):  # fmt: skip
        text = text.replace(place, said)
    return Response(text, media_type="text/html", headers=_HEADERS)


@cache
def _content(name: str) -> bytes:
    folder = files("segue.api.demo_site")
    return (folder.joinpath("pages", name) if name.endswith(".html") else folder.joinpath(name)).read_bytes()
