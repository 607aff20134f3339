"""Texts that are alike: the search among what was answered before finds what a comparison one by one would find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from bot.likeness import calm, in_order, most_alike, plain

LEAST = 72.0

words = st.sampled_from(
    ("does", "Does", "the", "Harbour", "cope", "with", "rain?", "a", "ünïcode", "@ana", "https://x.example")
)
texts = st.lists(words, max_size=12).map(" ".join)


@given(text=texts, others=st.lists(texts, max_size=20))
def test_the_search_finds_what_comparing_one_by_one_finds(text: str, others: list[str]) -> None:
    scores = [fuzz.token_sort_ratio(plain(text), plain(other), score_cutoff=LEAST) for other in others]
    best = max(scores, default=0.0)
    expected = (best, scores.index(best)) if best >= LEAST else None
    assert most_alike(text, others, least=LEAST) == expected


def test_of_two_that_are_equally_alike_the_first_is_found() -> None:
    others = ["no e-book at all", "Does it cope with rain?", "with rain does it cope", "Does it cope with rain?"]
    assert most_alike("does it cope with RAIN", others, least=LEAST) == (100.0, 1)


def test_nothing_is_found_where_nothing_is_alike_enough() -> None:
    assert most_alike("does it cope with rain", ["I love my reader", ""], least=LEAST) is None
    assert most_alike("does it cope with rain", [], least=LEAST) is None


def test_order_and_punctuation_of_words_make_no_difference() -> None:
    assert in_order("Rain, does it cope?") == in_order("does it COPE … rain") == "cope does it rain"


@pytest.mark.parametrize(
    ("copy", "read"),
    [
        ("Not true!!!", "Not true"),
        ("Not true! ", "Not true"),
        ("Really?? It is!!! Why?!", "Really? It is! Why?!"),
        ("!!!", "!"),
        ("", ""),
    ],
)
def test_a_louder_copy_reads_the_same(copy: str, read: str) -> None:
    assert calm(copy) == read
    assert calm(read) == read
