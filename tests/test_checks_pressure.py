"""Pressure on people who post: texts to be taken down, favours that hang on a rating, and harmless talk of reviews."""

import time

import pytest

from guidelines.base import Candidate, Finding, check
from guidelines.pack import default


def findings(text: str) -> dict[str, Finding]:
    candidate = Candidate(text, identity="brand", company=("Tidewell",))
    return {finding.rule: finding for finding in reversed(check(candidate, default(), trained=False).findings)}


@pytest.mark.parametrize(
    "text",
    [
        "Happy to send a new mount once the one-star rating is gone.",
        "We'll refund you as soon as the bad review is taken down.",
        "Take down the one-star rating and we'll send you a new kettle.",
        "If you change your rating to five stars, there's a voucher in it for you.",
        "Glad to replace it when the negative feedback comes off the site.",
        "Happy to sort it out, provided the rating goes up.",
        "We only repair for people who don't leave one-star reviews.",
        "A good review in exchange for a new kettle, deal?",
        "Leave us five stars and I'll get you a free lid.",
        "Please take that video down.",
    ],
)
def test_favours_that_hang_on_a_review_are_pressure(text: str) -> None:
    assert "pressure" in findings(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for the one-star review, it tells us where to look.",
        "You can change your review at any time under your account.",
        "No need to change your review, we'd like to help anyway.",
        "The refund doesn't depend on your review.",
        "We never ask anybody to delete a review.",
        "I'll update this thread when I know more.",
        "Your review was removed by the shop's filter, not by us.",
        "The energy rating is A, one star above the old one.",
        "The old rating plate is gone; the new one sits under the base.",
        'You wrote "once the rating is gone", where was that said?',
    ],
)
def test_talk_of_reviews_is_no_pressure(text: str) -> None:
    assert "pressure" not in findings(text)


def test_of_a_promise_that_hangs_on_a_review_the_review_is_named() -> None:
    found = findings("We'll refund you in full once that review is deleted.")
    assert "review" in found["promise"].why
    assert found["promise"].fix.endswith("Leave the review out of it.")
    assert "Leave the review" not in findings("We'll refund you in full.")["promise"].fix


@pytest.mark.parametrize("part", ["once the ", "delete your review ", "if you five stars ", "only help no "])
def test_listening_for_pressure_is_bounded_in_time(part: str) -> None:
    started = time.process_time()
    findings(part * 500)
    assert time.process_time() - started < 2
