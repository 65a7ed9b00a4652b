"""The OpenFeature clients as they come from npm, and a site that loads the web one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue.evals.static_site import site_of
from tests.core.databases import maker
from tests.service.npm import installed
from tests.service.ofrep.story import Store, written

PACKAGES = {
    "@openfeature/core": "1.12.0",
    "@openfeature/server-sdk": "1.23.0",
    "@openfeature/ofrep-provider": "0.1.3",
    "@openfeature/web-sdk": "1.10.0",
    "@openfeature/ofrep-web-provider": "0.4.3",
    "@openfeature/ofrep-core": "0.1.4",
    "esbuild": "0.28.2",
}
BUNDLED = "export * from '@openfeature/web-sdk'; export * from '@openfeature/ofrep-web-provider';"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the clients that npm installed, unmodified."""
    return installed("node-openfeature", PACKAGES)


@pytest.fixture(scope="session")
def site(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a site with a page that loads the web client."""
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "clients.js").write_text(BUNDLED)
    (folder / "node_modules").symlink_to(node_modules / "node_modules")
    esbuild = node_modules / "node_modules/.bin/esbuild"
    subprocess.run(
        [esbuild, "clients.js", "--bundle", "--format=iife", "--global-name=Clients", "--outfile=bundle.js"],
        cwd=folder, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    (folder / "home.html").write_text("<title>Home</title><script src='/bundle.js'></script>")
    with site_of(folder) as origin:
        yield origin


@pytest.fixture(scope="session")
def story(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of its own under the pack of two stories."""
    for make in maker(server_url, template):
        yield Store(make(), written(tmp_path_factory.mktemp("packs") / "story"))
