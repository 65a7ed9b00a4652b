"""pytest collects the tests beside the policies, and eval suites, as items of their own.

Collected are `segments/*_test.yaml` of a folder that holds a `pack.yaml`, and YAML files that open with
`suite:` and `pack:` in a folder named `suites`. Everything else is left alone, and nothing of Segue is
imported before one of these is found.

Where packs read the labels of others, the ini option `segue_packs` lists them in the order in which
they load, one a line: a folder, from the root of the tests, or the name of one that ships.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from segue.evals.cases import CaseResult
    from segue.evals.suite_files import Suite
    from segue.policies.pack import Pack

_HEAD = 4_096
_OPENS_WITH = (re.compile(rb"^suite: *\S", re.MULTILINE), re.compile(rb"^pack: *\S", re.MULTILINE))
_LOADED = pytest.StashKey["dict[Path, tuple[Pack, ...]]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option `segue_packs`."""
    parser.addini(
        "segue_packs", "packs that read each other's labels, in the order in which they load", "linelist"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file of cases or an eval suite; None for every other file."""
    if file_path.suffix != ".yaml":
        return None
    folder = file_path.parent
    if folder.name == "segments" and file_path.name.endswith("_test.yaml"):
        if (folder.parent / "pack.yaml").is_file():
            return PolicyTests.from_parent(parent, path=file_path)
    elif folder.name == "suites" and _opens_as_suite(file_path):
        return EvalSuite.from_parent(parent, path=file_path)
    return None


def _opens_as_suite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return all(key.search(head) for key in _OPENS_WITH)


class PolicyTests(pytest.File):
    """One `*_test.yaml` beside the policies of a pack."""

    def collect(self) -> Iterable[pytest.Item]:
        """Load the pack, once a session, and yield its cases of this file."""
        packs = _packs(self.config, self.path.parent.parent)
        file = f"segments/{self.path.name}"
        for index, case in enumerate(packs[-1].cases.get(file, ())):
            yield PolicyTest.from_parent(self, name=case.name, packs=packs, file=file, index=index)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest's
        """Show why the pack does not load, each fault with its place."""
        return _faults(excinfo.value) or super().repr_failure(excinfo)


class EvalSuite(pytest.File):
    """One eval suite."""

    def collect(self) -> Iterable[pytest.Item]:
        """Read the suite, load its packs and yield its cases."""
        from segue.evals.suite_files import read_suite, suite_faults
        from segue.policies.faults import PackError

        suite = read_suite(self.path)
        packs = tuple(suite.load_packs())
        faults = suite_faults(suite, packs[-1])
        if faults:
            raise PackError(faults)
        for index, case in enumerate(suite.file.cases):
            yield SuiteTest.from_parent(self, name=case.name, suite=suite, packs=packs, index=index)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest's
        """Show what is wrong with the suite, each fault with its place."""
        return _faults(excinfo.value) or super().repr_failure(excinfo)


class CaseFailedError(Exception):
    """A case failed; the message is what a person reads."""


class _CaseItem(pytest.Item):
    """A case that runs through the production path."""

    line = 1

    def result(self) -> CaseResult:
        """Run the case."""
        raise NotImplementedError

    def runtest(self) -> None:
        """Run the case.

        Raises:
            CaseFailedError: something expected was not found.
        """
        found = self.result()
        if not found.passed:
            raise CaseFailedError("\n".join(line for failure in found.failures for line in failure.lines))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show expected, found and why, with the place in the YAML instead of a traceback."""
        if isinstance(excinfo.value, CaseFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, the line counted from 0, and the name."""
        return self.path, self.line - 1, self.name


class PolicyTest(_CaseItem):
    """One case beside a policy."""

    def __init__(self, *, packs: tuple[Pack, ...], file: str, index: int, **others: Any) -> None:
        super().__init__(**others)
        self._packs, self._file, self._index = packs, file, index
        self.line = packs[-1].documents[file].place((index,)).line or 1

    def result(self) -> CaseResult:
        """Run the case by its pack."""
        from segue.evals.cases import run_case

        return run_case(self._packs[-1], self._file, self._index, earlier=self._packs[:-1])


class SuiteTest(_CaseItem):
    """One case of an eval suite."""

    def __init__(self, *, suite: Suite, packs: tuple[Pack, ...], index: int, **others: Any) -> None:
        super().__init__(**others)
        self._suite, self._packs, self._index = suite, packs, index
        self.line = suite.document.place(("cases", index)).line or 1

    def result(self) -> CaseResult:
        """Run the case by the suite's packs."""
        from segue.evals.suite_run import run_suite_case

        return run_suite_case(self._suite, self._index, self._packs)


def _packs(config: pytest.Config, folder: Path) -> tuple[Pack, ...]:
    """Return the pack of a folder with those loaded before it, loaded once a session."""
    from segue.policies.files import find_pack
    from segue.policies.load import load_pack

    loaded = config.stash.setdefault(_LOADED, {})
    if folder not in loaded:
        packs: list[Pack] = []
        for name in _before(config.getini("segue_packs"), config.rootpath, folder, find_pack):
            packs.append(load_pack(name, packs))
        loaded[folder] = (*packs, load_pack(folder, packs))
    return loaded[folder]


def _before(names: list[str], root: Path, folder: Path, find_pack: Any) -> Iterator[Path]:
    """Yield the packs that are listed before this one; none when it is not listed."""
    folders = [root / name if (root / name).is_dir() else find_pack(name) for name in names]
    resolved = [each.resolve() for each in folders]
    if folder.resolve() in resolved:
        yield from folders[: resolved.index(folder.resolve())]


def _faults(error: BaseException) -> str | None:
    """Return the faults of a pack or suite, one a line; None for any other error."""
    from segue.core.errors import SegueError

    if not isinstance(error, SegueError):
        return None
    return "\n".join(str(each) for each in getattr(error, "faults", (error,)))
