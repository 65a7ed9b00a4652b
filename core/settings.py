"""The one place where settings come from: the environment. Each is in the README's table."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may set, each by an environment variable of the name given."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", frozen=True)

    data_dir: Path = Field(default=Path(".segue"))
    """`SEGUE_DATA_DIR`: where account files are kept; made on first use."""


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
