"""A text made ready for checks: look-alikes folded, invisible characters gone, every span traceable to the original."""

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache

from guidelines.base import Candidate, FactCheck
from guidelines.lookalikes import LOOKALIKES

READ_LIMIT = 12_000
"""Code points that are read. Nobody replies at such length; what lies beyond is never called checked."""

Span = tuple[int, int]

_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,300}>|&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|td|h[1-6]|blockquote)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(
    r"(?<![.!?])(?:(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)(?<!\bno)|[.!?])[.!?]+[\"')\]]*(?=\s|$)|\n+"
)
_QUOTE = re.compile(
    r'"[^"\n]{2,400}"|(?<![\w\'])\'(?=\w)[^\'\n]{2,160}(?:\'(?=\w)[^\'\n]{1,160})*\'(?!\w)|^\s*>[^\n]*', re.MULTILINE
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_RUN = re.compile(r"[^\S\n]{4,}|\n[^\S\n]*\n\s*|[a-zA-Z0-9_]{80,}|([^\w\s])\1{9,}")
"""What is shortened before reading: no check needs it, and searching it would cost the square of its length."""
_KEPT_OF_RUN = 40
_INVISIBLE = {"Cf", "Mn", "Me", "Cc", "Cs", "Co"}


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    if character in "\n\t\r":
        return "\n" if character == "\n" else " "
    plain = unicodedata.normalize("NFKD", character.translate(LOOKALIKES)).translate(LOOKALIKES)
    kept = "".join(part for part in plain if unicodedata.category(part) not in _INVISIBLE)
    return " " if kept and kept.isspace() else kept


def fold(text: str) -> str:
    """Return `text` as checks see it, for comparing a phrase with a `Reading`."""
    return "".join(map(_fold_character, text))


def without_markup(text: str) -> str:
    """Return `text` as a browser would show it: tags gone, characters written as entities in their place."""
    if not _MARKUP.search(text):
        return text
    return _MARKUP.sub(lambda markup: _plain_markup(markup[0]), text).strip()


def _lowered(text: str) -> str:
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(part.lower() if len(part.lower()) == 1 else part for part in text)


def _fold_with_origins(text: str) -> tuple[str, list[int]]:
    parts: list[str] = []
    origins: list[int] = []

    def add(replacement: str, at: int) -> None:
        parts.append(replacement)
        origins.extend([at] * len(replacement))

    position = 0
    for markup in _MARKUP.finditer(text):
        for at in range(position, markup.start()):
            add(_fold_character(text[at]), at)
        add(_plain_markup(markup[0]), markup.start())
        position = markup.end()
    for at in range(position, len(text)):
        add(_fold_character(text[at]), at)
    return "".join(parts), origins


def _plain_markup(markup: str) -> str:
    if markup.startswith("&"):
        return fold(html.unescape(markup))
    return "\n" if _BLOCK_TAG.match(markup) else ""


def _squeeze(text: str, origins: list[int]) -> tuple[str, list[int]]:
    """Shorten runs that mean nothing: white space, one sign repeated, words of absurd length."""
    parts: list[str] = []
    kept: list[int] = []
    position = 0
    for run in _RUN.finditer(text):
        end = run.start() + (_KEPT_OF_RUN if run[0][0].isalnum() or run[0][0] == "_" else 2)
        parts.append(text[position:end])
        kept.extend(origins[position:end])
        position = run.end()
    parts.append(text[position:])
    kept.extend(origins[position:])
    return "".join(parts), kept


class Reading:
    """One candidate as all checks of a pack see it. Spans of checks are in `folded`; `original_span` maps them back."""

    def __init__(self, candidate: Candidate, facts: FactCheck | None = None, *, trained: bool = True) -> None:
        self.trained = trained
        self.candidate = candidate
        self.facts = facts
        self.raw = text = candidate.text[:READ_LIMIT]
        self._origins: list[int] | None = None
        if text.isascii() and "<" not in text and "&" not in text and "\t" not in text and "\r" not in text:
            self.folded = text
        else:
            self.folded, self._origins = _fold_with_origins(text)
        if _RUN.search(self.folded):
            self.folded, self._origins = _squeeze(self.folded, self._origins or list(range(len(self.folded))))
        self.lower = _lowered(self.folded)

    @property
    def complete(self) -> bool:
        """Whether the whole text was read."""
        return len(self.candidate.text) <= READ_LIMIT

    def original_span(self, span: Span) -> Span:
        """Return the part of the original text that `span` of the folded text came from."""
        if self._origins is None:
            return span
        start, end = span
        first = self._origins[start] if start < len(self._origins) else len(self.candidate.text)
        last = self._origins[end - 1] + 1 if end > start else first
        return first, last

    def folded_span(self, span: Span) -> Span:
        """Return the part of the folded text that `span` of the original became."""
        if self._origins is None:
            return span
        return bisect_left(self._origins, span[0]), bisect_left(self._origins, span[1])

    @cached_property
    def mention(self) -> str:
        """The post that is answered, as its readers see it."""
        return without_markup(self.candidate.mention[:READ_LIMIT])

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences as spans, punctuation included."""
        return tuple(self._split())

    def _split(self) -> Iterator[Span]:
        start = 0
        for end in _SENTENCE_END.finditer(self.folded):
            if self.folded[start : end.start()].strip():
                yield start, end.end()
                start = end.end()
        if self.folded[start:].strip():
            yield start, len(self.folded)

    def sentence_at(self, position: int) -> Span:
        """Return the sentence that `position` lies in."""
        index = bisect_right(self._sentence_starts, position) - 1
        return self.sentences[max(index, 0)] if self.sentences else (0, len(self.folded))

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    def before(self, position: int, reach: int = 60) -> str:
        """Return the lower-case text before `position` in its sentence, at most `reach` characters."""
        start, _ = self.sentence_at(position)
        return self.lower[max(start, position - reach) : position]

    def after(self, position: int, reach: int = 60) -> str:
        """Return the lower-case text after `position` in its sentence, at most `reach` characters."""
        _, end = self.sentence_at(max(position - 1, 0))
        return self.lower[position : min(end, position + reach)]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words in lower case, in order."""
        return tuple(_WORD.findall(self.lower))

    @cached_property
    def quotes(self) -> tuple[Span, ...]:
        """What the text quotes; nothing when nearly all of it stands in quotation marks."""
        spans = tuple(match.span() for match in _QUOTE.finditer(self.folded))
        quoted = sum(end - start for start, end in spans)
        return spans if quoted <= 0.8 * max(len(self.folded.strip()), 1) else ()

    @cached_property
    def own_words(self) -> str:
        """The lower-case text without what it quotes."""
        parts, position = [], 0
        for start, end in self.quotes:
            parts.append(self.lower[position:start])
            position = end
        return " ".join((*parts, self.lower[position:]))

    def is_quoted(self, span: Span) -> bool:
        """Whether `span` lies inside a quotation, and so is somebody else's words."""
        return any(start <= span[0] and span[1] <= end for start, end in self.quotes)
