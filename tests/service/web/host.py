"""A customer's site: pages under a strict content security policy, which load the scripts of a service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

STYLE = """
body { margin: 0; font: 16px/1.5 sans-serif; }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
.hero { min-height: 6rem; }
.cta { display: inline-block; width: 16rem; padding: .5rem; background: #111; color: #fff; }
.grid { min-height: 8rem; }
.below { margin-top: 200vh; min-height: 3rem; }
"""


class Server(ThreadingHTTPServer):
    """A server that says nothing of browsers that hang up."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@dataclass
class Site:
    """The pages by path, and the origin that they stand under."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    service: str = ""
    """The origin that the policy of the pages lets them talk to."""


class _Handler(BaseHTTPRequestHandler):
    site: ClassVar[Site]

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/style.css":
            kind, content = "text/css", STYLE
        elif path in self.site.pages:
            kind, content = "text/html; charset=utf-8", self.site.pages[path]
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        service = self.site.service
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src {service}; connect-src {service}; style-src 'self'; img-src 'self'; "
            "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        )
        self.end_headers()
        self.wfile.write(content.encode())


@contextmanager
def host_site() -> Iterator[Site]:
    """Run a site until the block ends."""
    site = Site()
    server = Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    site.url = f"http://localhost:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page_of(body: str, *scripts: str) -> str:
    """Return a page with a body and the tags of scripts."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A vendor</title>'
    link = '<link rel="stylesheet" href="/style.css">'
    return f'<!doctype html><html lang="en"><head>{head}{link}{"".join(scripts)}</head><body>{body}</body></html>'
