"""Untrusted text made readable: folded look-alikes, tokens with their place in the original, sentences and clauses."""

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from guidelines.lookalikes import LOOKALIKES

LONGEST = 20_000
"""Code points that are read; what lies behind them is ignored, so that no post can be slow."""

_MARKUP = re.compile(r"<(?:br|/?p|/?div|/?li)\b[^<>]{0,200}>|</?[a-zA-Z!][^<>]{0,300}>|https?://\S+|www\.\S+")
_SLASHED = re.compile("(?!24\u20447)([0-9]{1,3}|[⁰¹²³⁴-⁹]{1,3})\u2044([0-9]{1,3}|[₀-₉]{1,3})(?![0-9/\u2044])")
_WHOLE = re.compile("(?<![0-9.,])[0-9]{1,3}$")
_AS_IT_STANDS = re.compile(r"""[A-Za-gi-vx-z,.!?;:'"()@#_-]+""")
"""Signs that mean themselves wherever they stand; an "h" or "w" may begin a link."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")
_TOKEN = re.compile(
    r"(?P<special>24\s?[/x]\s?7(?![0-9])|[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}(?![0-9])|[0-9]{1,2}:[0-9]{2}(?![0-9])"
    r"|\b[iI][pP][xX0-6][0-9xX][kK]?\b|\bIP[X0-6][0-9]?\b|(?<!\w)/s\b"
    r"|\b[2-6]G\b|\b[345]g\b(?!\s*(?:of|per|protein|sugar|fat|salt|carbs|fib|/)))"
    r"|(?P<number>[0-9]+(?:[.,][0-9]+)*)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<symbol>[^\s\w]|_)"
)
_SENTENCE_END = re.compile(r"(?<![.!?;])[.!?;]+(?=\s|$|[\"')\]])|\n+|(?<=[\U0001F300-\U0001FAFF])\s+(?=[A-Z])")
_FREE = re.compile(r"(?!care)[a-z]{3,}free")
_ABBREVIATION = re.compile(
    r"\b(?:approx|vs|e\.g|i\.e|etc|inc|ltd|co|st|dr|mr|mrs|ms|no|est|incl|excl|max|min|p\.m|a\.m)$"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign; `start` and `end` count code points of the original text."""

    text: str
    raw: str
    kind: str
    start: int
    end: int
    hyphenated: bool = False
    """Whether a hyphen without spaces joins it to the token before."""
    attached: bool = False
    """Whether nothing at all stands between it and the token before."""

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.raw[:1].isupper()


@dataclass(frozen=True, slots=True)
class Folded:
    """A readable copy of a text and, for each of its code points, the place in the original."""

    text: str
    offsets: tuple[int, ...]
    length: int

    def origin(self, position: int) -> int:
        """Where the code point at `position` comes from; the original's length for the end."""
        return self.offsets[position] if position < len(self.offsets) else self.length


def fold(text: str) -> Folded:
    """Undo HTML, links, compatibility forms, look-alike letters and invisible characters."""
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    text = text[:LONGEST]
    while position < len(text):
        if run := _AS_IT_STANDS.match(text, position):
            pieces.append(run.group())
            offsets.extend(range(position, run.end()))
            position = run.end()
            continue
        shown, step = _readable(text, position)
        pieces.append(shown)
        offsets.extend([position] * len(shown))
        position += step
    return Folded("".join(pieces), tuple(offsets), len(text))


def _readable(text: str, position: int) -> tuple[str, int]:
    character = text[position]
    if (fraction := _fraction(text, position)) is not None:
        return fraction
    if character.isascii() and character not in "<&hw`":
        return character, 1
    if character in "<hw" and (markup := _MARKUP.match(text, position)):
        return ("\n" if markup.group()[:3].lower() in ("<br", "<p>", "</p", "<li", "<di") else " "), len(markup.group())
    if character == "&" and (entity := _ENTITY.match(text, position)):
        return html.unescape(entity.group()).translate(LOOKALIKES), len(entity.group())
    if character.isascii() and character != "`":
        return character, 1
    if _is_superscript(character) and not text[max(0, position - 1) : position].isalpha():
        return "", 1
    return _plain(character), 1


def _is_superscript(character: str) -> bool:
    """Whether a sign is a small raised digit: behind a letter a unit's ("m²"), anywhere else a note's."""
    return character.isdigit() and unicodedata.decomposition(character).startswith("<super>")


def _fraction(text: str, position: int) -> tuple[str, int] | None:
    """A fraction as decimals, which a whole number before it takes in: "8½", "8 ½"; and how far it goes."""
    if text[position].isspace():
        parts = _parts(text, position + 1)
        return ("", 1) if parts and parts[0] < 1 and _WHOLE.search(text, max(0, position - 4), position) else None
    parts = _parts(text, position)
    if parts is None:
        return None
    value, length = parts
    before = text[max(0, position - 1) : position]
    whole = before.isdecimal() or (before.isspace() and _WHOLE.search(text, max(0, position - 5), position - 1))
    decimals = f"{value:.3g}"
    return decimals.removeprefix("0") if whole and value < 1 else decimals, length


def _parts(text: str, position: int) -> tuple[float, int] | None:
    """The value of the fraction that begins at a place, and how many signs spell it."""
    character = text[position : position + 1]
    if not character.isnumeric():
        return None
    if unicodedata.decomposition(character).startswith("<fraction>") and (value := unicodedata.numeric(character)) < 1:
        return value, 1
    within = character.isdecimal() and text[max(0, position - 1) : position].isdecimal()
    slashed = None if within else _SLASHED.match(text, position)
    upper, lower = (int(unicodedata.normalize("NFKC", part)) for part in slashed.groups()) if slashed else (0, 0)
    return (upper / lower, len(slashed.group())) if slashed and lower else None


def _plain(character: str) -> str:
    swapped = character.translate(LOOKALIKES)
    if swapped != character:
        return swapped
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cc", "Cs"):
        return ""
    if category == "Zs":
        return " "
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) <= 4 else character


def tokens_of(folded: Folded, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens between two places of the folded text."""
    found: list[Token] = []
    stop = len(folded.text) if end is None else end
    hyphen = False
    last = -1
    for match in _TOKEN.finditer(folded.text, start, stop):
        raw = match.group()
        touching = match.start() == last
        if raw == "-":
            hyphen = touching and folded.text[match.end() : match.end() + 1].isalnum()
            last = match.end()
            if hyphen:
                continue
        token = _token(folded, match, raw, hyphen=hyphen, attached=touching)
        found += _without(folded, token, match) if _FREE.fullmatch(token.text) else [token]
        hyphen, last = False, match.end()
    return found


def _without(folded: Folded, token: Token, match: re.Match[str]) -> list[Token]:
    """ "Sugarfree" as "sugar-free"."""
    cut = len(token.text) - len("free")
    middle = folded.origin(match.start() + cut)
    first = Token(token.text[:cut], token.raw[:cut], "word", token.start, middle, token.hyphenated, token.attached)
    return [first, Token("free", token.raw[cut:], "word", middle, token.end, hyphenated=True, attached=True)]


def _token(folded: Folded, match: re.Match[str], raw: str, *, hyphen: bool, attached: bool) -> Token:
    start, end = folded.origin(match.start()), folded.origin(match.end() - 1) + 1
    return Token(raw.lower(), raw, match.lastgroup or "symbol", start, end, hyphen, attached)


def written(tokens: Sequence[Token], *, longest: int = 80) -> str:
    """Tokens as they stood in their text, cut short behind a whole one."""
    found = ""
    for token in tokens:
        joint = "-" if token.hyphenated else "" if token.attached else " "
        added = joint + token.raw if found else token.raw
        if len(found) + len(added) > longest:
            return found + " …"
        found += added
    return found


def is_network(text: str) -> bool:
    """Whether a token is a generation of mobile networks, such as 5G."""
    return len(text) == 2 and text[0] in "23456" and text[1] in "gG"


def sentence_bounds(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a folded text begin and end, their closing marks included."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.group() == "." and _ABBREVIATION.search(text[max(0, match.start() - 8) : match.start()].lower()):
            continue
        if text[start : match.end()].strip():
            bounds.append((start, match.end()))
        start = match.end()
    if text[start:].strip():
        bounds.append((start, len(text)))
    return bounds


def sentence_at(bounds: list[tuple[int, int]], position: int) -> int:
    """The number of the sentence that holds a place."""
    return max(0, bisect_right([start for start, _ in bounds], position) - 1)
