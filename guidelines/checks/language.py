"""Whether a reply is in the language of the post it answers. Short or mixed texts are not judged."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pydantic import field_validator, model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.lexicon import word_sets
from guidelines.reading import Reading

_MOST_CHARACTERS: Final = 2_000
_FEWEST_LETTERS: Final = 15
_SEVERAL: Final = 2
_NOISE: Final = re.compile(r"https?://\S+|[@#]\S+|\"[^\"]{1,200}\"|“[^”]{1,200}”|«[^»]{1,200}»")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCRIPTS: Final = (
    "CYRILLIC",
    "GREEK",
    "HEBREW",
    "ARABIC",
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "THAI",
    "DEVANAGARI",
)
_JAPANESE: Final = ("HIRAGANA", "KATAKANA")
_WRITTEN_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "cyrillic": ("ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg"),
    "greek": ("el",),
    "hebrew": ("he", "yi"),
    "arabic": ("ar", "fa", "ur", "ps", "ug"),
    "cjk": ("zh", "ja"),
    "japanese": ("ja",),
    "hangul": ("ko",),
    "thai": ("th",),
    "devanagari": ("hi", "mr", "ne", "sa"),
}
"""The languages of a script that is all we know a text by."""
_CODE: Final = re.compile(r"[a-z]{2,3}")
_FUNCTION_WORDS: Final[Mapping[str, frozenset[str]]] = {
    name.removeprefix("language "): words for name, words in word_sets().items() if name.startswith("language ")
}


class LanguageOptions(Options):
    """`only`: languages we write in, as codes; without it, the language of the mention is asked for."""

    only: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value in (True, "same") else value

    @field_validator("only", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("only")
    @classmethod
    def _codes(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        codes = tuple(name.strip().lower().replace("_", "-").split("-")[0] for name in written)
        for code, name in zip(codes, written, strict=True):
            if not _CODE.fullmatch(code):
                raise ValueError(f"'{name}' is no language code; write it like en or pt-br")
        return codes

    def allows(self, detected: str) -> bool:
        """Whether a text that `detect` calls so may be in one of the languages."""
        return detected in self.only or any(code in self.only for code in _WRITTEN_IN.get(detected, ()))


@lru_cache(maxsize=512)
def detect(text: str) -> str | None:
    """Return a language code, or a script's name for other scripts; nothing when the text is too short or mixed."""
    words = _words(text)
    letters = sum(map(len, words))
    if letters < 4:
        return None
    script = _script(words)
    if script:
        return script
    return _by_function_words(words) if letters >= _FEWEST_LETTERS and len(words) >= 4 else None


def may_be_english(text: str) -> bool:
    """Whether the trained models may read a text: English is all that they were taught.

    A text that is too short to tell is not where another language knows several of its words and English none.
    """
    found = detect(text)
    if found is not None:
        return found == "en"
    hits = _hits(_words(text))
    return hits["en"] > 0 or max(hits.values()) < _SEVERAL


def _script(words: list[str]) -> str | None:
    counts: Counter[str] = Counter()
    for character in "".join(words)[:400]:
        counts[_script_of(character)] += 1
    if any(counts[script] for script in _JAPANESE):
        return "japanese"
    script, count = counts.most_common(1)[0]
    return script.lower() if script != "LATIN" and count > 0.6 * sum(counts.values()) else None


@lru_cache(maxsize=4096)
def _script_of(character: str) -> str:
    name = unicodedata.name(character, "LATIN")
    return next((script for script in _SCRIPTS if name.startswith(script)), "LATIN")


def _words(text: str) -> list[str]:
    return _WORD.findall(_NOISE.sub(" ", text[:_MOST_CHARACTERS]).lower())


def _hits(words: list[str]) -> dict[str, int]:
    """How many of the words each language has among its commonest."""
    spelled = [word.replace("’", "'") for word in words]
    return {
        language: sum(word in function_words for word in spelled)
        for language, function_words in _FUNCTION_WORDS.items()
    }


def _by_function_words(words: list[str]) -> str | None:
    hits = _hits(words)
    best, second, *_ = sorted(hits, key=lambda language: -hits[language])
    enough = hits[best] >= 2 and hits[best] >= 0.15 * len(words)
    return best if enough and hits[best] >= 1.5 * hits[second] else None


def _build(options: LanguageOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        ours = detect(reading.raw)
        theirs = None if options.only else detect(reading.mention)
        if ours is None:
            return
        if options.only and not options.allows(ours):
            yield Hit(why=f"Written in {ours}; we write in {', '.join(options.only)}.")
        elif theirs is not None and theirs != ours:
            yield Hit(why=f"The post is in {theirs}, the reply in {ours}.")

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("language", LanguageOptions, _build, "in the language of the post that it answers"),)
