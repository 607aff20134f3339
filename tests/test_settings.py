"""Settings: a wrong one names itself, says what it is for, and shows an example."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot import settings
from bot.errors import SettingsError
from bot.people import roles_from
from bot.settings import Settings
from bot.vault import Vault, new_key, open_vault


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(settings.variable(field), raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_there_are_sensible_ones() -> None:
    loaded = settings.load()
    assert loaded.database_url is None
    assert loaded.undo == timedelta(seconds=10)


def test_a_malformed_setting_names_itself_its_purpose_and_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_UNDO_SECONDS", "soon")
    with pytest.raises(SettingsError) as refused:
        settings.load()
    told = str(refused.value)
    assert "CHORUS_UNDO_SECONDS" in told
    assert "the person may undo" in told
    assert "Example: CHORUS_UNDO_SECONDS=10" in told


def test_every_malformed_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_UNDO_SECONDS", "-1")
    monkeypatch.setenv("CHORUS_HTTP_PORT", "99999")
    monkeypatch.setenv("CHORUS_COMPANY", " , ")
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert {"CHORUS_UNDO_SECONDS", "CHORUS_HTTP_PORT", "CHORUS_COMPANY"} <= set(str(refused.value).split())


def test_a_missing_setting_names_itself_when_it_is_needed() -> None:
    with pytest.raises(SettingsError, match=r"SLACK_BOT_TOKEN is missing.*Example: SLACK_BOT_TOKEN=xoxb-"):
        settings.load().require("slack_bot_token")


def test_settings_are_read_from_a_file_beside_the_program(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHORUS_COMPANY=Harbour, Harbour Reader\nSLACK_BOT_TOKEN=xoxb-1\n")
    loaded = settings.load()
    assert loaded.company == ("Harbour", "Harbour Reader")
    assert loaded.slack_bot_token == "xoxb-1"


def test_no_secret_shows_in_a_printed_setting() -> None:
    printed = repr(Settings(SLACK_BOT_TOKEN="xoxb-hidden", OPENAI_API_KEY="sk-hidden", secret_key="hidden"))
    assert "hidden" not in printed


def test_every_setting_says_what_it_is_for_and_shows_an_example() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.examples, name


def test_roles_come_from_the_settings() -> None:
    loaded = Settings(employees="U1,U2", managers="U2", reviewers="U3")
    assert roles_from(loaded, "U2") == ("employee", "manager")
    assert roles_from(loaded, "U3") == ("reviewer",)
    assert roles_from(loaded, "U9") == ()
    assert roles_from(Settings(), "U9") == ("employee",)


def test_what_the_vault_seals_it_opens_and_nobody_else_does() -> None:
    vault = Vault(new_key())
    sealed = vault.seal({"access_token": "secret"})
    assert b"secret" not in sealed
    assert vault.open(sealed) == {"access_token": "secret"}
    with pytest.raises(SettingsError, match="CHORUS_SECRET_KEY differs"):
        Vault(new_key()).open(sealed)


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = open_vault(None, tmp_path)
    assert open_vault(None, tmp_path).open(first.seal({"a": "b"})) == {"a": "b"}
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    with pytest.raises(SettingsError, match="not a key"):
        open_vault("short", tmp_path)
