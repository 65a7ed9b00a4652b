"""The index of proof points: built from the packs, kept between processes, never shared by two, made again when lost."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from segue.agents.knowledge.chroma_collections import ChromaPlace, Collections
from segue.agents.knowledge.index import ProofIndex
from segue.agents.knowledge.index_folder import IndexFolder
from segue.core.errors import UnavailableError
from segue.policies.artifact import PROOF_SLOT, ArtifactKind, artifact_of
from segue.policies.artifacts import with_artifacts
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from tests.agents.knowledge.counting_embedder import CountingEmbedder
from tests.agents.knowledge.test_stored_proof import NOW, draft

pytestmark = pytest.mark.anyio
PACK = load_pack("saas_pipeline")
IDS = list(PACK.proof)


def place(folder: Path) -> ChromaPlace:
    return ChromaPlace(folder / "knowledge")


async def nearest(index: ProofIndex, embedder: CountingEmbedder, text: str, pack: Pack = PACK) -> str:
    [vector] = await embedder.embed([text])
    return (await index.near(pack, list(pack.proof), vector, 5))[0].id


async def test_what_was_indexed_is_found_and_not_indexed_again_by_the_next_process(tmp_path: Path) -> None:
    for number in range(2):
        embedder = CountingEmbedder()
        index = ProofIndex(embedder, place(tmp_path))
        assert not index.is_built(PACK)
        await index.build(PACK)
        await index.build(PACK)
        assert index.is_built(PACK) and len(embedder.asked) == (len(IDS) if number == 0 else 0)
        assert (
            await nearest(index, embedder, "single sign-on and user provisioning in every plan")
            == "single_sign_on"
        )
        await index.close()


async def test_only_the_ids_that_are_asked_for_come_back_nearest_first(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    index = ProofIndex(embedder, place(tmp_path))
    await index.build(PACK)
    [vector] = await embedder.embed(["compliance audit"])
    for wanted in (IDS[:1], IDS[3:9], IDS):
        found = await index.near(PACK, wanted, vector, 4)
        assert len(found) == min(4, len(wanted)) and {each.id for each in found} <= set(wanted)
        assert [each.similarity for each in found] == sorted(
            (each.similarity for each in found), reverse=True
        )
    assert await index.near(PACK, [], vector, 4) == []
    await index.close()


def test_a_collection_is_of_a_revision_its_stored_proof_and_an_embedder(tmp_path: Path) -> None:
    artifact = artifact_of(ArtifactKind.PROOF_POINTS, PACK.name, PROOF_SLOT, NOW, {"points": []})
    index = ProofIndex(CountingEmbedder(), place(tmp_path), "mine")
    names = {
        index.name_of(PACK),
        index.name_of(replace(PACK, revision="sha256:other")),
        index.name_of(with_artifacts(PACK, [artifact])),
        ProofIndex(CountingEmbedder("other"), place(tmp_path), "mine").name_of(PACK),
        ProofIndex(CountingEmbedder(dimensions=32), place(tmp_path), "mine").name_of(PACK),
        ProofIndex(CountingEmbedder(), place(tmp_path), "yours").name_of(PACK),
    }
    assert len(names) == 6 and index.name_of(PACK).startswith("segue.mine.saas_pipeline.")


async def test_old_collections_go_and_those_of_another_store_stay(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    index = ProofIndex(embedder, place(tmp_path), "mine")
    older = replace(PACK, revision="sha256:older")
    for pack in (older, PACK):
        await index.build(pack)
    index.installation = "yours"
    await index.build(PACK)
    assert await index.remove_others([PACK]) == []
    index.installation = "mine"
    assert await index.remove_others([PACK]) == [index.name_of(older)]
    assert not index.is_built(older)
    await index.close()


async def test_a_build_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    index = ProofIndex(embedder, place(tmp_path))
    texts = await embedder.embed(["half"] * 10)
    await index._call(lambda: index._collections.put(index.name_of(PACK), IDS[:10], texts, {"pack": "x"}))
    await index.build(PACK)
    assert (
        await nearest(index, embedder, "single sign-on and user provisioning in every plan")
        == "single_sign_on"
    )
    await index.close()


@pytest.mark.parametrize("damage", ["garbage", "empty"])
async def test_files_that_cannot_be_read_are_made_again(damage: str, tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    first = ProofIndex(embedder, place(tmp_path))
    await first.build(PACK)
    await first.close()
    [database] = (tmp_path / "knowledge").rglob("chroma.sqlite3")
    database.write_bytes(b"garbage" * 1_000 if damage == "garbage" else b"")
    again = ProofIndex(embedder, place(tmp_path))
    await again.build(PACK)
    assert (
        await nearest(again, embedder, "single sign-on and user provisioning in every plan")
        == "single_sign_on"
    )
    await again.close()


def test_each_process_has_a_folder_of_its_own_and_the_next_takes_it_over(tmp_path: Path) -> None:
    first, second = IndexFolder(tmp_path), IndexFolder(tmp_path)
    assert [each.current().parent.name for each in (first, second)] == ["0", "1"]
    hold = (
        "import sys, time; from pathlib import Path; from segue.agents.knowledge.index_folder import IndexFolder;"
        f" print(IndexFolder(Path({str(tmp_path)!r})).current(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", hold], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and "/2/" in other.stdout.readline()
        first.release()
        third = IndexFolder(tmp_path)
        assert third.current().parent.name == "0"
        other.kill()
        other.wait()
    fourth = IndexFolder(tmp_path)
    assert fourth.current().parent.name == "2", "the system lets go of a killed process's"
    for each in (second, third, fourth):
        each.release()


async def test_several_indexes_over_one_folder_do_not_hurt_one_another(tmp_path: Path) -> None:
    embedders = [CountingEmbedder() for _ in range(3)]
    indexes = [ProofIndex(each, place(tmp_path)) for each in embedders]
    await asyncio.gather(*(index.build(PACK) for index in indexes))
    found = await asyncio.gather(
        *(nearest(index, each, "pay in euro") for index, each in zip(indexes, embedders, strict=True))
    )
    assert len(set(found)) == 1
    for index in indexes:
        await index.close()


async def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "knowledge").write_text("a file")
    index = ProofIndex(CountingEmbedder(), place(tmp_path))
    with pytest.raises(UnavailableError, match="no folder for the index"):
        await index.build(PACK)
    await index.close()


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("chroma")
    code = "import sys; from chromadb.cli.cli import app; sys.exit(app())"
    command = [sys.executable, "-P", "-c", code, "run", "--path", str(folder), "--port", str(port)]
    environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    if httpx2.get(f"{url}/api/v2/heartbeat").status_code == 200:
                        break
                except httpx2.TransportError:
                    time.sleep(0.05)
            yield url
        finally:
            server.terminate()
            server.wait(30)


@pytest.mark.trial
async def test_replicas_share_a_server(chroma: str, tmp_path: Path) -> None:
    embedders = [CountingEmbedder() for _ in range(2)]
    shared = ChromaPlace(tmp_path, chroma)
    one, other = (ProofIndex(each, shared, "mine") for each in embedders)
    await asyncio.gather(one.build(PACK), other.build(PACK))
    for index, embedder in zip((one, other), embedders, strict=True):
        assert await nearest(index, embedder, "single sign-on and user provisioning") == "single_sign_on"
    third = ProofIndex(CountingEmbedder(), shared, "yours")
    await third.build(PACK)
    assert await third.remove_others([]) == [third.name_of(PACK)]
    await one._call(lambda: one._collections.remove_others("segue.", []))
    with pytest.raises(UnavailableError, match="Chroma at http"):
        await nearest(one, embedders[0], "anything")
    assert not one.is_built(PACK)
    await one.build(PACK)
    assert await nearest(one, embedders[0], "single sign-on and user provisioning") == "single_sign_on"
    assert not (tmp_path / "0").exists()
    for index in (one, other, third):
        await index.close()


async def test_a_server_that_hangs_or_is_not_there_is_one_error_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segue.agents.knowledge.chroma_collections._SERVER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(silent.accept()[0]), daemon=True)
        thread.start()
        for port, words in ((silent.getsockname()[1], "timed out"), (1, "refused")):
            collections = Collections(ChromaPlace(tmp_path, f"http://127.0.0.1:{port}"))
            began = time.monotonic()
            with pytest.raises(UnavailableError, match=rf"Chroma at http://127\.0\.0\.1:{port}: .*{words}"):
                await asyncio.to_thread(collections.count, "x")
            assert time.monotonic() - began < 5
        thread.join()
        for each in held:
            each.close()


def test_the_stored_proof_of_a_pack_is_indexed_too(tmp_path: Path) -> None:
    point = {
        **draft().content(), "expires_on": "2027-09-01", "approved_by": "legal", "approved_on": "2026-09-01",
    }  # fmt: skip
    artifact = artifact_of(ArtifactKind.PROOF_POINTS, PACK.name, PROOF_SLOT, NOW, {"points": [point]})
    pack = with_artifacts(PACK, [artifact])

    async def run() -> str:
        embedder = CountingEmbedder()
        index = ProofIndex(embedder, place(tmp_path))
        await index.build(pack)
        [vector] = await embedder.embed(["a person is erased within an hour"])
        found = await index.near(pack, [*IDS, point["id"]], vector, 1)
        await index.close()
        return found[0].id

    assert asyncio.run(run()) == point["id"]
