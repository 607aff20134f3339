"""Word vectors: how near in meaning two words or two texts are."""

import importlib.util
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_MOST_OF_TEXT = 200


class Vectors:
    """Says how near in meaning two words are."""

    def __init__(self, rows: Any, tokenizer: Any) -> None:
        self._rows = rows
        self._tokenizer = tokenizer
        self._vector = lru_cache(maxsize=20_000)(self._read)
        self.similarity = lru_cache(maxsize=100_000)(self._similarity)

    def meaning(self, text: str) -> Any:
        """The direction of a whole text, a unit vector; None for a text without words."""
        return self._read(text, _MOST_OF_TEXT)

    def _read(self, text: str, most: int = 16) -> Any:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids[:most]
        if not ids:
            return None
        vector = self._rows[ids].astype("f4").mean(axis=0)
        length = float((vector @ vector) ** 0.5)
        return vector / length if length else None

    def _similarity(self, one: str, other: str) -> float:
        first, second = self._vector(one), self._vector(other)
        return 0.0 if first is None or second is None else float(first @ second)


@cache
def vectors() -> Vectors:
    """The vectors, loaded at first use from the files that wordllama installs: its own loader asks a network."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    found = importlib.util.find_spec("wordllama")
    root = Path(str(found.origin)).parent if found is not None else Path()
    rows = next(iter(load_file(root / _WEIGHTS).values()))
    tokenizer = Tokenizer.from_file(str(root / _TOKENIZER))
    tokenizer.no_padding()
    return Vectors(rows, tokenizer)
