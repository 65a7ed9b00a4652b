"""What a model and its endpoint can do wrong, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segue.evals.model_faults import server
from segue.evals.model_faults.server import Asked, Behaviour, answering, responding, saying


def right_answer(asked: Asked) -> dict[str, Any]:
    """Return an answer that is right in form: the last option."""
    return {"option": len(asked.content["options"]) - 1, "proof": [], "why": "it fits"}


def _one_too_many(asked: Asked) -> dict[str, Any]:
    return {"option": len(asked.content["options"]), "proof": [], "why": "the plays do not end there"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a model does: the reason a decision gives for it, if any, and whose fault it is."""

    name: str
    behaviour: Behaviour
    reason: str | None
    of_endpoint: bool = False
    """True when the breaker counts it."""


def _says(name: str, answer: Any, reason: str = "invalid_choice") -> Fault:
    return Fault(name, answering(lambda _: answer), reason)


FAULTS: tuple[Fault, ...] = (
    Fault("a right answer", answering(right_answer), None),
    Fault("a forbidden play's index", answering(_one_too_many), "invalid_choice"),
    _says("a forbidden play by name", {"option": "hand_over_now", "proof": []}),
    _says("an invented index", {"option": 10**12, "proof": []}),
    _says("a negative index", {"option": -1, "proof": []}),
    *(_says(f"an index that is {shown}", {"option": value, "proof": []}) for shown, value in
      (("text", "1"), ("true", True), ("1.5", 1.5), ("1.0", 1.0), ("null", None), ("a list", [0]))),
    _says("no index", {}),
    _says("an invented proof point", {"option": 0, "proof": ["cures_everything"]}),
    _says("proof that is no list", {"option": 0, "proof": "soc2"}),
    _says("a list of answers", [{"option": 0, "proof": []}], "invalid_answer"),
    _says("a bare number", 0, "invalid_answer"),
    Fault("an empty answer", saying(""), "invalid_answer"),
    Fault("prose", saying("I would go with option 0."), "invalid_answer"),
    Fault("cut-off JSON", saying('{"option": 0, "pro'), "invalid_answer"),
    Fault("10,000 brackets", saying("[" * 10_000), "invalid_answer"),
    Fault("NaN", saying('{"option": NaN, "proof": []}'), "invalid_answer"),
    Fault("a refusal", server.refuse, "model_refused"),
    Fault("a body cut off", responding(200, server.completion("{}")[:60]), "invalid_answer", True),
    Fault("an empty body", responding(200, b""), "invalid_answer", True),
    Fault("no choices", responding(200, b'{"choices": []}'), "invalid_answer", True),
    Fault("another content type", responding(200, server.completion("{}"), kind="text/html"), "invalid_answer", True),
    Fault("a compressed body", responding(200, b"\x1f\x8b", {"content-encoding": "gzip"}), "invalid_answer", True),
    Fault("10 MB", responding(200, b" " * server.HUGE), "invalid_answer", True),
    Fault("10 MB in chunks", server.flood, "invalid_answer", True),
    Fault("10 MB with a 500", responding(500, b" " * server.HUGE), "server_error", True),
    Fault("500", responding(500, b"{}"), "server_error", True),
    Fault("429, Retry-After 3600", responding(429, b"{}", {"retry-after": "3600"}), "rate_limited", True),
    Fault("401", responding(401, b"{}"), "request_refused", True),
    Fault("a redirect", responding(307, b"", {"location": "http://127.0.0.1:9/"}), "request_refused", True),
    Fault("a connection reset", server.reset, "connection", True),
    Fault("a connection closed midway", server.break_off, "connection", True),
    Fault("silence", server.hang, "timeout", True),
    Fault("a byte every 100 ms", server.drip, "timeout", True),
)  # fmt: skip
