"""The decision that the OpenAPI document shows."""

from __future__ import annotations

from typing import Any

_PUBLIC_PLAY: dict[str, Any] = {
    "name": "book_meeting",
    "title": "Offer a meeting with the account's owner",
    "kind": "meeting",
    "channel": "chat",
    "offer": "A 25-minute working session",
    "message": "There, teams like yours usually start with a working session.",
    "parameters": {"duration_minutes": 25},
    "proof_points": [
        {
            "id": "soc2_healthcare",
            "claim": "Audited to SOC 2 Type II",
            "source": "https://example.com/trust/soc2",
            "expires_on": "2027-09-01",
        }
    ],
}
_ID = "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6"

PUBLIC_DECISION: dict[str, Any] = {"decision_id": _ID, "surface": "chat", "play": _PUBLIC_PLAY}

DECISION: dict[str, Any] = {
    "decision_id": _ID,
    "revision": 1,
    "pack": "saas_pipeline",
    "surface": "chat",
    "account": {"id": "0015g00000AbCdEAAV", "domain": "acme.example", "name": "Acme"},
    "labels": {
        "saas_pipeline": {
            "segment": "sales_ready",
            "status": "matched",
            "because": [{"clause": "intent >= 60", "trait": "intent", "value": 72.0, "verdict": True}],
            "missing": [],
        }
    },
    "play": {
        **_PUBLIC_PLAY,
        "goal": "meeting",
        "owner": {"role": "account_owner", "rep": "rep-1@example.com", "via": "account_owner"},
    },
    "considered": [
        {
            "play": "book_meeting",
            "permitted": True,
            "reason": "permitted",
            "score": {"propensity": 0.3, "context": 1.0, "value": 400.0, "cost": 60.0, "total": 60.0},
        }
    ],
    "flip": [],
    "chooser": "rules",
    "fallback_reason": None,
    "propensity": 1.0,
    "experiment": None,
    "policy": {"revision": f"sha256:{64 * '0'}", "packs": {"saas_pipeline": f"sha256:{64 * '0'}"}},
    "decided_at": "2026-11-23T15:00:00Z",
    "latency_ms": 0.2,
}
