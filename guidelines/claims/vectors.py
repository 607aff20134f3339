"""Word vectors, where the optional packages are installed: read from the installed files, never from a network."""

import importlib.util
import logging
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_log = logging.getLogger(__name__)


class Vectors:
    """Says how near in meaning two words are."""

    def __init__(self, rows: Any, tokenizer: Any) -> None:
        self._rows = rows
        self._tokenizer = tokenizer
        self._vector = lru_cache(maxsize=20_000)(self._read)
        self.similarity = lru_cache(maxsize=100_000)(self._similarity)

    def _read(self, text: str) -> Any:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids[:16]
        if not ids:
            return None
        vector = self._rows[ids].astype("f4").mean(axis=0)
        length = float((vector @ vector) ** 0.5)
        return vector / length if length else None

    def _similarity(self, one: str, other: str) -> float:
        first, second = self._vector(one), self._vector(other)
        return 0.0 if first is None or second is None else float(first @ second)


@cache
def vectors() -> Vectors | None:
    """The vectors, loaded at first use; None where the optional packages are missing."""
    found = importlib.util.find_spec("wordllama")
    if found is None or found.origin is None:
        return None
    root = Path(found.origin).parent
    try:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        rows = next(iter(load_file(root / _WEIGHTS).values()))
        tokenizer = Tokenizer.from_file(str(root / _TOKENIZER))
    except (ImportError, OSError, ValueError) as error:
        _log.warning("Word vectors are not available, so words match by the lists alone: %s", error)
        return None
    tokenizer.no_padding()
    return Vectors(rows, tokenizer)
