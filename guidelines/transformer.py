"""The small transformers that ship with Chorus, run by ONNX Runtime: a pair of texts in, a row of scores out."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

_START: Final = 101
_BREAK: Final = 102
MOST_PIECES: Final = 112
"""Word pieces that are read of a pair; the second text is cut first."""

_MOST_FIRST: Final = 72
"""Pieces that the first text may take."""

_SLOW: Final = ("SkipLayerNormFusion",)
"""Makes one step of two, and that one takes as long on a single core as a third of all the others."""


class Pieces:
    """Word pieces and their vectors, the same for every model: int8, a row a piece, times the scale of the piece.

    The rows stay on disk until they are needed: of 30,000 pieces few are ever met.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "pieces.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._words = np.load(folder / "pieces.npy", mmap_mode="r")
        self._scale = np.load(folder / "pieces_scale.npy")

    def row(self, first: str, second: str) -> tuple[list[int], int]:
        """The numbers of a pair's pieces as a model wants them, and how many of them belong to the first text."""
        opening = [_START, *self._of(first)[:_MOST_FIRST], _BREAK]
        return [*opening, *self._of(second)[: MOST_PIECES - len(opening) - 1], _BREAK], len(opening)

    def _of(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def knows(self, word: str) -> bool:
        """Whether a word is common enough to be one piece."""
        return len(self._of(word)) == 1

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """The vectors of some pieces: float32, one axis more than `numbers`."""
        rows: np.ndarray = self._words[numbers].astype(np.float32) * self._scale[numbers].astype(np.float32)
        return rows


class Transformer:
    """One trained model. Safe to call from several threads; uses one core, so that clicks are answered meanwhile."""

    def __init__(self, pieces: Pieces, weights: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._pieces = pieces
        self._session = onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW
        )

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Log-odds or logits of each pair, in the model's order of classes; empty for no pairs."""
        return [self._score(*self._pieces.row(*pair)) for pair in pairs]

    def _score(self, row: list[int], opening: int) -> tuple[float, ...]:
        """One pair at a time: rounded to int8 together, pairs would share a scale, and a score depend on neighbours."""
        numbers = np.array([row], dtype=np.int64)
        kinds = np.zeros_like(numbers)
        kinds[0, opening:] = 1
        asked = {"vectors": self._pieces.vectors(numbers), "kinds": kinds, "present": np.ones_like(numbers)}
        return tuple(map(float, self._session.run(["logits"], asked)[0][0]))


@cache
def pieces() -> Pieces:
    """The pieces that ship with Chorus, loaded at first use."""
    return Pieces(models())


@cache
def transformer(name: str) -> Transformer:
    """A model that ships with Chorus, loaded at first use."""
    return Transformer(pieces(), models() / f"{name}.onnx")


def models() -> Path:
    """The folder of the models."""
    return Path(__file__).parent / "models"
