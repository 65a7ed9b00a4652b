"""The built scripts: that they are what the source says, how large they are, and how they are served."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from tests.service.running import Service

ROOT = Path(__file__).parents[3]
WEB = ROOT / "api" / "web"
_ASKED = {"surface": "web", "visitor": "visitor-of-consent", "context": {"path": "/pricing"}}
MOST_BYTES = {"segue.js": 6_000, "widget.js": 15_000}


@pytest.mark.parametrize("name", MOST_BYTES)
def test_a_script_is_small(name: str) -> None:
    content = files("segue.api.web").joinpath(name).read_bytes()
    assert len(gzip.compress(content, 9)) < MOST_BYTES[name]


def test_the_built_files_are_a_fresh_build_of_the_source(node_tools: Path, tmp_path: Path) -> None:
    command = ["node", str(WEB / "build.mjs"), "--tools", str(node_tools), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in MOST_BYTES:
        assert (tmp_path / name).read_text("utf-8") == (WEB / name).read_text("utf-8"), (
            f"{name}: run make web"
        )


def test_the_source_asks_for_no_eval_no_markup_and_no_package() -> None:
    source = "".join(path.read_text("utf-8") for path in sorted((WEB / "src").rglob("*.ts")))
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert word not in source
    assert "dependencies" not in (WEB / "package.json").read_text("utf-8").replace("devDependencies", "")


@pytest.mark.parametrize("name", MOST_BYTES)
def test_a_script_is_served(service: Service, name: str) -> None:
    found = service.call(
        "GET", f"/{name}", key=None, headers={"Accept-Encoding": "gzip", "Origin": "https://a.example"}
    )
    assert found.status_code == 200
    assert found.content == files("segue.api.web").joinpath(name).read_bytes()
    headers = found.headers
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["content-encoding"] == "gzip" and "Accept-Encoding" in headers["vary"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "public, max-age=300, stale-while-revalidate=86400"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("name", MOST_BYTES)
def test_a_script_that_is_known_is_not_sent_again(service: Service, name: str) -> None:
    plain = service.call("GET", f"/{name}", key=None, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    etag = plain.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        headers = {"Accept-Encoding": "identity", "If-None-Match": known}
        again = service.call("GET", f"/{name}", key=None, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
    packed = service.call(
        "GET", f"/{name}", key=None, headers={"Accept-Encoding": "gzip", "If-None-Match": etag}
    )
    assert packed.status_code == 200 and packed.headers["etag"] != etag
    assert service.call("HEAD", f"/{name}", key=None).status_code == 200
    assert service.call("POST", f"/{name}", {}, key=None).status_code == 405


def test_what_a_page_says_of_consent_is_read_as_what_a_browser_says(service: Service) -> None:
    said = service.call("POST", "/v1/decisions", _ASKED, headers={"Segue-Consent": "denied"}).json()
    logged = service.rows(
        "SELECT visitor, facts::jsonb - 'now' FROM segue.decisions WHERE decision_id = %s",
        said["decision_id"],
    )
    gpc = service.call("POST", "/v1/decisions", _ASKED, headers={"Sec-GPC": "1"}).json()
    assert logged == service.rows(
        "SELECT visitor, facts::jsonb - 'now' FROM segue.decisions WHERE decision_id = %s", gpc["decision_id"]
    )
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,segue-consent"}  # fmt: skip
    assert service.call("OPTIONS", "/v1/decisions", key=None, headers=asks).status_code == 200


@pytest.fixture(scope="module")
def node_tools() -> Path:
    """The folder with esbuild and typescript, as `make web` installs them."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine")
    made = subprocess.run(
        ["make", "var/web/node_modules/.package-lock.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return ROOT / "var" / "web"
