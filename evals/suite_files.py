"""Eval suites: finding them, reading them, and holding their names against the pack they are about."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.core.errors import NotFoundError, Place, nearest
from segue.evals.suite_models import SuiteCase, SuiteFile
from segue.policies.documents import Document, DocumentError, read_document
from segue.policies.documents import Path as Keys
from segue.policies.faults import Fault, PackError
from segue.policies.files import find_pack
from segue.policies.findings import Reason
from segue.policies.language.types import Type, ValueFault, coerce
from segue.policies.load import load_pack
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.validate import validate

SHIPPED_SUITES = Path(__file__).parent / "suites"
"""Where the suites that ship with Segue are."""

SCHEMA = Path(__file__).parent / "schema" / "suite.json"
"""The JSON Schema of a suite: `python -m segue.evals.suite_files` writes it anew."""


@dataclass(frozen=True)
class Suite:
    """A suite as it was read, with the places of its keys. `path` is the file it came from."""

    file: SuiteFile
    document: Document
    path: Path

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.file.suite

    def is_about(self, pack: Pack) -> bool:
        """Return True when the suite names this pack, by its name or its folder's."""
        return Path(self.file.pack).name == pack.name

    def load_packs(self) -> list[Pack]:
        """Load the packs that the suite names, its own last.

        Raises:
            NotFoundError: there is no such pack.
            PackError: one does not load.
        """
        packs: list[Pack] = []
        for name in (*self.file.after, self.file.pack):
            beside = self.path.parent / name
            packs.append(load_pack(beside if (beside / "pack.yaml").is_file() else find_pack(name), packs))
        return packs


def read_suite(path: Path) -> Suite:
    """Read one suite.

    Raises:
        NotFoundError: there is no such file.
        PackError: it is not a suite; every fault is listed with its place.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        raise NotFoundError(f"no suite {str(path)!r}: the file cannot be read") from None
    try:
        document = read_document(raw, str(path))
    except DocumentError as error:
        raise PackError([Fault(error.place or Place(str(path)), error.message)]) from None
    faults: list[Fault] = []
    found = validate(document, SuiteFile, faults)
    if found is None:
        raise PackError(faults)
    return Suite(found, document, path)


def find_suites(paths: Sequence[str | Path] = ()) -> list[Suite]:
    """Read the suites at these files and folders; with none, those that ship.

    Raises:
        NotFoundError: a path does not exist, or a folder holds no suite.
        PackError: one is not a suite, or two share a name.
    """
    files: list[Path] = []
    for path in [Path(each) for each in paths] or [SHIPPED_SUITES]:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(path.glob("*.yaml"))
        if not inside:
            raise NotFoundError(f"no suite in the folder {str(path)!r}")
        files += inside
    suites = [read_suite(path) for path in dict.fromkeys(files)]
    seen: dict[str, Suite] = {}
    for suite in suites:
        if suite.name in seen:
            message = f"the suite {suite.name!r} stands twice: also in {seen[suite.name].path}"
            raise PackError([Fault(suite.document.place(("suite",)), message)])
        seen[suite.name] = suite
    return suites


def suite_faults(suite: Suite, pack: Pack) -> list[Fault]:
    """Return a fault for every name and value of a suite that the pack does not know."""
    check = _Check(suite, pack)
    for index, case in enumerate(suite.file.cases):
        check.case(("cases", index), case)
    return check.faults


def suite_schema() -> dict[str, Any]:
    """Return the JSON Schema of a suite."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SuiteFile.model_json_schema()}


def schema_text() -> str:
    """Return the JSON Schema as the text that is kept in the repository."""
    return json.dumps(suite_schema(), indent=2, ensure_ascii=False) + "\n"


@dataclass
class _Check:
    suite: Suite
    pack: Pack
    faults: list[Fault] = field(default_factory=list)

    def case(self, at: Keys, case: SuiteCase) -> None:
        """Check the names and values of one case."""
        for key, scope in (("facts", Scope.ACCOUNT), ("contact", None), ("context", Scope.REQUEST)):
            for name, value in getattr(case, key).items():
                self._fact((*at, key, name), name, [value], scope)
        for name, values in case.vary.items():
            self._fact((*at, "vary", name), name, values, None)
        for name in case.believed:
            self._known((*at, "believed", name), name, self.pack.traits, "trait")
        for surface in case.surface:
            self._known(
                (*at, "surface"), surface.value, [each.value for each in self.pack.file.surfaces], "surface"
            )
        for keys, plays in self._plays(case):
            for name in plays:
                self._known((*at, *keys), name, (*self.pack.plays, "silence"), "play")
        required = case.required_reasons
        reasons = required.values() if isinstance(required, dict) else required
        for name in reasons:
            self._known((*at, "required_reasons"), name, self._reasons(), "reason")
        for name in case.forbidden_reasons:
            self._known((*at, "forbidden_reasons"), name, self._reasons(), "reason")
        segments = [case.gold.segment if case.gold else None, case.expect.segment if case.expect else None]
        for key_name, segment in zip(("gold", "expect"), segments, strict=True):
            if segment is not None:
                self._known((*at, key_name, "segment"), segment, self.pack.by_name, "segment")

    def _plays(self, case: SuiteCase) -> Iterator[tuple[Keys, Collection[str]]]:
        yield ("allowed_plays",), case.allowed_plays or ()
        yield ("forbidden_plays",), case.forbidden_plays
        yield ("counters",), case.counters
        yield ("gold", "play"), [case.gold.play] if case.gold and case.gold.play else []
        if isinstance(case.required_reasons, dict):
            yield ("required_reasons",), case.required_reasons
        if case.expect is not None:
            yield ("expect", "permitted"), case.expect.permitted or ()
            yield ("expect", "excluded"), case.expect.excluded or {}

    def _reasons(self) -> list[str]:
        rules = [*self.pack.guardrails, *(rule for each in self.pack.segments for rule in each.rules)]
        return [*Reason, *dict.fromkeys(rule.reason for rule in rules)]

    def _known(self, at: Keys, name: str, known: Collection[str], what: str) -> bool:
        if name in known:
            return True
        self.faults.append(
            Fault(self.suite.document.place(at), f"unknown {what} {name!r}{nearest(name, known)}")
        )
        return False

    def _fact(self, at: Keys, name: str, values: Sequence[Any], scope: Scope | None) -> None:
        if not self._known(at, name, self.pack.traits, "trait"):
            return
        trait = self.pack.traits[name]
        place = self.suite.document.place(at)
        if trait.is_derived:
            self.faults.append(Fault(place, f"{name!r} is derived: state the facts that it follows from"))
        elif scope is not None and trait.scope is not scope:
            self.faults.append(Fault(place, f"{name!r} is of scope {trait.scope.value}, not {scope.value}"))
        for value in values:
            try:
                found = coerce(Type(trait.type), value, name)
            except ValueFault as error:
                self.faults.append(Fault(place, error.message))
                continue
            for text in found if isinstance(found, tuple) else (found,):
                if trait.values and isinstance(text, str):
                    self._known(at, text, trait.values, f"value of {name}")


if __name__ == "__main__":
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    sys.stdout.write(f"{SCHEMA.name} written\n")
