"""What a command imports before it does anything: heavy libraries only where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from segue.api.cli.commands import COMMANDS, load_command
from tests.api.conftest import Segue

HEAVY = {"duckdb", "sqlglot", "tldextract", "langgraph", "segue.policies.load"}
LIGHT = ("--version", "--help", "decde", "packs", "init nowhere", "decide --help")

PROBE = """
import sys
from segue.api.cli.main import main
for command in sys.argv[1:]:
    main(command.split())
    sys.stderr.write("\\nMODULES " + " ".join(sorted(sys.modules)) + "\\n")
"""


def imported(*commands: str) -> list[set[str]]:
    """Return the modules that one process has imported after each of its commands."""
    arguments = [sys.executable, "-P", "-c", PROBE, *commands]
    found = subprocess.run(arguments, capture_output=True, text=True, timeout=180)
    lines = [line for line in found.stderr.splitlines() if line.startswith("MODULES ")]
    return [set(line.split()[1:]) for line in lines]


def test_what_needs_no_policy_imports_no_engine() -> None:
    after = imported(*LIGHT)
    assert [sorted(modules & HEAVY) for modules in after[:-1]] == [[]] * (len(LIGHT) - 1)
    assert after[-1] >= {"duckdb", "sqlglot"}, "what a command needs is what it imports: the probe can tell"


def test_a_decision_imports_no_graph_and_no_evals() -> None:
    (found,) = imported("decide a.example -p saas_pipeline")
    assert "segue.agents.decide" in found
    assert not [name for name in found if name.split(".")[0] == "langgraph" or name.startswith("segue.evals")]


def test_the_list_of_domain_suffixes_is_read_for_a_domain_alone() -> None:
    """tldextract brings requests along, an HTTP client that a decision never uses."""
    by_id, by_domain = imported("decide 001A -p saas_pipeline", "decide a.example -p saas_pipeline")
    assert "segue.accounts.domains" in by_id and not by_id & {"tldextract", "requests_file"}
    assert by_domain >= {"tldextract", "requests_file"}, "the probe can tell"


def test_an_evaluation_without_laws_imports_no_graph() -> None:
    without, laws = imported(
        "eval buying_motion --laws 0 --no-mutation", "eval buying_motion --laws 1 --no-mutation"
    )
    assert "segue.evals.run" in without and "langgraph" not in without
    assert "langgraph" in laws, "the probe can tell"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    assert load_command(name).help == COMMANDS[name].help


def test_help_lists_every_command_and_json_is_everywhere(segue: Segue) -> None:
    listed = segue("--help").out
    for name in COMMANDS:
        assert f" {name} " in listed
        if name not in ("serve", "worker"):  # they run on, and say what they do in their log
            wanted = GROUPS.get(name, "--json")
            assert wanted in segue(name, "--help").out


GROUPS = {
    "artifacts": "activate", "db": "restore", "duplicates": "merge", "jobs": "retry", "keys": "create", "policies": "diff",
    "proof": "approve", "shadow": "diff", "slack": "manifest", "tal": "propose",
}  # fmt: skip
"""Commands of commands, with one of theirs."""
