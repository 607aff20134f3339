"""What words mean to the comparison: stems, shared concepts, opposite poles, and which words carry no weight."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "words"
_SPLIT = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")
_SHORTEST_ROOT = 5
_VOWEL = re.compile(r"[aeiouy]")


@cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of one word list, comments and blanks left out."""
    text = (WORDS / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def entries(name: str) -> list[tuple[str, str]]:
    """The `key: rest` lines of one word list."""
    return [(key.strip(), rest.strip()) for key, _, rest in (line.partition(":") for line in lines(name))]


@cache
def _groups() -> dict[str, str]:
    return dict(entries("groups"))


def group(name: str) -> frozenset[str]:
    """A small list of words that one module uses."""
    return frozenset(_groups()[name].split())


Phrases = Mapping[str, Sequence[tuple[str, ...]]]
"""Phrases, each as its words, by their first word: most are ruled out by it."""


def phrases(name: str) -> Phrases:
    """A small list of phrases that one module uses."""
    return by_first_word(*_groups()[name].split("|"))


def by_first_word(*listed: str) -> Phrases:
    """Phrases made ready to be looked for."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in listed:
        parts = tuple(phrase.split())
        found.setdefault(parts[0], []).append(parts)
    return found


@cache
def words(name: str) -> frozenset[str]:
    """All words of a plain list, separated by commas or spaces."""
    return frozenset(word for line in lines(name) for word in line.replace(",", " ").split())


@cache
def _irregular() -> dict[str, str]:
    return {form: base for base, forms in entries("irregular") for form in forms.split()}


@cache
def stem(word: str) -> str:
    """A rough root that the forms of one word share; not meant to be read."""
    word = word.removesuffix("'s").removesuffix("'").replace("'", "")
    word = _irregular().get(word, word)
    if len(word) <= 3:
        return word
    return _trim(_without_ending(word))


def _without_ending(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and _VOWEL.search(rest) and not rest.endswith("e"):
            return rest
    return word


def _trim(word: str) -> str:
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


@cache
def _suffixes() -> tuple[str, ...]:
    return tuple(sorted(group("lexicon suffixes"), key=len, reverse=True))


@cache
def root(part: str) -> str:
    """What a stem has in common with its noun, verb and adjective, marked as such: migrat(e), migrat(ion)."""
    for suffix in _suffixes():
        rest = part.removesuffix(suffix)
        if rest != part and len(rest) >= _SHORTEST_ROOT:
            return f"√{rest.removesuffix('at')}"
    rest = part.removesuffix("at")
    return f"√{rest}" if len(rest) >= _SHORTEST_ROOT else ""


def stems(phrase: str) -> tuple[str, ...]:
    """The stems of a phrase's words."""
    return tuple(stem(word) for word in _SPLIT.findall(phrase.lower()))


@dataclass(slots=True)
class Meanings:
    """Phrases (as stems) and what they mean: each key with +1 or -1, the pole on that key's axis."""

    by_first: dict[str, list[tuple[tuple[str, ...], dict[str, int]]]] = field(default_factory=dict)

    def add(self, phrase: str, key: str, pole: int = 1) -> None:
        """Let a phrase mean `key`; a phrase may mean several things."""
        parts = stems(phrase)
        if not parts:
            return
        same = self.by_first.setdefault(parts[0], [])
        for known, meaning in same:
            if known == parts:
                meaning[key] = pole
                return
        same.append((parts, {key: pole}))
        same.sort(key=lambda entry: -len(entry[0]))

    def at(self, parts: Sequence[str], position: int) -> tuple[int, dict[str, int]]:
        """The longest phrase that begins at `position`: how many words it takes, and what it means."""
        for known, meaning in self.by_first.get(parts[position], ()):
            if tuple(parts[position : position + len(known)]) == known:
                return len(known), meaning
        return 1, {}


@cache
def meanings() -> Meanings:
    """All concepts and poles of the word lists."""
    found = Meanings()
    for key, rest in entries("concepts"):
        for phrase in rest.split(","):
            found.add(phrase, f"~{key}")
    for key, rest in entries("poles"):
        positive, _, negative = rest.partition("|")
        for side, pole in ((positive, 1), (negative, -1)):
            for phrase in side.split(","):
                found.add(phrase, f"±{key}", pole)
    return found


@cache
def stop_words() -> frozenset[str]:
    """Words that never carry meaning here (stems)."""
    return frozenset(stem(word) for word in words("stop")) | words("stop")


@cache
def weak_words() -> frozenset[str]:
    """Words that carry little (stems)."""
    return frozenset(stem(word) for word in words("weak"))
