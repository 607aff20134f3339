"""Word lists of the built-in checks: text files of one pattern a line, grouped in sections, compiled once.

A line is a regular expression for lower-case folded text that must start and end at a word's edge. ` ... ` stands for
anything up to 60 characters within a clause, `<name>` for the alternatives defined by a line `@name = a|b`, and an
apostrophe may be missing in the text. A line that starts with a space continues the one above, one that
starts with a hash and a space is a remark. Lines are tried in order.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

_SECTION: Final = re.compile(r"\[(?P<name>[\w -]+)(?:: (?P<options>[^\]]*))?\]")
_MACRO: Final = re.compile(r"<([a-z_]+)>")
_STRICT: Final = frozenset({"we're", "we'll", "i'll", "we'd", "i'd", "he'll", "she'll", "it's"})
_APOSTROPHE_WORD: Final = re.compile(r"[a-z]+'[a-z]+")
_GAP: Final = r"\b[^.!?;\n]{1,60}?\b"


@dataclass(frozen=True, slots=True)
class Section:
    """One group of a word list: its pattern, its lines, and what the heading says of it."""

    name: str
    pattern: re.Pattern[str]
    lines: tuple[str, ...]
    options: Mapping[str, str]

    @property
    def weight(self) -> float:
        """How much one hit counts."""
        return float(self.options.get("weight", "1"))


@lru_cache(maxsize=32)
def lexicon(name: str) -> Mapping[str, Section]:
    """Return the sections of the word list `name`, in order."""
    text = resources.files("guidelines.checks").joinpath(f"lexicons/{name}.txt").read_text("utf-8")
    return {section.name: section for section in read_sections(text)}


@lru_cache(maxsize=1)
def word_sets() -> Mapping[str, frozenset[str]]:
    """Return the sets of words that checks compare with, by name."""
    return {name: frozenset(" ".join(section.lines).split()) for name, section in lexicon("words").items()}


def read_sections(text: str) -> Iterator[Section]:
    """Read a word list; raises `ValueError` on a line that belongs nowhere."""
    macros: dict[str, str] = {}
    heading: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*_logical_lines(text), "[end]"]:
        if line.startswith("@"):
            key, _, value = line[1:].partition(" = ")
            macros[key] = f"(?:{_expand(value, macros)})"
        elif start := _SECTION.fullmatch(line):
            if heading:
                yield _section(heading, lines)
            heading, lines = start, []
        elif heading is None:
            raise ValueError(f"no section above {line!r}")
        else:
            lines.append(_expand(line, macros))


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and lines:
            lines[-1] += line[1:]
        elif line.strip() and not line.startswith("# "):
            lines.append(line)
    return lines


def _expand(line: str, macros: Mapping[str, str]) -> str:
    with_gaps = line.replace(" ... ", _GAP)
    filled = _MACRO.sub(lambda match: macros[match[1]] if match[1] in macros else match[0], with_gaps)
    return _APOSTROPHE_WORD.sub(lambda word: word[0] if word[0] in _STRICT else word[0].replace("'", "'?"), filled)


def _section(heading: re.Match[str], lines: list[str]) -> Section:
    pairs = (pair.partition("=") for pair in (heading["options"] or "").split())
    options = {key: value or "yes" for key, _, value in pairs}
    body = "|".join(f"(?:{line})" for line in lines) or r"(?!)"
    source = body if "raw" in options else rf"(?<![\w'])(?:{body})(?:(?<= )|(?!\w))"
    return Section(heading["name"], re.compile(source, re.MULTILINE), tuple(lines), options)
