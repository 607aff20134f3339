"""`python -m guidelines.training.pieces`: writes the vectors of the word pieces, as the base model brings them."""

import numpy as np

from guidelines.training.network import base_words
from guidelines.transformer import models


def main() -> None:
    """Write models/pieces.npy and models/pieces_scale.npy; what the pieces are stands in models/pieces.json."""
    rows, scale = base_words()
    np.save(models() / "pieces.npy", rows)
    np.save(models() / "pieces_scale.npy", scale)


if __name__ == "__main__":
    main()
