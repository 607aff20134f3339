"""Settings, from the environment and `.env`: the only module that reads them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

Names = Annotated[tuple[str, ...], NoDecode]
"""Several names in one setting, separated by commas."""


class Settings(BaseSettings):
    """Every setting of Chorus. Each description says what it is for; each example can be pasted into `.env`."""

    model_config = SettingsConfigDict(env_file=".env", env_prefix="CHORUS_", extra="ignore", frozen=True)

    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 14 or newer. Without it the bot runs its own, in the data folder.",
        examples=["postgresql://chorus:secret@db.example/chorus"],
    )
    data_dir: Path = Field(
        default=Path(".chorus"),
        description="Folder for the embedded database, the generated key and checkpoints.",
        examples=["/var/lib/chorus"],
    )
    secret_key: str | None = Field(
        default=None,
        repr=False,
        description="Key that encrypts tokens at rest. Without it one is made in the data folder.",
        examples=["the output of: chorus new-key"],
    )
    slack_bot_token: str | None = Field(
        default=None,
        repr=False,
        validation_alias="SLACK_BOT_TOKEN",
        description="Bot token of your Slack app (OAuth & Permissions).",
        examples=["xoxb-1234-5678-abc"],
    )
    slack_refresh_token: str | None = Field(
        default=None,
        repr=False,
        validation_alias="SLACK_REFRESH_TOKEN",
        description="Refresh token of the installation, where token rotation is on; needs SLACK_CLIENT_ID and _SECRET.",
        examples=["xoxe-1-abc"],
    )
    slack_app_token: str | None = Field(
        default=None,
        repr=False,
        validation_alias="SLACK_APP_TOKEN",
        description="App-level token with connections:write, for Socket Mode (Basic Information).",
        examples=["xapp-1-A012-345-abc"],
    )
    slack_signing_secret: str | None = Field(
        default=None,
        repr=False,
        validation_alias="SLACK_SIGNING_SECRET",
        description="Signing secret (Basic Information); only when Slack calls us over HTTP.",
        examples=["8f742231b10e8888abcd99yyyzzz85a5"],
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="Where Slack's Web API is; another address only for the local Slack.",
        examples=["http://127.0.0.1:8400/api/"],
    )
    company: Names = Field(
        default=("Acme",),
        description="The names that mean us, the usual one first, separated by commas.",
        examples=["Harbour,Harbour Reader"],
    )
    ops_channel: str = Field(
        default="",
        description="Id of the Slack channel that hears of trouble: sources that are down, replies in doubt.",
        examples=["C0OPS00001"],
    )
    compliance_channel: str = Field(
        default="",
        description="Id of the Slack channel that gets the signed checkpoints of the record.",
        examples=["C0COMPLI01"],
    )
    timestamp_authority: str = Field(
        default="",
        description="Address of a time stamping authority (RFC 3161) that stamps each checkpoint; none when empty.",
        examples=["https://tsa.example/tsr"],
    )
    employees: Names = Field(
        default=("*",),
        description="Slack ids of those who may reply, users or user groups; * lets everyone.",
        examples=["U012AB3CD,U045EF6GH"],
    )
    managers: Names = Field(
        default=(),
        description="Slack ids of community managers, users or user groups.",
        examples=["U012AB3CD"],
    )
    reviewers: Names = Field(
        default=(),
        description="Slack ids of compliance reviewers, users or user groups.",
        examples=["U078IJ9KL"],
    )
    admins: Names = Field(
        default=(),
        description="Slack ids of those who may do all but review, users or user groups.",
        examples=["U012AB3CD"],
    )
    undo_seconds: float = Field(
        default=10,
        ge=0,
        le=600,
        description="Seconds between approval and posting in which the person may undo.",
        examples=["10"],
    )
    claim_minutes: float = Field(
        default=15,
        gt=0,
        le=1440,
        description="Minutes after which a claim ends by itself.",
        examples=["15"],
    )
    guideline_pack: Path | None = Field(
        default=None,
        description="Guideline pack in YAML. Without it the pack that ships with Chorus.",
        examples=["guidelines/harbour.yml"],
    )
    facts: Path | None = Field(
        default=None,
        description="Facts in YAML that corrections may cite. Without it nothing is corrected.",
        examples=["facts.yml"],
    )
    openai_api_key: str | None = Field(
        default=None,
        repr=False,
        validation_alias="OPENAI_API_KEY",
        description="Key for a model that writes drafts. Without it drafts come from facts, past replies, templates.",
        examples=["sk-..."],
    )
    openai_base_url: str | None = Field(
        default=None,
        validation_alias="OPENAI_BASE_URL",
        description="Address of any service that speaks OpenAI's interface.",
        examples=["http://127.0.0.1:11434/v1"],
    )
    model: str = Field(
        default="gpt-5-mini",
        description="Name of the model that writes drafts.",
        examples=["gpt-5-mini"],
    )
    model_budget: int = Field(
        default=500,
        ge=0,
        description="How often a day the model may be asked for a draft.",
        examples=["500"],
    )
    locale: str = Field(
        default="en",
        pattern="^(en|de|es)$",
        description="Language of cards and windows where a person's own is not among them: en, de or es.",
        examples=["de"],
    )
    http_host: str = Field(
        default="127.0.0.1",
        description="Address on which /healthz, /metrics and Slack's HTTP requests are served.",
        examples=["0.0.0.0"],
    )
    http_port: int = Field(
        default=8300,
        ge=0,
        le=65535,
        description="Port for /healthz, /metrics and Slack's HTTP requests; 0 takes any free one.",
        examples=["8300"],
    )
    console_url: str | None = Field(
        default=None,
        pattern="^https?://[^/?#]+$",
        description="Where people reach the console. Without it the address that their browser asked for.",
        examples=["https://chorus.harbour.example"],
    )
    slack_client_id: str | None = Field(
        default=None,
        validation_alias="SLACK_CLIENT_ID",
        description="Client id of your Slack app (Basic Information), to sign in to the console.",
        examples=["1234567890.1234567890123"],
    )
    slack_client_secret: str | None = Field(
        default=None,
        repr=False,
        validation_alias="SLACK_CLIENT_SECRET",
        description="Client secret of your Slack app (Basic Information), to sign in to the console.",
        examples=["33fea0113f5b1f2e4c5d6a7b8c9d0e1f"],
    )
    log_format: str = Field(
        default="text",
        pattern="^(text|json)$",
        description="How log lines look: text for people, json for machines.",
        examples=["json"],
    )

    @field_validator("company", "employees", "managers", "reviewers", "admins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("company")
    @classmethod
    def _named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("at least one name is needed")
        return value

    @property
    def undo(self) -> timedelta:
        """The undo window."""
        return timedelta(seconds=self.undo_seconds)

    @property
    def claim(self) -> timedelta:
        """How long a claim lasts."""
        return timedelta(minutes=self.claim_minutes)

    def require(self, field: str) -> str:
        """Return a setting that the present command cannot do without, or say which one is missing."""
        value = getattr(self, field)
        if not value:
            raise SettingsError(f"{variable(field)} is missing. {_explain(field)}")
        return str(value)


def load() -> Settings:
    """Read all settings. Raises `SettingsError` naming each malformed one, what it is for, and an example."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_complaint(problem) for problem in error.errors())) from None


def variable(field: str) -> str:
    """Return the environment variable of a setting."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"CHORUS_{field.upper()}"


def _complaint(problem: object) -> str:
    location = problem["loc"][0]  # type: ignore[index]
    names = {variable(field): field for field in Settings.model_fields} | {name: name for name in Settings.model_fields}
    field = names[str(location)]
    reason = problem["msg"]  # type: ignore[index]
    return f"{variable(field)} is not usable: {reason}. {_explain(field)}"


def _explain(field: str) -> str:
    info = Settings.model_fields[field]
    example = (info.examples or [""])[0]
    return f"{info.description} Example: {variable(field)}={example}"
