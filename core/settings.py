"""The one place where settings come from: the environment. Each is in the README's table."""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from segue.core.errors import InputError
from segue.core.retention import DEFAULT_DAYS, event_retention
from segue.core.weekly import parse_weekly

_MAY_BE_EMPTY = ("embedding_url", "chroma_url", "webhook_url", "salesforce_instance_url", "otlp_endpoint")


class Settings(BaseSettings):
    """What an operator may set, each by an environment variable of the name given."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", frozen=True, hide_input_in_errors=True)

    data_dir: Path = Field(default=Path(".segue"))
    """`SEGUE_DATA_DIR`: where account files are kept; made on first use."""

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    """`DATABASE_URL`: the PostgreSQL to use; without it a private one runs under the data folder."""
    database_connections: int = Field(default=8, ge=3, le=200)
    """`SEGUE_DATABASE_CONNECTIONS`: the most connections of one replica."""
    body_bytes: int = Field(default=1_000_000, gt=0)
    """`SEGUE_BODY_BYTES`: the largest body of a request."""
    file_bytes: int = Field(default=200_000_000, gt=0)
    """`SEGUE_FILE_BYTES`: the largest file of accounts that is imported over HTTP."""
    rate_secret: str = "1000000/minute"  # noqa: S105 - no password
    """`SEGUE_RATE_SECRET`: how often a secret or write key may ask, such as `1000/second`."""
    rate_publishable: str = "6000/minute"
    """`SEGUE_RATE_PUBLISHABLE`: how often a publishable key may ask."""
    rate_address: str = "120/minute"
    """`SEGUE_RATE_ADDRESS`: how often one address may ask with publishable keys."""
    retention_days: int = Field(default=400, ge=1)
    """`SEGUE_RETENTION_DAYS`: how long decisions are kept, in whole months."""
    internal_domains: str | None = None
    """`SEGUE_INTERNAL_DOMAINS`: your own domains, parted by commas: events of your people move no label."""
    internal_addresses: str | None = None
    """`SEGUE_INTERNAL_ADDRESSES`: your own addresses and networks, such as `192.0.2.0/24`, parted by commas."""
    company_database: str = ""
    """`SEGUE_COMPANY_DATABASE`: a database of companies by address (.mmdb); read anew when the file changes."""
    company_fields: str = ""
    """`SEGUE_COMPANY_FIELDS`: where its records say what, such as `domain=company.domain,type=usage`."""
    identity_secret: SecretStr | None = None
    """`SEGUE_IDENTITY_SECRET`: what your backend signs identity tokens with, at least 32 characters; two,
    separated by a space, while one replaces the other."""
    privacy_contact: str = Field(default="", max_length=200, pattern=r"^[^\x00-\x1f{}]*$")
    """`SEGUE_PRIVACY_CONTACT`: where people write to have their data deleted, as a chat tells who asks for it."""
    event_retention_days: str = str(DEFAULT_DAYS)
    """`SEGUE_EVENT_RETENTION_DAYS`: how long events are kept: days, or by kind as `400,page=90`."""

    mcp_hosts: str = ""
    """`SEGUE_MCP_HOSTS`: the names, besides this machine's, by which `/mcp` may be asked for, parted by commas."""
    streams: int = Field(default=1_000, ge=0)
    """`SEGUE_STREAMS`: pages that one replica tells when to ask again, at once."""
    streams_per_address: int = Field(default=20, ge=0)
    """`SEGUE_STREAMS_PER_ADDRESS`: of those, how many one address may have."""

    openai_base_url: str = Field(default="https://api.openai.com/v1", validation_alias="OPENAI_BASE_URL")
    """`OPENAI_BASE_URL`: the endpoint of the model. It is sent facts: only an operator may set it."""
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    """`OPENAI_API_KEY`: without it no model is asked."""
    model: str = Field(default="gpt-4.1-mini", min_length=1)
    """`SEGUE_MODEL`: the model that chooses where a caller asks for one."""
    model_budget_ms: int = Field(default=1_500, gt=0)
    """`SEGUE_MODEL_BUDGET_MS`: the time a decision by a model has when the caller names none."""
    model_least_budget_ms: int = Field(default=200, ge=0)
    """`SEGUE_MODEL_LEAST_BUDGET_MS`: with less time than this left the model is not asked."""
    model_retries: int = Field(default=1, ge=0, le=5)
    """`SEGUE_MODEL_RETRIES`: how often a call is tried again, within the same budget."""
    model_answer_tokens: int = Field(default=300, gt=0)
    """`SEGUE_MODEL_ANSWER_TOKENS`: the most tokens of an answer; a model that reasons needs more."""
    model_limit_parameter: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    """`SEGUE_MODEL_LIMIT_PARAMETER`: what the endpoint calls that limit; older ones know `max_tokens` only."""
    model_tokens_a_day: int = Field(default=10_000_000, ge=0)
    """`SEGUE_MODEL_TOKENS_A_DAY`: tokens of a UTC day, in and out."""
    model_cost_a_day: float = Field(default=5.0, ge=0, allow_inf_nan=False)
    """`SEGUE_MODEL_COST_A_DAY`: the cost of a UTC day, in the currency of the prices."""
    model_price_in: float = Field(default=0.4, ge=0, allow_inf_nan=False)
    """`SEGUE_MODEL_PRICE_IN`: what a million tokens sent cost."""
    model_price_out: float = Field(default=1.6, ge=0, allow_inf_nan=False)
    """`SEGUE_MODEL_PRICE_OUT`: what a million tokens received cost."""
    model_breaker_failures: int = Field(default=5, gt=0)
    """`SEGUE_MODEL_BREAKER_FAILURES`: so many failures among the last calls open the breaker."""
    model_breaker_window: int = Field(default=20, gt=0)
    """`SEGUE_MODEL_BREAKER_WINDOW`: how many calls back failures are counted."""
    model_breaker_seconds: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    """`SEGUE_MODEL_BREAKER_SECONDS`: how long the endpoint is then left alone before one call tries it."""
    model_cache_entries: int = Field(default=4_096, ge=0)
    """`SEGUE_MODEL_CACHE_ENTRIES`: how many answers are kept; 0 keeps none."""
    model_cache_seconds: float = Field(default=300.0, ge=0, allow_inf_nan=False)
    """`SEGUE_MODEL_CACHE_SECONDS`: how long an answer is kept."""
    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """`OTEL_EXPORTER_OTLP_ENDPOINT`: the collector that traces and metrics go to; none are made without it."""
    otlp_protocol: Literal["http/protobuf", "grpc"] = Field(
        default="http/protobuf", validation_alias="OTEL_EXPORTER_OTLP_PROTOCOL"
    )
    """`OTEL_EXPORTER_OTLP_PROTOCOL`: how the collector is spoken to, `http/protobuf` or `grpc`."""
    capture_message_content: bool = Field(
        default=False, validation_alias="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    )
    """`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`: whether spans hold what models are sent and say."""
    embedding_model: str = ""
    """`SEGUE_EMBEDDING_MODEL`: the endpoint's model that turns texts into vectors; without it the local one does."""
    embedding_url: str = ""
    """`SEGUE_EMBEDDING_URL`: where that model is; without it at `OPENAI_BASE_URL`, with its key. It is sent what
    buyers ask: only an operator may set it."""
    embedding_api_key: SecretStr | None = None
    """`SEGUE_EMBEDDING_API_KEY`: the key for `SEGUE_EMBEDDING_URL`, where one is needed."""
    embedding_dimensions: int = Field(default=1_536, ge=8, le=8_192)
    """`SEGUE_EMBEDDING_DIMENSIONS`: how many numbers a vector of that model has."""
    embedding_timeout: float = Field(default=5.0, gt=0, le=120, allow_inf_nan=False)
    """`SEGUE_EMBEDDING_TIMEOUT`: seconds that the endpoint has to answer, a second try included."""
    chroma_url: str = Field(default="", validation_alias="CHROMA_URL")
    """`CHROMA_URL`: the Chroma server that indexes proof points; without it each process indexes them itself."""
    chroma_token: SecretStr | None = Field(default=None, validation_alias="CHROMA_TOKEN")
    """`CHROMA_TOKEN`: what the Chroma server asks for, sent as a bearer token."""

    activation_tries: int = Field(default=12, ge=1, le=100)
    """`SEGUE_ACTIVATION_TRIES`: how often a consequence is tried before it is parked."""
    activation_first_wait: float = Field(default=10.0, gt=0, le=86_400, allow_inf_nan=False)
    """`SEGUE_ACTIVATION_FIRST_WAIT`: seconds between the first try and the second; each wait is twice the last."""
    activation_longest_wait: float = Field(default=3_600.0, gt=0, le=604_800, allow_inf_nan=False)
    """`SEGUE_ACTIVATION_LONGEST_WAIT`: the longest of those waits, also of one that the other side asks for."""
    activation_timeout: float = Field(default=10.0, gt=0, le=300, allow_inf_nan=False)
    """`SEGUE_ACTIVATION_TIMEOUT`: seconds that the other side has to answer."""
    activation_concurrency: int = Field(default=4, ge=0, le=100)
    """`SEGUE_ACTIVATION_CONCURRENCY`: jobs that a replica does at once; 0 leaves them to `segue worker`."""
    allow_private_targets: str = ""
    """`SEGUE_ALLOW_PRIVATE_TARGETS`: private hosts and networks that webhooks may be sent to."""
    webhook_url: str = ""
    """`SEGUE_WEBHOOK_URL`: where webhooks go."""
    webhook_secret: SecretStr | None = None
    """`SEGUE_WEBHOOK_SECRET`: what they are signed with; two, separated by a space, while one replaces the other."""
    slack_bot_token: SecretStr | None = Field(default=None, validation_alias="SLACK_BOT_TOKEN")
    """`SLACK_BOT_TOKEN`: the token of the Slack app that alerts come from."""
    slack_url: str = "https://slack.com/api/"
    """`SEGUE_SLACK_URL`: where Slack's API is."""
    slack_channel: str = ""
    """`SEGUE_SLACK_CHANNEL`: where alerts go that are for nobody in Slack."""
    slack_signing_secret: SecretStr | None = Field(default=None, validation_alias="SLACK_SIGNING_SECRET")
    """`SLACK_SIGNING_SECRET`: what Slack signs with what it sends to `/slack/events`."""
    slack_summary: str = "Mon 08:00 UTC"
    """`SEGUE_SLACK_SUMMARY`: when the summary of the week goes out, such as `Mon 08:00 Europe/Lisbon`; empty: never."""
    slack_pod_channels: str = ""
    """`SEGUE_SLACK_POD_CHANNELS`: the channel of each pod's summary, such as `emea=C0123,us=C0456`."""
    hubspot_access_token: SecretStr | None = Field(default=None, validation_alias="HUBSPOT_ACCESS_TOKEN")
    """`HUBSPOT_ACCESS_TOKEN`: the token of the HubSpot app that writes tags."""
    hubspot_url: str = "https://api.hubapi.com"
    """`SEGUE_HUBSPOT_URL`: where HubSpot's API is."""
    salesforce_instance_url: str = Field(default="", validation_alias="SALESFORCE_INSTANCE_URL")
    """`SALESFORCE_INSTANCE_URL`: the organisation's own address."""
    salesforce_session_id: SecretStr | None = Field(default=None, validation_alias="SALESFORCE_SESSION_ID")
    """`SALESFORCE_SESSION_ID`: the access token of a Salesforce session that writes tags."""

    @field_validator("rate_secret", "rate_publishable", "rate_address")
    @classmethod
    def _so_many_in_a_while(cls, value: str) -> str:
        if not re.fullmatch(r"[1-9][0-9]{0,9}/(second|minute|hour|day)", value):
            raise ValueError("expected a limit such as 100/second, 6000/minute, 10000/hour or 10000/day")
        return value

    @field_validator("event_retention_days")
    @classmethod
    def _days_for_kinds(cls, value: str) -> str:
        event_retention(value)
        return value

    @field_validator(
        "openai_base_url", "embedding_url", "chroma_url", "slack_url", "hubspot_url", "webhook_url",
        "salesforce_instance_url", "otlp_endpoint",
    )  # fmt: skip
    @classmethod
    def _an_address_over_http(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name in _MAY_BE_EMPTY:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected an address that begins with http:// or https://")
        if parts.username or parts.password:
            raise ValueError(
                "expected no user name or password in the address: a key goes in a variable of its own"
            )
        return value

    @field_validator(
        "openai_api_key", "embedding_api_key", "chroma_token", "slack_bot_token", "hubspot_access_token",
        "salesforce_session_id", mode="after",
    )  # fmt: skip
    @classmethod
    def _a_key_or_none(cls, value: SecretStr | None) -> SecretStr | None:
        text = "" if value is None else value.get_secret_value().strip()
        if not all("!" <= character <= "~" for character in text):
            raise ValueError("expected a key of visible ASCII characters")
        return SecretStr(text) if text else None

    @field_validator("webhook_secret", mode="after")
    @classmethod
    def _secrets_of_webhooks(cls, value: SecretStr | None) -> SecretStr | None:
        found = [] if value is None else value.get_secret_value().split()
        for secret in found:
            text = secret.removeprefix("whsec_").rstrip("=")
            try:
                key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
            except binascii.Error:
                key = b""
            if not secret.startswith("whsec_") or len(key) < 24:
                raise ValueError("expected whsec_ and the base64 of at least 24 bytes")
        return SecretStr(" ".join(found)) if found else None

    @field_validator("identity_secret", mode="after")
    @classmethod
    def _secrets_of_tokens(cls, value: SecretStr | None) -> SecretStr | None:
        found = [] if value is None else value.get_secret_value().split()
        if len(found) > 2 or any(len(each.encode()) < 32 for each in found):
            raise ValueError(
                "expected at least 32 characters; two such secrets, separated by a space, at most"
            )
        return SecretStr(" ".join(found)) if found else None

    @field_validator("slack_summary")
    @classmethod
    def _an_instant_of_the_week(cls, value: str) -> str:
        if value.strip():
            parse_weekly(value)
        return value.strip()

    @field_validator("slack_pod_channels")
    @classmethod
    def _channels_by_pod(cls, value: str) -> str:
        for each in filter(None, (part.strip() for part in value.split(","))):
            if not re.fullmatch(r"[a-z][a-z0-9_]*=[A-Za-z0-9#_-]+", each):
                raise ValueError("expected pods and their channels, such as emea=C0123,us=C0456")
        return value

    @field_validator("allow_private_targets")
    @classmethod
    def _hosts_and_networks(cls, value: str) -> str:
        for each in value.replace(",", " ").split():
            if "/" in each:
                ip_network(each)  # says itself what is wrong
            elif "://" in each or not re.fullmatch(r"[A-Za-z0-9._:-]+", each):
                raise ValueError("expected hosts, addresses and networks, such as hooks.internal 10.0.0.0/8")
        return value


@cache
def settings() -> Settings:
    """Return the settings of this process, read once.

    Raises:
        InputError: a variable holds what it may not; the message names it and not its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(first["loc"][0])
        shown = name if name.isupper() else f"{Settings.model_config.get('env_prefix', '')}{name}".upper()
        raise InputError(f"{shown}: {first['msg'].removeprefix('Value error, ')}") from None
