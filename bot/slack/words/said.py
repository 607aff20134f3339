"""What services say in English, said again in a reader's language: sentences with blanks, known by fixed parts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

LONGEST = 3000
"""A longer text is no sentence of ours; it is shown as it is."""

ENOUGH = 8
"""So many fixed characters it takes to know a sentence inside of a longer text; fewer could be chance."""

LIMITS, CLAUSES, WITHIN = "limits_in_words", "clauses", "within"
"""Tables of a catalogue that are special: how limits begin, what may follow there after a comma, and what is known only
inside of a blank. All others hold sentences."""

_MOST_LOOKS = 200
_MOST_SENTENCES = 12
_MOST_TOGETHER = 6
_DEEPEST = 4
_END = re.compile(r"(?<=[.!?])(?<!\bno\.)\s+")

Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Template:
    """A text with blanks: its fixed parts, the names of the blanks between them, and the translation likewise."""

    parts: tuple[str, ...]
    names: tuple[str, ...]
    translation: tuple[tuple[str, str], ...]

    @property
    def weight(self) -> int:
        """How many characters are fixed; of several templates the one with most of them was meant."""
        return sum(map(len, self.parts))

    def match(self, text: str) -> dict[str, str] | None:
        """Return what stands in the blanks, each as short as may be. No part of the text is looked at twice."""
        first, *between, last = self.parts
        at, stop = len(first), len(text) - len(last)
        if at > stop or not text.startswith(first) or not text.endswith(last):
            return None
        values: list[str] = []
        for part in between:
            found = text.find(part, at, stop)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(part)
        return dict(zip(self.names, [*values, text[at:stop]], strict=True))

    def quotes(self, name: str) -> bool:
        """Whether a blank stands in quotation marks: what somebody wrote stays as it was written."""
        at = self.names.index(name)
        return self.parts[at].endswith("“") and self.parts[at + 1].startswith("”")


def template(text: str, translation: str) -> Template:
    """Read a template; its blanks are `{name}`, each name once."""
    parts, names = [""], []
    for literal, name, _, _ in Formatter().parse(text):
        parts[-1] += literal
        if name is not None:
            names.append(name)
            parts.append("")
    told = tuple((literal, name or "") for literal, name, _, _ in Formatter().parse(translation))
    return Template(tuple(parts), tuple(names), told)


class Shelf:
    """Templates in the order in which they are tried: whole texts are looked up, then the most telling come first."""

    def __init__(self, *tables: Mapping[str, str]) -> None:
        read = [template(text, told) for table in tables for text, told in table.items()]
        self._whole = {each.parts[0]: "".join(part for part, _ in each.translation) for each in read if not each.names}
        self._open = sorted((each for each in read if each.names), key=lambda each: -each.weight)

    def whole(self, text: str) -> str | None:
        """Return the translation of a text that has no blanks."""
        return self._whole.get(text)

    def find(self, text: str, *, enough: int = 0) -> tuple[Template, dict[str, str]] | None:
        """Return the template of a text and what stands in its blanks."""
        for each in self._open:
            if each.weight < enough:
                break
            if (values := each.match(text)) is not None:
                return each, values
        return None


class Said:
    """The sentences of one language."""

    def __init__(self, tables: Tables) -> None:
        special = (CLAUSES, WITHIN)
        self.sentences = Shelf(*(table for name, table in tables.items() if name not in special))
        self.limits = Shelf(tables.get(LIMITS, {}))
        self.clauses = Shelf(tables.get(CLAUSES, {}))
        self.within = Shelf(tables.get(WITHIN, {}))

    def __call__(self, text: str) -> str:
        """Return a text in this language, sentence by sentence where there are several; unknown ones as they are."""
        return _Reading(self).read(text).text if len(text) <= LONGEST else text


@dataclass(frozen=True, slots=True)
class _Told:
    """A translation, and how many characters of the text were known for it."""

    text: str
    known: int = 0


class _Reading:
    """One reading of a text. It counts its looks, so that it ends soon however the text is made."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._left = _MOST_LOOKS

    def read(self, text: str, depth: int = 0) -> _Told:
        bare = text.strip()
        if not bare or depth > _DEEPEST:
            return _Told(text)
        before, _, after = text.partition(bare)
        told = self._sentences(bare, depth)
        return _Told(before + told.text + after, told.known)

    def _sentences(self, text: str, depth: int) -> _Told:
        if (whole := self._whole(text, depth)) is not None:
            return whole
        ends = [found.span() for found in _END.finditer(text)][: _MOST_SENTENCES - 1]
        ends.append((len(text), len(text)))
        told, known, at, start = "", 0, 0, 0
        while at < len(ends):
            reach, first = self._first(text, start, ends[at : at + _MOST_TOGETHER], depth)
            stop, following = ends[at + reach]
            told, known = told + first.text + text[stop:following], known + first.known
            at, start = at + reach + 1, following
        return _Told(told, known)

    def _first(self, text: str, start: int, ends: Sequence[tuple[int, int]], depth: int) -> tuple[int, _Told]:
        """Return how many more sentences belong to the first, and what they say together.

        Of several readings the one counts of which most is known, for its length; where none is known the first
        sentence stays as it is.
        """
        best, chosen = 0.0, (0, _Told(text[start : ends[0][0]]))
        for reach, (stop, _) in enumerate(ends):
            alone = start == 0 and stop == len(text) and reach == 0
            told = self._known(text[start:stop], depth, alone=alone)
            if told is not None and told.known / (stop - start) > best:
                best, chosen = told.known / (stop - start), (reach, told)
        return chosen

    def _known(self, text: str, depth: int, *, alone: bool) -> _Told | None:
        self._left -= 1
        if self._left < 0:
            return None
        if (whole := self._whole(text, depth)) is not None:
            return whole
        if (limit := self._limit(text, depth)) is not None:
            return limit
        told = self._fill(self._said.sentences, text, depth, 0 if alone and not depth else ENOUGH)
        if told is None and depth:
            told = self._fill(self._said.within, text, depth, 0 if alone else ENOUGH)
        return told

    def _whole(self, text: str, depth: int) -> _Told | None:
        told = self._said.sentences.whole(text)
        if told is None and depth:
            told = self._said.within.whole(text)
        return None if told is None else _Told(told, len(text))

    def _fill(self, shelf: Shelf, text: str, depth: int, enough: int = 0) -> _Told | None:
        found = shelf.find(text, enough=enough)
        if found is None:
            return None
        form, values = found
        told = {name: _Told(at) if form.quotes(name) else self.read(at, depth + 1) for name, at in values.items()}
        filled = "".join(part + (told[name].text if name else "") for part, name in form.translation)
        return _Told(filled, form.weight + sum(each.known for each in told.values()))

    def _limit(self, text: str, depth: int) -> _Told | None:
        """Return a limit with its clauses, between which there are commas; all of it is known, or nothing."""
        body, *clauses = text.removesuffix(".").split(", ", _MOST_SENTENCES)
        told = [self._fill(self._said.limits, body, depth)]
        told += [self._fill(self._said.clauses, clause, depth) for clause in clauses if told[0] is not None]
        parts = [part for part in told if part is not None]
        if len(parts) < len(told):
            return None
        return _Told(", ".join(part.text for part in parts) + "." * text.endswith("."), len(text))
