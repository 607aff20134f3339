"""The transformers that ship: batches, lengths, and that no text makes them slow or wrong."""

import time

import pytest

from guidelines.transformer import MOST_PIECES, pieces, transformer

PAIRS = [
    ("company tea costs 12 euros a tin.", "25 ¬ euros for a tin of company tea"),
    ("company is based in Lisbon.", "they sit in Berlin ¬"),
    ("", ""),
    ("company is vegan.", "nope " * 400),
]


@pytest.mark.parametrize("name", ["claims", "replies"])
def test_a_pair_is_read_alike_alone_and_among_others(name: str) -> None:
    model = transformer(name)
    together = model.scores(PAIRS)
    for pair, row in zip(PAIRS, together, strict=True):
        assert model.scores([pair])[0] == row


def test_no_pairs_have_no_scores() -> None:
    assert transformer("claims").scores([]) == []


def test_the_second_text_is_cut_first_and_the_first_kept() -> None:
    row, opening = pieces().row("company is vegan.", "word " * 5000)
    assert len(row) == MOST_PIECES
    assert row[:opening] == pieces().row("company is vegan.", "")[0][:opening]
    assert len(pieces().row("word " * 5000, "word " * 5000)[0]) == MOST_PIECES


def test_a_monstrous_text_takes_no_longer_than_a_long_one() -> None:
    model = transformer("claims")
    begun = time.perf_counter()
    model.scores([("company is vegan.", "🫠 zalgo͎͗ " * 20_000)])
    assert time.perf_counter() - begun < 5
