"""Numbers a text must keep to, links, likeness to recent replies, and the reading that all checks share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate, check
from guidelines.checks.lexicon import read_sections
from guidelines.checks.similarity import likeness
from guidelines.pack import load
from guidelines.reading import Reading


def found(check_text: str, candidate: Candidate) -> list[str]:
    pack = load(f"guidelines: 1\npack: p\nversion: 1\nrules:\n  - {{id: a, check: {{{check_text}}}}}\n")
    return [finding.why for finding in check(candidate, pack).findings]


def test_length_is_judged_by_platform_and_by_the_room_that_the_host_names() -> None:
    limits = "max_chars: {x: 5, all: 8}"
    assert found(limits, Candidate("123456", "x")) == ["6 characters; at most 5 here."]
    assert found(limits, Candidate("123456", "reddit")) == []
    assert found(limits, Candidate("123456", "reddit", max_length=4)) == ["6 characters; at most 4 here."]


@pytest.mark.parametrize(
    ("limit", "text", "count"),
    [
        ("max_words: 2", "one two three", 1),
        ("min_words: 2", "one", 1),
        ("max_hashtags: 0", "C# is #fun", 1),
        ("max_exclamations: 1", "a! b!", 1),
        ("max_emoji: 1", "🙂🙂", 1),
        ("max_links: 1", "a.example/1 and https://b.example", 1),
        ("max_links: 1", "version 2.14 of e.g. readme.txt", 0),
        ("reading_grade: {max: 9}", "Short.", 0),
    ],
)
def test_limits(limit: str, text: str, count: int) -> None:
    assert len(found(limit, Candidate(text))) == count


@pytest.mark.parametrize(
    ("options", "text", "refused"),
    [
        ("deny: [evil.example]", "see https://www.sub.evil.example/x", True),
        ("deny: [evil.example]", "see https://notevil.example", False),
        ("allow: [harbour.example]", "see docs.harbour.example/a", False),
        ("allow: [harbour.example]", "see https://harbour.example.evil.com", True),
        ("allow: [harbour.example]", "see https://harbour.example@evil.com", True),
        ("shorteners: false", "see HTTPS://BIT.LY/abc", True),
        ("allow: [harbour.example]", "see evil.ru", True),
        ("allow: [harbour.example]", "see evil.ninja/x", True),
        ("allow: [harbour.example]", "see bücher.de", True),
        ("allow: [harbour.example]", "this... or see...evil.com", True),
        ("allow: [harbour.example]", "see a.b.c.d.e.f.evil.com", True),
        ("allow: [harbour.example]", "see xn--80ak6aa92e.xn--p1ai", True),
        ("allow: [harbour.example]", "readme.txt, node.js, 3.5/5, he.She and me@acme.com", False),
    ],
)
def test_links_are_judged_by_the_host_they_really_lead_to(options: str, text: str, refused: bool) -> None:
    assert bool(found(f"links: {{{options}}}", Candidate(text))) is refused


def test_a_reply_may_not_repeat_a_recent_one() -> None:
    recent = ("The cover can be washed at 30 degrees.",)
    assert found("similar_to_recent: {sim: 0.85}", Candidate("The cover can be washed at 40 degrees!", recent=recent))
    assert not found("similar_to_recent: {sim: 0.85}", Candidate("Wash it cold and dry it flat.", recent=recent))


@given(st.text(max_size=200))
def test_a_text_is_like_itself_and_likeness_is_a_share(text: str) -> None:
    assert likeness(text, text) in (0.0, 1.0)
    assert 0 <= likeness(text, "The cover can be washed at 30 degrees.") <= 1


@given(st.text(max_size=400))
def test_spans_map_back_into_the_original_and_sentences_cover_the_words(text: str) -> None:
    reading = Reading(Candidate(text))
    assert len(reading.lower) == len(reading.folded)
    for span in reading.sentences:
        start, end = reading.original_span(span)
        assert 0 <= start <= end <= len(text)


def test_word_lists_know_gaps_names_and_missing_apostrophes() -> None:
    text = "@pet = cat|dog\n[pets]\nmy <pet> ... asleep\ndon't\n# a remark\n[raw one: raw weight=2]\n^x\n y"
    pets, raw = read_sections(text)
    assert pets.pattern.search("my dog is fast asleep")
    assert pets.pattern.search("i dont")
    assert not pets.pattern.search("my dog. asleep")
    assert (raw.weight, raw.lines) == (2, ("^xy",))
