"""The README is complete: every setting, connector, limit, rule and command stands in it."""

from pathlib import Path

import pytest
from typer.main import get_command

from bot import settings
from bot.__main__ import cli
from bot.cli.platforms import row
from bot.settings import Settings
from connectors import registry
from guidelines import pack
from guidelines.throttle import DEFAULTS, sentence

README = (Path(__file__).parent.parent / "README.md").read_text()


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_stands_in_the_readme_with_its_purpose(field: str) -> None:
    info = Settings.model_fields[field]
    assert f"| `{settings.variable(field)}` | {info.description} |" in README


@pytest.mark.parametrize("name", sorted(registry.discover().connectors))
def test_every_connector_stands_in_the_readme_with_all_that_it_can_do(name: str) -> None:
    _, *rest = row(registry.discover().get(name).spec)
    assert f"| `{name}` | {' | '.join(rest)} |" in README


@pytest.mark.parametrize("limit", DEFAULTS, ids=lambda limit: limit.name)
def test_every_limit_stands_in_the_readme_as_its_sentence(limit: "object") -> None:
    assert f"| `{limit.name}` | {sentence(limit)} |" in README  # type: ignore[attr-defined, arg-type]


@pytest.mark.parametrize("rule", pack.default().rules, ids=lambda rule: rule.id)
def test_every_rule_of_the_default_pack_stands_in_the_readme(rule: "object") -> None:
    assert f"| `{rule.id}` |" in README  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", sorted(get_command(cli).commands))  # type: ignore[attr-defined]
def test_every_command_stands_in_the_readme(command: str) -> None:
    assert f"`chorus {command}`" in README
