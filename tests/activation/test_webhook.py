from __future__ import annotations

import asyncio
import base64
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from segue.activation.addresses import PrivateTargets
from segue.activation.connectors.connector import Errand, RefusedError, TryAgainError
from segue.activation.connectors.webhook import WebhookConnector
from segue.core.ids import new_id
from segue.evals.fakes.receiver import SECRET, Receiver
from segue.evals.fakes.server import Answer
from segue.policies.facts import Account
from segue.policies.routing import Assignment, Via
from tests.activation.world import motion

LOOPBACK = PrivateTargets.read("127.0.0.0/8 ::1")
OTHER = "whsec_" + base64.b64encode(b"another secret, as long as the first").decode()


def errand() -> Errand:
    return Errand(
        new_id(), Account("a1", "acme.example", "Ünï \U0001f980"), "motion", "sha256:0", "hot", "enter",
        motion().plays["send_it"], False, "Heat 90", (), (), Assignment(None, Via.NOT_PERSONAL),
        datetime(2026, 11, 27, tzinfo=UTC),
    )  # fmt: skip


def send(url: str, secrets: tuple[str, ...] = (SECRET,), **more: Any) -> Any:
    connector = WebhookConnector(url, secrets, LOOPBACK, 1.0, **more)
    return asyncio.run(connector.carry_out(errand()))


@pytest.mark.parametrize("secrets", [(SECRET,), (OTHER, SECRET), (SECRET, OTHER)])
def test_the_library_verifies_what_is_signed_also_while_secrets_change(
    receiver: Receiver, secrets: tuple[str, ...]
) -> None:
    assert send(receiver.url, secrets) == {"status": 204}
    (body,) = receiver.taken.values()
    assert body["account"]["name"] == "Ünï \U0001f980"
    assert receiver.asked[0].headers["host"] == receiver.url.removeprefix("http://")


def test_another_secret_is_refused(receiver: Receiver) -> None:
    with pytest.raises(RefusedError, match="answered 401"):
        send(receiver.url, (OTHER,))


def test_the_path_and_query_of_the_url_are_kept_and_its_password_is_not_sent_elsewhere(
    receiver: Receiver,
) -> None:
    send(f"{receiver.url}/hooks/a%20b?x=1")
    assert receiver.asked[0].path == "/hooks/a%20b" and receiver.asked[0].query == {"x": ["1"]}


def test_where_one_address_is_not_reached_the_next_is_tried(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.BaseEventLoop.getaddrinfo

    async def found(loop: Any, host: str, port: int, **more: Any) -> list[Any]:
        if host != "hooks.example":
            return list(await real(loop, host, port, **more))
        return [(0, 0, 0, "", (each, port)) for each in ("::1", "127.0.0.9", "127.0.0.1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)
    connector = WebhookConnector(receiver.url.replace("127.0.0.1", "hooks.example"), [SECRET], LOOPBACK, 1.0)
    assert asyncio.run(connector.carry_out(errand())) == {"status": 204}
    assert receiver.asked[0].headers["host"].startswith("hooks.example:")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]:1/"])
def test_where_nobody_listens_it_is_tried_again(url: str) -> None:
    with pytest.raises(TryAgainError, match="ConnectError"):
        send(url)


def test_one_that_does_not_answer_is_tried_again(receiver: Receiver) -> None:
    receiver.always = Answer(204, hang=3)
    with pytest.raises(TryAgainError, match="ReadTimeout"):
        send(receiver.url)


def test_a_certificate_is_checked_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    for name, good in (("localhost", True), ("elsewhere.example", False), ("127.0.0.1", False)):
        serving = certificate(tmp_path / name, name)
        trusting = ssl.create_default_context(cafile=str(tmp_path / name / "cert.pem"))
        receiver = Receiver()
        with receiver.running(serving):
            url = receiver.url.replace("127.0.0.1", "localhost")
            connector = WebhookConnector(url, [SECRET], PrivateTargets.read("localhost"), 2.0, trusting)
            if good:
                assert asyncio.run(connector.carry_out(errand())) == {"status": 204}
                assert receiver.asked[0].headers["host"] == url.removeprefix("https://")
            else:
                with pytest.raises(TryAgainError, match="ConnectError"):
                    asyncio.run(connector.carry_out(errand()))
                assert receiver.asked == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    receiver = Receiver()
    with (
        receiver.running(certificate(tmp_path / "c", "localhost")),
        pytest.raises(TryAgainError, match="ConnectError"),
    ):
        send(receiver.url.replace("127.0.0.1", "localhost"))
    assert receiver.asked == []


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """Make a certificate of a name, or of an address, and return what serves it."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    other: x509.GeneralName = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([other]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
