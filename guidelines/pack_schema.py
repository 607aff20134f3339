"""The shape of a guideline pack: its keys, what each may hold, and what is said when one is wrong."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from guidelines.base import Severity

SCHEMA_VERSION: Final = 1
OFF: Final = "off"
Effect = Severity | Literal["off"]
Names = tuple[str, ...]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Closed):
    """Circumstances of a reply; all that are named must hold, any value of each will do."""

    reply_to: Names = ()
    account: Names = ()
    identity: Names = ()
    platform: Names = ()
    venue: Names = ()
    language: Names = ()

    @field_validator("*", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _as_list(value)

    @model_validator(mode="after")
    def _known_accounts(self) -> "Condition":
        unknown = [name for name in (*self.account, *self.identity) if name not in ACCOUNTS]
        if unknown:
            raise ValueError(f"'{unknown[0]}' is no account; say one of {', '.join(ACCOUNTS)}")
        return self


ACCOUNTS: Final[Mapping[str, str]] = {
    "official": "brand",
    "brand": "brand",
    "personal": "employee",
    "employee": "employee",
}


class Near(_Closed):
    """What must stand near a hit for it to count: a negative word, or one of `words`, within so many characters."""

    negative: bool = False
    words: Names = ()
    within: int = Field(default=80, gt=0, le=2000)

    @field_validator("words", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _as_list(value)

    @model_validator(mode="after")
    def _asks_something(self) -> "Near":
        if not self.negative and not self.words:
            raise ValueError("give `negative: true` or `words`")
        return self


class Example(_Closed):
    """A text with the circumstances that matter for it."""

    text: str = Field(min_length=1)
    platform: str = ""
    venue: str = ""
    mention: str = ""
    mention_kind: str = "other"
    identity: Literal["employee", "brand"] = "employee"
    company: Names = ()
    recent: Names = ()
    language: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class Examples(_Closed):
    """Texts that must be found (`fail`) and texts that must not (`pass`)."""

    fail: tuple[Example, ...] = ()
    passing: tuple[Example, ...] = Field(default=(), alias="pass")


class WithoutModel(_Closed):
    """What a judged rule does when no model answers: compare with its examples, then as `else` says."""

    nearest_example: float | None = Field(default=None, gt=0, le=1)
    otherwise: Literal["ask_human", "block", "warn"] = Field(default="ask_human", alias="else")


class Scope(_Closed):
    """Where a rule holds: names in `only` (all when empty), and another severity, or `off`, for some."""

    only: Names = ()
    effects: dict[str, Effect] = {}

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, dict):
            return {"effects": {str(name).lower(): effect for name, effect in value.items()}}
        names = _as_list(value)
        if isinstance(names, list | tuple):
            return {"only": [str(name).lower() for name in names if str(name).lower() != "all"]}
        return {"only": value}

    def effect(self, name: str, severity: Effect) -> Effect:
        """Return the severity at `name`, starting from `severity`."""
        if self.only and name not in self.only:
            return OFF
        return self.effects.get(name, self.effects.get("all", severity))


class Defaults(_Closed):
    """What a rule has when it does not say."""

    severity: Severity = Severity.WARN
    platforms: Scope = Scope()
    venues: Scope = Scope()
    languages: Names = ("all",)

    @field_validator("languages", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _as_list(value)


class RuleText(_Closed):
    """One rule as written."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    title: str = ""
    why: str = ""
    severity: Severity | None = None
    platforms: Scope | None = None
    venues: Scope | None = None
    identities: Scope | None = None
    languages: Names | None = None
    when: Condition | None = None
    unless: Condition | None = None
    near: Near | None = None
    exceptions: Names = Field(default=(), alias="except")
    check: dict[str, Any] | None = None
    judge: str = ""
    without_model: WithoutModel | None = None
    fix: str = ""
    examples: Examples = Examples()

    @field_validator("exceptions", "languages", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _as_list(value)

    @model_validator(mode="after")
    def _does_something(self) -> "RuleText":
        if not self.check and not self.judge:
            raise ValueError("the rule checks nothing: give `check` or `judge`")
        if self.without_model and not self.judge:
            raise ValueError("`without_model` belongs to `judge`, which is missing")
        return self


class Header(_Closed):
    """A pack without its rules."""

    guidelines: Literal[1]
    pack: str = Field(min_length=1)
    version: str = Field(min_length=1)
    owner: str = ""
    about: str = ""
    company: Names = ()
    defaults: Defaults = Defaults()
    lists: dict[str, Names] = {}

    @field_validator("version", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int | float) or hasattr(value, "isoformat") else value

    @field_validator("company", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _as_list(value)


MODIFIERS: Final = ("near", "unless", "when", "except")
"""Keys that may stand inside `check` as well as beside it."""
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "pack": (*Header.model_fields, "rules"),
    "rule": tuple(field.alias or name for name, field in RuleText.model_fields.items()),
}
