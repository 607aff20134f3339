"""What the word-based checks hear and what they let pass, on sentences that no word list was made from."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate, check
from guidelines.checks import hard_sell
from guidelines.checks.phrases import phrase_pattern, signal_words
from guidelines.pack import default
from guidelines.reading import Reading

COMPANY = ("Harbour Audio",)


def found(
    text: str, rule: str, mention: str = "", identity: str = "employee", company: Sequence[str] = COMPANY
) -> bool:
    candidate = Candidate(text, mention=mention, identity=identity, company=tuple(company))
    return any(finding.rule == rule for finding in check(candidate, default(), trained=False).findings)


@pytest.mark.parametrize(
    "text",
    [
        "I work at Harbour, and it does.",
        "i work for harbour audio so i'm biased",
        "Harbour Audio employee here.",
        "Yes. (I'm with Harbour)",
        "Speaking as a Harbour engineer: no.",
        "It does.\n\n— Sam, Harbour support",
        "We at Harbour tested it.",
        "I'm on the firmware team at Harbour.",
        "I'm one of the people who built it.",
        "Disclosure: my employer makes these.",
        "Hi! Maria from Harbour here, which one is it?",
        "It does. #HarbourAudioEmployee",
        "I do support for @HarbourAudio.",
    ],
)
def test_many_ways_to_say_who_one_is_are_heard(text: str) -> None:
    assert not found(text, "disclosure")


@pytest.mark.parametrize(
    "text",
    [
        "It does.",
        "I used to work at Harbour.",
        "I don't work at Harbour.",
        "My sister works for Harbour.",
        "I work at Kestrel, and theirs does.",
        "If I worked at Harbour I'd fix it.",
        "I'm happy with Harbour, it does.",
        'They said "I work at Harbour" and hung up.',
        "The Harbour team fixed it last week.",
        "As a Harbour customer, yes.",
    ],
)
def test_what_only_looks_like_a_disclosure_is_none(text: str) -> None:
    assert found(text, "disclosure")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I work at Northwind, yes.", True),
        ("I work at a bank, yes.", False),
        ("I work from home, yes.", False),
        ("Northwind dev here: yes.", True),
        ("Happy customer here: yes.", False),
    ],
)
def test_without_a_company_name_any_employer_of_the_writer_counts(text: str, said: bool) -> None:
    assert found(text, "disclosure", company=()) is not said


def test_a_brand_account_identifies_itself_but_must_not_pose_as_a_customer() -> None:
    assert not found("It does. ^SK", "disclosure", identity="brand")
    assert found("As a long-time customer, I can say it does.", "disclosure", identity="brand")


def test_an_answer_about_the_price_is_no_advert_but_the_same_words_unasked_are() -> None:
    text = "Students get 40% off, the page is harbour.example/students"
    assert not found(text, "hard-sell", mention="Any discount for students?")
    assert found(text, "hard-sell", mention="My left ear is dead.")


@pytest.mark.parametrize(
    ("text", "rude"),
    [
        ('You wrote "stupid idiots", and I understand why.', False),
        ("We were stupid to ship it like that.", False),
        ("You are stupid.", True),
        ("You are ѕtuрid.", True),
        ("You are st\u200bupid.", True),
    ],
)
def test_tone_is_about_the_reader_not_about_ourselves_or_a_quotation(text: str, rude: bool) -> None:
    assert found(text, "tone") is rude


@pytest.mark.parametrize(
    "text",
    [
        "We'll be sure to tell the pilots how to fly. What would we do without your wisdom.",
        "Nobody held a gun to your head when you signed up.",
        "Oh dear, not the deluxe colour. However will you cope.",
        "Most people manage this without our help.",
    ],
)
def test_rudeness_without_a_bad_word_is_heard(text: str) -> None:
    assert found(text, "tone")


@pytest.mark.parametrize(
    "text",
    [
        "Nobody likes a price rise. Flour went up by a fifth.",
        "You are entitled to a copy of your data.",
        "No. The small one fits, the large one doesn't.",
        "We block for insults, not for criticism.",
        "Our designer read this and is now staring out of the window. She says thanks anyway.",
    ],
)
def test_firm_short_or_joking_is_not_rude(text: str) -> None:
    assert not found(text, "tone")


@pytest.mark.parametrize(
    ("text", "promised"),
    [
        ("It'll be fixed by Friday.", True),
        ("Will it be fixed by Friday?", False),
        ("We hope to fix it by Friday.", False),
        ("I can't promise that it will be fixed by Friday.", False),
        ("I'll get back to you by Friday.", False),
        ("We're closed on Friday.", False),
        ('You asked for "a fix by Friday", and I see why.', False),
        ("By Friday we will have replaced it.", True),
        ("You can ask for a refund within 30 days.", False),
        ("We'll give you your money back.", True),
        ("No worries, it's covered.", True),
        ("It's covered by the warranty.", False),
        ("We'll extend your warranty by a year.", True),
        ("You have my assurance that it will hold.", True),
        ("I'll make sure that you get one.", True),
        ("I'll make sure the team sees this.", False),
        ("We're going to double the limit before Christmas.", True),
        ("The technician is booked for 14 May.", True),
        ("From next week on there won't be any delays.", True),
        ("Dinner is on us next time.", True),
        ("That one's on us: we changed it without a note.", False),
        ("I'll add your idea to the list this week.", False),
    ],
)
def test_a_promise_binds_and_a_hope_does_not(text: str, promised: bool) -> None:
    assert found(text, "promise") is promised


def test_a_bad_word_about_a_rival_counts_and_about_ourselves_does_not() -> None:
    asked = "Kestrel or Harbour?"
    assert found("Kestrel is terrible.", "competitors", mention=asked)
    assert not found("Kestrel isn't terrible.", "competitors", mention=asked)
    assert not found("Our old one was terrible, Kestrel's was fine.", "competitors", mention=asked)


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u2060", "<p></p>", "&nbsp;"])
@pytest.mark.parametrize("identity", ["brand", "employee"])
def test_nothing_is_no_reply(text: str, identity: str) -> None:
    verdict = check(Candidate(text, mention="Does it?", identity=identity), default())
    assert verdict.blocking[0].rule == "empty"
    assert verdict.blocking[0].fix


@pytest.mark.parametrize("text", ["🙂", "Ja.", "?", "+1"])
def test_a_short_reply_is_not_nothing(text: str) -> None:
    assert not found(text, "empty", identity="brand")


def test_language_abstains_on_short_or_mixed_text() -> None:
    german = "Wie kann ich meine Karte sperren? Ich habe sie verloren."
    assert found("You can lock the card in the app.", "language", mention=german)
    assert not found("Ok!", "language", mention=german)
    assert not found("You can lock the card in the app.", "language", mention="Karte")


@given(
    st.lists(st.text("abc *İßＡ-'", min_size=1, max_size=9), min_size=1, max_size=4),
    st.text("abc İßＡ-'\n", max_size=30),
)
def test_signal_words_never_hide_a_phrase(phrases: list[str], text: str) -> None:
    lower = Reading(Candidate(text)).lower
    if phrase_pattern(phrases).search(lower):
        assert any(word in lower for word in signal_words(phrases))


@pytest.mark.parametrize("mention", ["where can I buy one?", "<p>w<b>h</b>ere can I <i>buy</i>&nbsp;one?</p>"])
def test_a_post_is_read_as_its_readers_see_it(mention: str) -> None:
    answer = "It is $40: buy it at harbour.example/shop today."
    unasked, _ = hard_sell.score(Reading(Candidate(answer)))
    asked, _ = hard_sell.score(Reading(Candidate(answer, mention=mention)))
    assert asked < unasked
