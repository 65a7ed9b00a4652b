"""What to say to somebody at an account: proof that is permitted for them, and the words of the segment's script."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from segue.agents.knowledge.search import LEAST_NEAR
from segue.agents.seller_case import Case, Desk, segment_title
from segue.agents.seller_entities import Named
from segue.agents.seller_people import Seller
from segue.policies.findings import Finding
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import CompiledPlay
from segue.policies.personas import Role
from segue.policies.slot_values import fit_value, is_a_name
from segue.policies.wording import words_of

_HEADING = re.compile(r"^(#{1,3}) (.+)$")
_ROW = re.compile(r"^\|\s*(.+?)\s*\|\s*(.+?)\s*\|$")
_LONGEST_QUESTION = 500
_MOST_PREFERRED = 8
_WITHIN = 1.0
"""Seconds of the three that Slack waits."""
_SLOT = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class ScriptPart:
    """One part of a script: its heading, what to say word for word, and answers to what they may say."""

    heading: str
    says: tuple[str, ...]
    points: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pitch:
    """What to say, to whom, and what is forbidden."""

    account: Named
    segment: str
    provisional: bool
    role_words: str | None
    """The words by which the seller named the person; None where nobody was named."""
    role: Role | None
    play: str | None
    """The title of the play that is for now; None where silence is."""
    message: str | None
    proof: tuple[ProofPoint, ...]
    for_role: bool
    """True where the proof was chosen for the persona named."""
    script: tuple[ScriptPart, ...]
    script_name: str | None
    forbidden: Finding | None
    """Why the account is not to be called, where it is not."""


async def what_to_say(
    desk: Desk, seller: Seller, account_id: str, role: tuple[str, Role] | None, now: datetime, question: str
) -> Pitch:
    """Return what a seller may say at an account to somebody of a role, with the proof that answers their question.

    Raises:
        NotFoundError: nothing is stored of it.
        UnavailableError: the database does not answer, or no policy is active.
    """
    pack = desk.packs[-1]
    contact = role[1].traits(pack) if role is not None else {}
    case = await _with_proof_for(question, desk, await desk.case(account_id, now, contact))
    called = case.call()
    if called is not None and not case.pack.plays[called[0].name].slots and called[1].permitted:
        play: CompiledPlay | None = called[0]
    else:
        play = called[0] if called is not None and called[1].permitted else case.pack.plays.get(case.play)
    forbidden = called[1] if called is not None and called[1].rule not in (None, "limit") else None
    path = case.situation.policy.model.script
    proof = case.situation.proof
    return Pitch(
        case.named, segment_title(case.pack, case.label.segment), case.label.status.value == "provisional",
        role[0] if role else None, role[1] if role else None, play.model.title if play else None,
        words_of(case.situation, play, proof) if play else None, proof, bool(contact),
        script_parts(case.pack.scripts.get(path or "", ""), _fills(case, seller)),
        path.rpartition("/")[2].removesuffix(".md").replace("_", " ") if path else None, forbidden,
    )  # fmt: skip


async def _with_proof_for(question: str, desk: Desk, case: Case) -> Case:
    """Return a case whose proof comes by meaning, among what policy permits; what has nothing to do with it stays."""
    permitted = case.situation.all_proof
    if desk.knowledge is None or len(permitted) < 2:
        return case
    query = f"{question.strip()[:_LONGEST_QUESTION]} {case.situation.policy.model.title}"
    found = await desk.knowledge.search(case.pack, permitted, query, _MOST_PREFERRED, _WITHIN)
    near = tuple(each.point.id for each in found.found if (each.score or 0.0) >= LEAST_NEAR)
    return replace(case, situation=replace(case.situation, preferred=near))


def script_parts(text: str, fills: dict[str, str]) -> tuple[ScriptPart, ...]:
    """Return the parts of a script in Markdown that hold words to say, their slots filled where that is known."""
    parts: list[tuple[str, list[str], list[str], list[tuple[str, str]]]] = []
    quoted = False
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading is not None:
            parts.append((heading[2], [], [], []))
            quoted = False
            continue
        if not parts:
            continue
        _, says, points, answers = parts[-1]
        row = _ROW.match(line)
        if line.startswith(">"):
            if quoted and says:
                says[-1] += " " + line.lstrip("> ").strip()
            else:
                says.append(line.lstrip("> ").strip())
        elif row is not None and not set(row[1]) <= {"-", ":", " "}:
            answers.append((row[1], row[2]))
        elif re.match(r"(?:-|\d+\.) ", line):
            points.append(line.partition(" ")[2].strip())
        elif points and line.startswith("  "):
            points[-1] += " " + line.strip()
        quoted = line.startswith(">")
    return tuple(
        ScriptPart(
            heading,
            tuple(_filled(each, fills) for each in says),
            tuple(_filled(each, fills) for each in points),
            tuple((_filled(one, fills), _filled(two, fills)) for one, two in answers[1:]),
        )
        for heading, says, points, answers in parts
        if says or answers
    )


def _filled(text: str, fills: dict[str, str]) -> str:
    return _SLOT.sub(lambda found: fills.get(found[1], f"[{found[1]}]"), text)


def _fills(case: Case, seller: Seller) -> dict[str, str]:
    """Return what the slots of a script stand for, as far as it is known."""
    said = {
        name: fit_value(case.pack, name, value)
        for name, value in case.situation.facts.merged.items()
        if isinstance(value, str)
    }
    found = {name: value.replace("_", " ") for name, value in said.items() if value}
    found |= {"rep": seller.name}
    account = case.named.shown if is_a_name(case.named.shown) else case.named.domain
    if account is not None:
        found["account"] = account
    found |= {f"proof.{rank}": each.claim for rank, each in enumerate(case.situation.proof, 1)}
    return found
