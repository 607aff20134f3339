"""The words that people read in Slack, in each language: message catalogues and how they are looked up."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from bot.slack.text import Markup, escaped
from bot.slack.words.said import Said

FALLBACK = "en"
LANGUAGES = ("en", "de", "es")

_LONGEST_VALUE = 2000


class Words:
    """One language. A text is asked for by its key; what has no translation is shown in English."""

    def __init__(self, language: str, texts: Mapping[str, str], fallback: Mapping[str, str], said: Said) -> None:
        self.language = language
        self._texts = texts
        self._fallback = fallback
        self._said = said

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its blanks filled; raises `KeyError` for a key that no catalogue has."""
        return self._template(key).format(**values)

    def markup(self, key: str, **values: object) -> Markup:
        """Return a text as Slack markup; whatever fills a blank is escaped, unless it is markup itself."""
        safe = {name: _safe(value) for name, value in values.items()}
        return Markup(self._template(key).format(**safe))

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the singular or plural of a text that speaks of `number` things."""
        return self(f"{key}.{'one' if number == 1 else 'many'}", number=number, **values)

    def said(self, text: str) -> str:
        """Return what a service said in English in this language, as plain text; what is not known stays as it is."""
        return text if isinstance(text, Markup) else self._said(text)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts or key in self._fallback

    def _template(self, key: str) -> str:
        return self._texts.get(key) or self._fallback[key]


@cache
def words_for(locale: str) -> Words:
    """Return the language nearest to a locale such as `de-AT`."""
    language = locale.replace("_", "-").split("-")[0].lower()
    known = language if language in LANGUAGES else FALLBACK
    return Words(known, catalogue(known), catalogue(FALLBACK), Said(sentences(known)))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return all texts of a language by their dotted keys."""
    content = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flat(content, ""))


@cache
def sentences(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return what services say in English with its translation, table by table; English itself has none."""
    path = Path(__file__).parent / f"said.{language}.toml"
    return {} if language == FALLBACK else tomllib.loads(path.read_text(encoding="utf-8"))


def blanks(template: str) -> frozenset[str]:
    """Return the names of a text's blanks."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _safe(value: object) -> object:
    return value if isinstance(value, Markup | int) else escaped(str(value), _LONGEST_VALUE)


def _flat(tree: Mapping[str, object], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in tree.items():
        key = f"{prefix}{name}"
        found += _flat(value, f"{key}.") if isinstance(value, dict) else [(key, str(value))]
    return found
