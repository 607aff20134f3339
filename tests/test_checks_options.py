"""What a pack may say beside the name of a check, and what comes of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate, check
from guidelines.checks.language import detect
from guidelines.pack import PackError, load

RUSSIAN = "Спасибо за вопрос, приложение работает и без интернета."
UKRAINIAN = "Дякуємо за питання, застосунок працює і без інтернету."
GREEK = "Ευχαριστούμε για την ερώτηση, λειτουργεί και χωρίς δίκτυο."
CHINESE = "谢谢您的提问,这个应用也可以在没有网络的情况下使用。"
JAPANESE = "ご質問ありがとうございます。このアプリはオフラインでも使えます。"
ENGLISH = "Thank you for asking, the app works without the internet too."


EMPTY = "The text is empty, or made of what nobody sees."


def found(options: str, candidate: Candidate) -> list[str]:
    rule = f"guidelines: 1\npack: p\nversion: 1\nrules:\n  - {{id: a, severity: block, check: {{{options}}}}}\n"
    return [finding.why for finding in check(candidate, load(rule)).findings]


@pytest.mark.parametrize(
    ("codes", "text", "refused"),
    [
        ("[ru]", RUSSIAN, False),
        ("[RU-ru, en]", ENGLISH, False),
        ("[uk]", UKRAINIAN, False),
        ("el", GREEK, False),
        ("zh", CHINESE, False),
        ("ja", JAPANESE, False),
        ("[ru]", ENGLISH, True),
        ("[en]", RUSSIAN, True),
        ("[en, el]", RUSSIAN, True),
        ("zh", JAPANESE, True),
    ],
)
def test_a_language_is_known_by_its_script_where_it_has_one_of_its_own(codes: str, text: str, refused: bool) -> None:
    assert bool(found(f"language: {{only: {codes}}}", Candidate(text))) is refused, detect(text)


def test_a_language_is_named_by_its_code() -> None:
    with pytest.raises(PackError, match="'English' is no language code; write it like en or pt-br"):
        found("language: {only: English}", Candidate("x"))


@given(limit=st.integers(0, 4), text=st.text("a! 🙂#x.com", max_size=40))
def test_limits_from_nought_on_answer_any_text(limit: int, text: str) -> None:
    for name in ("max_chars", "max_words", "max_links", "max_hashtags", "max_exclamations", "max_emoji"):
        said = found(f"{name}: {limit}", Candidate(text))
        assert len(said) <= 1 + (EMPTY in said)


@pytest.mark.parametrize("name", ["max_chars", "min_words", "max_links", "max_emoji"])
def test_a_limit_below_nought_is_refused(name: str) -> None:
    with pytest.raises(PackError, match="must be greater than or equal to 0"):
        found(f"{name}: -1", Candidate("x"))


def test_replies_count_for_as_many_days_as_the_pack_says() -> None:
    recent = ("The cover can be washed at 30 degrees.",)
    again = Candidate("The cover can be washed at 40 degrees!", recent=recent)
    assert found("similar_to_recent: {days: 7}", replace(again, recent_days=(7,)))
    assert not found("similar_to_recent: {days: 7}", replace(again, recent_days=(8,)))
    later = replace(again, recent=("Something else.", *recent), recent_days=(9,))
    assert found("similar_to_recent: {days: 7}", later), "what is of unknown age counts"


@pytest.mark.parametrize("nothing", ['""', '" "', "'\u200b'"])
def test_an_empty_entry_allows_no_private_data(nothing: str) -> None:
    assert found(f"pii: {{find: [email], allow: [{nothing}]}}", Candidate("Write to jane.doe@gmail.com."))


def test_a_password_is_found_in_any_case() -> None:
    assert found("pii: [secret]", Candidate("your password is sunshine2024"))
    assert found("pii: [secret]", Candidate("YOUR PASSWORD IS SUNSHINE2024"))
