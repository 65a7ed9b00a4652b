"""Lints of `pack.yaml`: what the segmentation is for, what spans it, and where it is sold."""

from __future__ import annotations

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import closure, deciding_traits, rules_of
from segue.policies.models.play import Channel
from segue.policies.models.traits import Layer, Scope

SEGMENTS = range(3, 9)
DIMENSIONS = range(2, 4)
DECIDING_TRAITS = range(6, 13)
FIT = (Layer.FIRMOGRAPHIC, Layer.TECHNOGRAPHIC)
BEHAVIOR = (Layer.BEHAVIORAL, Layer.INTENT)
GEOGRAPHIC = frozenset({"country", "region", "state", "city", "continent", "territory"})
"""The names of traits that tell where an account is; a trait derived from one of them does too."""
OUTREACH = frozenset({Channel.EMAIL, Channel.PHONE, Channel.LINKEDIN})
"""The channels that reach a person who did not come to us."""

_FILE = "pack.yaml"


def check_purpose(findings: Findings) -> None:
    """Check that the pack says what it decides, along what, and how finely."""
    file = findings.pack.file
    if file.decision is None:
        findings.add(
            Code.DECISION_MISSING, findings.at_key(_FILE, "pack"), "the pack does not say what it decides"
        )
    count = len(file.segments)
    if count not in SEGMENTS:
        findings.add(
            Code.SEGMENT_COUNT, findings.at(_FILE, "segments"), f"expected 3 to 8 segments, found {count}"
        )
    traits = sorted(deciding_traits(findings.pack))
    if len(traits) not in DECIDING_TRAITS:
        message = f"expected 6 to 12 traits that decide, found {len(traits)}: {', '.join(traits)}"
        findings.add(Code.TRAIT_COUNT, findings.at(_FILE, "segments"), message)
    _check_dimensions(findings)


def _check_dimensions(findings: Findings) -> None:
    pack = findings.pack
    dimensions, place = pack.file.dimensions, findings.at(_FILE, "dimensions")
    if len(dimensions) not in DIMENSIONS:
        message = f"expected two or three dimensions, found {len(dimensions)}"
        findings.add(Code.DIMENSION_COUNT, place, message)
    layers = {name: pack.layers.get(name) for name in dimensions}
    shown = ", ".join(f"{name} is {layer}" for name, layer in layers.items()) or "none"
    for code, wanted, what in (
        (Code.FIT_DIMENSION_MISSING, FIT, "fit (firmographic or technographic)"),
        (Code.BEHAVIOR_DIMENSION_MISSING, BEHAVIOR, "behavior or intent"),
    ):
        if dimensions and not any(layer in wanted for layer in layers.values()):
            findings.add(code, place, f"no dimension of {what}: {shown}")
    read = closure(pack, [each.when.node for each in pack.segments if each.when is not None])
    for index, name in enumerate(dimensions):
        if name not in read:
            message = f"no segment's condition reads the dimension {name!r}"
            findings.add(Code.DIMENSION_UNREAD, findings.at(_FILE, "dimensions", index), message)


def check_regimes(findings: Findings) -> None:
    """Check that what is sold under several laws is treated by region, and outreach can be refused."""
    pack, file = findings.pack, findings.pack.file
    if not file.sells_in:
        message = "sells_in is not given: the legal regimes sold in, such as [US, EU, UK]"
        findings.add(Code.REGIMES_MISSING, findings.at_key(_FILE, "pack"), message)
    nodes = [rule.when.node for rule in rules_of(pack)] + [when.node for when, _ in pack.adapt]
    if len(set(file.sells_in)) > 1 and not closure(pack, nodes) & GEOGRAPHIC:
        message = f"sells in {', '.join(file.sells_in)}, and no guardrail, rule or adapt reads a region"
        findings.add(Code.REGION_MISSING, findings.at(_FILE, "sells_in"), message)
    _check_outreach(findings)


def _check_outreach(findings: Findings) -> None:
    pack = findings.pack
    guarded: set[str] = set()
    for rule in pack.guardrails:
        if any(pack.scopes.get(name) is Scope.CONTACT for name in closure(pack, [rule.when.node])):
            guarded |= rule.plays
    undoing = {play.model.undone_by for play in pack.plays.values()}
    for name, play in pack.plays.items():
        if play.model.channel in OUTREACH and name not in guarded | undoing:
            message = f"{name} reaches people by {play.model.channel}, and no guardrail that reads a contact forbids it"
            findings.add(Code.OUTREACH_UNGUARDED, findings.at(f"plays/{name}.yaml", "channel"), message)
