"""The words of drafts: a week's replies do not read alike, and every correction passes the pack and fits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from bot import checking, wording
from bot.likeness import plain
from bot.models import MentionKind
from guidelines import pack
from guidelines.base import Candidate, Severity, check
from guidelines.facts import FactBase, Label

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SPOKEN = [kind for kind in MentionKind if kind not in (MentionKind.OTHER, MentionKind.FALSE_CLAIM)]

SUBJECTS = st.sampled_from(["The Harbour Mini", "The Harbour Reader", "Harbour"])
SAYINGS = st.sampled_from(
    [
        "{who} weighs {n} grams.",
        "{who} costs ${n}.",
        "{who} was founded in 20{n}.",
        "{who}'s battery lasts up to {n} hours.",
        "{who} works without an account.",
        "{who} is not waterproof",
        "{who} charges over USB-C.",
        "{who} reads EPUB, PDF and plain text files from any shop.",
        "{who} is available in {n} countries of Europe.",
    ]
)


def alike(one: str, other: str) -> float:
    return float(fuzz.token_sort_ratio(plain(one), plain(other)))


@pytest.mark.parametrize("kind", SPOKEN)
def test_a_week_of_templates_does_not_read_alike(kind: MentionKind) -> None:
    said: list[str] = []
    for number in range(1, 13):
        text, _ = wording.template(kind, number, company="Harbour", recent=tuple(said))
        assert text not in said
        said.append(text)
    near = [(one, other) for at, one in enumerate(said[:7]) for other in said[:at] if alike(one, other) >= 90]
    assert near == []


@given(kind=st.sampled_from(list(MentionKind)), number=st.integers(0, 2**40))
def test_neighbours_begin_differently_though_nothing_was_posted_between_them(kind: MentionKind, number: int) -> None:
    one, _ = wording.template(kind, number, company="Harbour", recent=())
    other, _ = wording.template(kind, number + 1, company="Harbour", recent=())
    assert one != other
    assert "Harbour" in one


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(list(MentionKind)), number=st.integers(0, 10_000))
def test_a_template_passes_the_pack_but_for_its_blanks(kind: MentionKind, number: int) -> None:
    text, _ = wording.template(kind, number, company="Harbour", recent=())
    filled = checking.BLANK.sub("It reads EPUB files from any shop", text)
    verdict = check(candidate(filled, kind.value, "mastodon"), pack.default())
    assert [finding.why for finding in verdict.findings if finding.severity is Severity.BLOCK] == []
    assert bool(checking.blanks(text)) == ("[" in text)


@settings(max_examples=40, deadline=None)
@given(
    who=SUBJECTS,
    saying=SAYINGS,
    n=st.integers(10, 99),
    number=st.integers(1, 10_000),
    identity=st.sampled_from(["brand", "employee"]),
    platform=st.sampled_from(["mastodon", "x", "reddit", "bluesky", "discourse"]),
)
def test_every_correction_passes_the_pack_fits_and_says_what_it_must(
    who: str, saying: str, n: int, number: int, identity: str, platform: str
) -> None:
    statement = saying.format(who=who, n=n)
    entry = f'{{id: a, entity: "{who}", statement: "{statement}", source_url: "https://harbour.example/about/it"}}'
    base = FactBase.load(f"facts: [{entry}]")
    texts = list(wording.corrections(base.facts["a"], number, company="Harbour", recent=()))
    for text in texts:
        verdict = check(candidate(text, "false_claim", platform, identity), pack.default())
        assert [(finding.rule, text) for finding in verdict.findings if finding.severity is Severity.BLOCK] == []
        assert "https://harbour.example/about/it" in text
        assert statement.rstrip(".") in text
        assert "Harbour team" in text
        assert any(word in text.lower() for word in ("thanks", "thank you"))
        assert any(word in text.lower() for word in ("tell us", "let us know", "happy to look", "we would like"))
        assert not any(word in text.lower() for word in ("you are wrong", "you're wrong", "actually", "incorrect"))
        assert not any(claim.label is Label.CONTRADICTS for claim in base.check_all(text, now=NOW, ours=True))
    assert len(texts[-1]) <= 280 - 24 + len("https://harbour.example/about/it")


def candidate(text: str, kind: str, platform: str, identity: str = "brand") -> Candidate:
    return Candidate(text, platform=platform, mention_kind=kind, identity=identity, company=("Harbour",))
