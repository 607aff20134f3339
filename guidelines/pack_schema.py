"""The shape of a guideline pack: its keys, what each may hold, and what is said when one is wrong."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from guidelines.base import Severity
from guidelines.pack_source import did_you_mean

OFF: Final = "off"
ALL: Final = "all"
Effect = Severity | Literal["off"]
Names = tuple[str, ...]

KindOfMention = Literal["question", "complaint", "praise", "false_claim", "lead", "other"]
MENTION_KINDS: Final[Names] = get_args(KindOfMention)
"""What a post that is answered can be, in triage's words."""

ACCOUNTS: Final[Mapping[str, str]] = {
    "official": "brand",
    "brand": "brand",
    "personal": "employee",
    "employee": "employee",
}
"""Who writes: a pack may say it in two ways."""


_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_SURELY: Final = 0.75
"""Of few words all are named, unless one is very near to what was written."""


def kind_name(kind: str) -> str:
    """Return a kind of mention as it is compared: `False claim` is `false_claim`."""
    return kind.strip().lower().replace(" ", "_")


def venue_name(venue: str) -> str:
    """Return a venue's name for comparison: `r/Cycling` and `/r/cycling` are both `cycling`."""
    return venue.strip().lower().strip("/").removeprefix("r/")


def language_name(language: str) -> str:
    """Return a language for comparison: `pt-BR` is `pt`."""
    return language.strip().lower().replace("_", "-").split("-")[0]


def _account_name(written: str) -> str:
    name = written.strip().lower()
    if name not in ACCOUNTS and name != ALL:
        raise ValueError(f"'{written}' is no account ({did_you_mean(name, tuple(ACCOUNTS), cutoff=_SURELY)})")
    return ACCOUNTS.get(name, ALL)


def _known_kind(written: str) -> str:
    name = kind_name(written)
    if name not in MENTION_KINDS:
        raise ValueError(f"'{written}' is no kind of mention ({did_you_mean(name, MENTION_KINDS, cutoff=_SURELY)})")
    return name


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _weight(value: object) -> object:
    return _one_of(value, (*Severity, OFF), "weight")


def _severity(value: object) -> object:
    return value if value is None else _one_of(value, tuple(Severity), "severity")


def _one_of(value: object, known: Sequence[str], what: str) -> object:
    if value not in known:
        raise ValueError(f"'{value}' is no {what} ({did_you_mean(str(value).strip().lower(), known, cutoff=_SURELY)})")
    return value


def _known_language(written: str) -> str:
    name = language_name(written)
    if name != ALL and not _LANGUAGE.fullmatch(name):
        raise ValueError(f"'{written}' is no language (write its code, such as en, de or pt-BR)")
    return name


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

    @field_validator("reply_to")
    @classmethod
    def _kinds(cls, written: Names) -> Names:
        return tuple(map(_known_kind, written))

    @field_validator("account", "identity")
    @classmethod
    def _accounts(cls, written: Names) -> Names:
        if ALL in written:
            raise ValueError(f"'{ALL}' is no account; leave the key out")
        return tuple(map(_account_name, written))

    @field_validator("platform", "venue", "language")
    @classmethod
    def _compared(cls, written: Names, info: ValidationInfo) -> Names:
        return tuple(_NAMERS[str(info.field_name)](name) for name in written)


_NAMERS: Final[Mapping[str, Callable[[str], str]]] = {
    "platform": lambda written: written.strip().lower(),
    "venue": venue_name,
    "language": _known_language,
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

    @field_validator("mention_kind")
    @classmethod
    def _kind(cls, written: str) -> str:
        return _known_kind(written)

    @field_validator("company", "recent", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _as_list(value)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        if isinstance(value, dict) and len(value) == 1 and not value.keys() & cls.model_fields.keys():
            [(before, after)] = value.items()
            raise ValueError(f"a text with a colon needs quotes: '{before}: {after}'")
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
    effects: dict[str, Annotated[Effect, BeforeValidator(_weight)]] = {}

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, dict):
            return {"effects": cls._named(value)}
        names = _as_list(value)
        if isinstance(names, list | tuple):
            named = tuple(map(cls.name_of, map(str, names)))
            return {"only": () if ALL in named else named}
        return {"only": value}

    @classmethod
    def _named(cls, written: Mapping[Any, object]) -> dict[str, object]:
        effects: dict[str, object] = {}
        for each, effect in written.items():
            name = cls.name_of(str(each))
            if effects.setdefault(name, effect) != effect:
                raise ValueError(f"'{each}' stands there twice and weighs {effects[name]} and {effect}; keep one")
        return effects

    @classmethod
    def name_of(cls, written: str) -> str:
        """Return a name as it is compared."""
        return written.strip().lower()

    def admits(self, name: str) -> bool:
        """Whether the rule holds at `name` at all."""
        return (not self.only or name in self.only) and self.effects.get(name, self.effects.get(ALL)) != OFF


class VenueScope(Scope):
    """Venues, however they are written."""

    @classmethod
    def name_of(cls, written: str) -> str:
        """Return a venue's name as it is compared."""
        return venue_name(written)


class IdentityScope(Scope):
    """Who writes: `employee` or `brand`, in either way of saying it."""

    @classmethod
    def name_of(cls, written: str) -> str:
        """Return the identity that an account's name stands for; raises `ValueError` for any other word."""
        return _account_name(written)


class Defaults(_Closed):
    """What a rule has when it does not say."""

    severity: Annotated[Severity, BeforeValidator(_severity)] = Severity.WARN
    platforms: Scope = Scope()
    venues: VenueScope = VenueScope()
    languages: Names = ("all",)

    @field_validator("languages", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return _as_list(value)

    @field_validator("languages")
    @classmethod
    def _compared(cls, written: Names) -> Names:
        return tuple(map(_known_language, written))


class RuleText(_Closed):
    """One rule as written."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    title: str = ""
    why: str = ""
    severity: Annotated[Severity | None, BeforeValidator(_severity)] = None
    platforms: Scope | None = None
    venues: VenueScope | None = None
    identities: IdentityScope | None = None
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

    @field_validator("languages")
    @classmethod
    def _compared(cls, written: Names | None) -> Names | None:
        return None if written is None else tuple(map(_known_language, written))

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


class PackText(Header):
    """A whole pack as written; its rules are read one by one."""

    rules: list[Any] = []


MODIFIERS: Final = ("near", "unless", "when", "except")
"""Keys that may stand inside `check` as well as beside it."""
