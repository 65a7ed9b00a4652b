"""Every setting is in the README's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from segue.core.settings import Settings

ROOT = Path(__file__).parents[2]


def variables() -> dict[str, FieldInfo]:
    """The settings by the environment variable that sets each."""
    prefix = str(Settings.model_config["env_prefix"])
    return {
        str(field.validation_alias or f"{prefix}{name}".upper()): field
        for name, field in Settings.model_fields.items()
    }


def test_the_readme_lists_exactly_the_settings_there_are() -> None:
    table = (ROOT / "README.md").read_text("utf-8").split("## Settings")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted(variables())


def test_the_default_in_the_readme_is_the_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, field in variables().items():
        shown = "none" if field.default is None else f"`{field.default}`" if field.default != "" else "empty"
        assert f"| `{name}` | {shown} |" in readme


def test_the_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " sk-1 ")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("SEGUE_MODEL", "small")
    found = Settings()
    assert found.openai_api_key is not None and found.openai_api_key.get_secret_value() == "sk-1"
    assert (found.openai_base_url, found.model) == ("http://127.0.0.1:1/v1", "small")


def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert Settings().openai_api_key is None


@pytest.mark.parametrize(
    "address", ["", "ftp://models.example", "file:///etc/passwd", "models.example/v1", "http://", "//x"]
)
def test_a_model_is_reached_over_http_alone(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(ValidationError, match="begins with http:// or https://"):
        Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "sk-s3cret\n"),
        ("OPENAI_API_KEY", "s3cret ключ"),
        ("OPENAI_BASE_URL", "https://s3cret@x.example"),
    ],
)
def test_no_secret_is_shown_when_it_is_wrong_or_printed(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    try:
        shown = repr(Settings())
    except ValidationError as error:
        shown = str(error)
    assert "s3cret" not in shown


@pytest.mark.parametrize("secrets", ["short", f"{'a' * 40} short", " ".join(["a" * 40] * 3)])
def test_a_secret_of_tokens_is_long_and_one_of_two_at_most(
    secrets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUE_IDENTITY_SECRET", secrets)
    with pytest.raises(ValidationError, match="expected at least 32 characters") as caught:
        Settings()
    assert secrets not in str(caught.value)
