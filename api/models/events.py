"""What intake answers: as the SDKs of the Segment spec expect it."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from segue.api.models.base import Answer


class EventsTakenOut(Answer):
    """Every event is on the disk: stored, known already, or parked with its reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"success": True}]})

    success: bool


class SourceSettingsOut(Answer):
    """What analytics.js asks for before it sends anything."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "integrations": {
                        "Segment.io": {
                            "apiKey": "segue_pk_1_2", "apiHost": "segue.example.com/v1", "protocol": "https",
                        }
                    },
                    "plan": {"track": {"__default": {"enabled": True}}},
                    "enabledMiddleware": {}, "metrics": {"sampleRate": 0}, "remotePlugins": [],
                }
            ]
        }
    )  # fmt: skip

    integrations: dict[str, dict[str, Any]]
    """Only this service: no other destination is loaded into the page."""
    plan: dict[str, Any]
    enabled_middleware: dict[str, bool] = Field(alias="enabledMiddleware")
    metrics: dict[str, float]
    """The SDK sends no metrics of its own anywhere."""
    remote_plugins: list[Any] = Field(alias="remotePlugins")
