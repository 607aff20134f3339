"""What services say in English is shown in the reader's language; what is not known stays as it is."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from card_views import NOW, VIEW
from hypothesis import example, given, settings
from hypothesis import strategies as st
from said_templates import FRAGMENTS, IN_ENGLISH, ROOT, Spoken, spoken

from bot.audit.sampling import WEIGHTS
from bot.errors import NotAllowed
from bot.models import Employee, Role
from bot.permissions import ALLOWED, Act, require
from bot.slack.cards import card
from bot.slack.text import Markup
from bot.slack.words import blanks, sentences, words_for
from bot.views import Forecast
from guidelines.base import Finding, Severity
from guidelines.throttle import DEFAULTS, Decision, Reason, Ruling, sentence
from guidelines.throttle.sentences import EXAMPLES

LANGUAGES = ("de", "es")
GERMAN, SPANISH = words_for("de").said, words_for("es").said
FORECAST = "At most 5 replies in a venue, on reddit, per day, unless they address us. 5 replies counted."


def entries(language: str) -> Iterator[tuple[str, str]]:
    for table in sentences(language).values():
        yield from table.items()


def left_in_english(said: Spoken, language: str) -> list[str]:
    text, values = said.filled()
    told = words_for(language).said(text)
    english = [part.strip() for part in said.parts if sum(map(str.isalpha, part)) > 5 and part.strip() in told]
    return english + [value for value in values if value.rstrip(".") not in told]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_people_can_be_told_has_a_translation_with_the_same_blanks(language: str) -> None:
    told = {each.parts: each for each in spoken()}
    assert len(told) > 400
    lacking = {each.where: "{}".join(each.parts) for each in told.values() if left_in_english(each, language)}
    assert lacking == {}, f"add them to bot/slack/words/said.{language}.toml"


def test_every_module_that_stays_in_english_exists() -> None:
    assert [name for name in (*IN_ENGLISH, *FRAGMENTS) if not (ROOT / name).is_file()] == []


def test_both_languages_know_the_same_sentences_in_the_same_tables() -> None:
    german, spanish = sentences("de"), sentences("es")
    assert {name: list(table) for name, table in german.items()} == {
        name: list(table) for name, table in spanish.items()
    }
    every = [text for table in german.values() for text in table]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_blanks_and_bring_no_markup(language: str) -> None:
    for text, told in entries(language):
        names = re.findall(r"\{(\w*)\}", text)
        assert len(names) == len(set(names)), text
        assert blanks(told) == blanks(text) == set(names), text
        assert set("<>&*~_`") & set(re.sub(r"\{\w+\}", "", told)) <= set("<>&*~_`") & set(re.sub(r"\{\w+\}", "", text))


def test_who_may_do_what_is_said_for_every_act_and_role() -> None:
    for act in Act:
        for role in (None, *Role):
            person = Employee(slack_user="U1", name="Ana", roles=[role.value] if role else [], first_seen_at=NOW)
            if role in ALLOWED[act]:
                continue
            with pytest.raises(NotAllowed) as refused:
                require(person, act)
            told = str(refused.value)
            who = told.partition(". ")[2].removesuffix(" may; ask one of them.")
            for said in (GERMAN, SPANISH):
                assert act.value not in said(told), told
                assert who == "Admins" or who not in said(told), told


@pytest.mark.parametrize("reason", sorted(WEIGHTS))
def test_the_reasons_of_a_review_are_known(reason: str) -> None:
    sample = "word: lawyer" if reason == "word" else reason
    assert GERMAN(sample) != sample
    assert SPANISH(sample) != sample


def test_limits_are_said_whole() -> None:
    for said in [*map(sentence, DEFAULTS), *EXAMPLES]:
        for told in (GERMAN(said), SPANISH(said)):
            assert not re.search(r"\b(?:at|replies|reply|most|least|then|unless|per|days?|thread|a venue)\b", told), (
                told
            )


def test_a_forecast_is_translated_sentence_by_sentence() -> None:
    assert GERMAN(FORECAST) == (
        "Höchstens 5 Antworten an einem Ort, auf reddit, je Tag, außer man spricht uns an. Gezählt: 5 Antworten."
    )
    told = Decision(
        Ruling.HOLD,
        (Reason("few", Ruling.HOLD, FORECAST), Reason("own", Ruling.HOLD, "Our lawyers asked for this.")),
        datetime(2026, 10, 1, 10, 0, tzinfo=UTC),
    ).message
    assert SPANISH(told).endswith("Our lawyers asked for this. Sale el 1 de octubre de 2026, 10:00 UTC.")


def test_a_sentence_inside_of_another_is_told_from_its_beginning() -> None:
    told = GERMAN("The reply was not posted: Mastodon answered 503 without a reason. Your text is kept.")
    assert told == (
        "Die Antwort wurde nicht veröffentlicht: Mastodon hat mit 503 geantwortet, ohne Grund. Ihr Text ist aufbewahrt."
    )


def test_what_somebody_wrote_stays_as_it_was_written() -> None:
    assert GERMAN("it says “no text yet”") == "dort steht „no text yet“"
    assert GERMAN("from the fact “There is no such reply.”") == "aus dem Fakt „There is no such reply.“"
    assert GERMAN("Stopped: by the way, we wait.") == "Gestoppt: by the way, we wait."


def test_what_is_not_known_stays_and_english_is_never_touched() -> None:
    assert (
        GERMAN("The flux is inverted. There is no such reply.") == "The flux is inverted. Diese Antwort gibt es nicht."
    )
    assert GERMAN("by the way. Nothing else.") == "by the way. Nothing else."
    assert words_for("en").said(FORECAST) == FORECAST


def test_markup_made_here_is_left_alone() -> None:
    made = Markup("There is no such reply.")
    assert GERMAN(made) is made


def test_a_card_in_german_has_no_english_of_ours() -> None:
    finding = Finding("tone", Severity.BLOCK, "One rude line is quoted for years.", "Say it without the word.")
    blocked = replace(VIEW.drafts[0], findings=(finding,))
    view = replace(
        VIEW,
        drafts=(blocked, *VIEW.drafts[1:]),
        note="The post was edited after it came in.",
        suspicious="gives orders to a bot or model",
        forecast=Forecast("refuse", (FORECAST, "This person asked us not to reply to them.")),
    )
    shown = str(card(view, NOW, words_for("de")).blocks)
    for told in (
        "der Beitrag erwähnt unser Konto",
        "aus dem Fakt „formats“",
        "Der Beitrag wurde bearbeitet, nachdem er hereinkam.",
        "erteilt einem Bot oder Modell Befehle",
        "Höchstens 5 Antworten an einem Ort",
        "Diese Person hat uns gebeten",
        "Eine grobe Zeile wird jahrelang zitiert.",
    ):
        assert told in shown


def test_what_fills_a_blank_is_escaped_like_any_other_text() -> None:
    view = replace(VIEW, why_here="it matches our search “<!channel> *x*”")
    shown = str(card(view, NOW, words_for("es")).blocks)
    assert "coincide con nuestra búsqueda «&lt;!channel&gt; *x*»" in shown
    assert "<!channel>" not in shown


WORDS = st.sampled_from(
    ["{", "}", "“", "”", ". ", ", ", ": ", " may; ask one of them.", "You may not ", "by ", "é", "\n"]
)
SENTENCES = st.sampled_from([text for text, _ in entries("de")])


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=400), st.lists(WORDS | SENTENCES, max_size=30).map("".join)))
@example(text="{" * 5000 + "}" * 5000)
@example(text="{0}{a.b}{!r}" * 3000 + "x" * 40_000)
@example(text="At most {number} replies {place}")
@example(text="no. " * 700)
def test_any_text_passes(text: str) -> None:
    before = time.process_time()
    for said in (GERMAN, SPANISH):
        told = said(text)
        assert told or not text
        if not any(char.isalpha() for char in text):
            assert told == text
    assert time.process_time() - before < 2


@settings(deadline=None)
@given(name=st.text(alphabet=st.characters(exclude_characters="“”"), min_size=1, max_size=40))
def test_what_stands_in_a_quoted_blank_comes_out_as_it_went_in(name: str) -> None:
    assert GERMAN(f"There is no limit called “{name}”.") == f"Es gibt keine Grenze namens „{name}“."
