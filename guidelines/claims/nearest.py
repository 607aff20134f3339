"""Which facts a text may speak of: those nearest to it in meaning."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from guidelines.claims.vectors import vectors

MOST = 4
"""Facts that are read against a text; each takes a reading of its own."""

FAR = 0.2
"""A fact that is so much less near than the nearest is not read: in 300 claims about it one is lost, and of four
readings one and a half are spared."""

_PARENT = 0.5
"""How much the post that is answered counts beside the answer."""


class Sought:
    """A text whose facts are sought, and the post it answers."""

    def __init__(self, text: str, parent: str = "") -> None:
        own, around = vectors().meaning(text), vectors().meaning(parent)
        self.meaning: Any = own if around is None else _PARENT * around if own is None else own + _PARENT * around


class Nearest:
    """Statements by their meaning."""

    def __init__(self, statements: Sequence[str]) -> None:
        self._statements = statements

    @cached_property
    def _meanings(self) -> list[Any]:
        return [vectors().meaning(each) for each in self._statements]

    def nearness(self, at: int, sought: Sought) -> float:
        """How near a statement is to a text; comparable only among statements and one text."""
        meaning = self._meanings[at]
        return 0.0 if meaning is None or sought.meaning is None else float(meaning @ sought.meaning)
