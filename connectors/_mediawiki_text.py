"""Wikitext to what a reader sees, and our own words to wikitext in which nothing of theirs is markup."""

import re
from collections.abc import Iterator
from html import escape

from connectors._text import plain

_LITERAL = ("nowiki", "pre", "syntaxhighlight", "source", "math", "templatedata", "score")
_OPENING = re.compile(rf"<(!--|(?:{'|'.join(_LITERAL)})(?=[\s/>]))", re.IGNORECASE)
_INDENT = re.compile(r"[:*#;]*[ \t]*")
_LINK = re.compile(r"\[\[:?([^\[\]|\n]{0,500})(?:\|([^\[\]]{0,1000}))?\]\]")
_OUTSIDE = re.compile(r"\[((?:https?:)?//[^\s\[\]<>\"]{1,2000})(?:[ \t]+([^\[\]\n]{0,1000}))?\]")
_TEMPLATE = re.compile(r"\{\{([^{}]{1,5000})\}\}")
_EMPHASIS = re.compile(r"'{2,5}")
_CALLS = frozenset({"ping", "re", "reply", "reply to", "replyto", "yo", "u", "user", "ul", "@", "mention"})
_QUOTES = frozenset({"tq", "tqq", "talk quote", "talk quote inline", "green", "xt", "em", "strong", "small", "nowrap"})
_OUTDENTS = frozenset({"od", "od2", "outdent", "oda", "unindent"})
_DEEPEST = 8
_ESCAPED = {"[": "&#91;", "{": "&#123;", "|": "&#124;", "~": "&#126;"}
_AT_A_START = frozenset("*#:;=-! ")


def masked(source: str) -> str:
    """Return `source` with all that MediaWiki does not read as wikitext blanked out, every character in its place."""
    pieces: list[str] = []
    for start, end, is_literal in _stretches(source):
        stretch = source[start:end]
        pieces.append(re.sub(r"[^\n]", " ", stretch) if is_literal else stretch)
    return "".join(pieces)


def shown(source: str) -> str:
    """Return the text that a reader of one comment sees: links as words, calls as names, no markup."""
    pieces: list[str] = []
    for start, end, is_literal in _stretches(source):
        stretch = source[start:end]
        pieces.append(_literally(stretch) if is_literal else _words(stretch))
    return plain("\n".join(_line(line) for line in "".join(pieces).strip().split("\n"))).strip()


def called(source: str) -> frozenset[str]:
    """Return the names of those whom a comment calls by a template, as they were typed."""
    names: set[str] = set()
    for template in _TEMPLATE.finditer(masked(source)):
        name, *values = template[1].split("|")
        if name.strip().casefold() in _CALLS:
            names |= {value.strip() for value in values if value.strip() and "=" not in value}
    return frozenset(names)


def indent_of(line: str) -> str:
    """Return the marks at the beginning of a line that say how deep it stands."""
    found = re.match(r"[:*#;]*", line)
    return found[0] if found else ""


def is_outdented(line: str) -> bool:
    """Whether a line begins again at the margin but goes on with the conversation above it."""
    found = re.match(r"[:*#; \t]*\{\{([^{}|\n]{1,20})[|}]", line)
    return found is not None and found[1].strip().casefold() in _OUTDENTS


def as_wikitext(text: str, indent: str) -> str:
    """Return `text` as wikitext at a depth; every line of it stands there, and shows the very letters."""
    lines = [line.strip() for line in text.split("\n")]
    return "\n".join(indent + _escaped(line) for line in lines if line)


def _escaped(line: str) -> str:
    safe = "".join(_ESCAPED.get(mark, mark) for mark in escape(line, quote=False))
    safe = safe.replace("''", "&#39;&#39;").replace("__", "&#95;&#95;")
    if safe[0] in _AT_A_START:
        return f"&#{ord(safe[0])};{safe[1:]}"
    return safe


def _stretches(source: str) -> Iterator[tuple[int, int, bool]]:
    """Cut `source` into what is wikitext and what is not. An element that nobody closes is text; a comment ends all."""
    unclosed: set[str] = set()
    done = 0
    for opening in _OPENING.finditer(source):
        if opening.start() < done:
            continue
        name = opening[1].casefold()
        end = _end_of(source, opening, name, unclosed)
        if end is not None:
            yield done, opening.start(), False
            yield opening.start(), end, True
            done = end
    yield done, len(source), False


def _end_of(source: str, opening: re.Match[str], name: str, unclosed: set[str]) -> int | None:
    if name == "!--":
        end = source.find("-->", opening.end())
        return len(source) if end < 0 else end + 3
    bracket = -1 if {name, ">"} & unclosed else source.find(">", opening.end())
    if bracket < 0:
        unclosed.add(">" if name not in unclosed else name)
        return None
    if source[bracket - 1] == "/":
        return bracket + 1
    closing = re.compile(rf"</{name}\s{{0,9}}>", re.IGNORECASE).search(source, bracket)
    if closing is None:
        unclosed.add(name)
        return None
    return closing.end()


def _literally(stretch: str) -> str:
    if stretch.startswith("<!--"):
        return ""
    inside = re.sub(r"^<[^>]*>|</[^<>]*>$", "", stretch)
    return escape(re.sub(r"&(#?\w{1,10};)", "\ufdd0\\1", inside), quote=False).replace("\ufdd0", "&")


def _words(stretch: str) -> str:
    """Turn templates and links into words, the innermost first."""
    for _ in range(_DEEPEST):
        changed = _LINK.sub(_linked, _TEMPLATE.sub(_expanded, stretch))
        if changed == stretch:
            break
        stretch = changed
    stretch = _OUTSIDE.sub(lambda link: f"{link[2]} ({link[1]})" if link[2] else link[1], stretch)
    return _EMPHASIS.sub("", stretch)


def _linked(link: re.Match[str]) -> str:
    target, words = link[1].strip(), link[2]
    return target if words is None else words.rpartition("|")[2].strip() or target


def _expanded(template: re.Match[str]) -> str:
    name, *values = template[1].split("|")
    folded = " ".join(name.split()).casefold()
    if folded in _OUTDENTS:
        return ""
    named = [value.strip().removeprefix("1=") for value in values if value.strip()]
    if folded in _CALLS:
        return ", ".join(f"@{value}" for value in named if "=" not in value)
    if folded in _QUOTES and named:
        return named[0]
    # What a template would show, only the wiki knows. Its name and words are better than a gap.
    return " ".join(["⟨" + " ".join(name.split()), *named]) + "⟩"


def _line(line: str) -> str:
    marks = indent_of(line)
    rest = line[len(marks) :].strip()
    return f"- {rest}" if marks.endswith(("*", "#")) and rest else rest
