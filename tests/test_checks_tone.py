"""What is heard as rude in a text that stands alone, and that no model judges a language that it never learnt."""

import pytest

from guidelines.base import Candidate, check
from guidelines.pack import default
from guidelines.tone_model import tone_model


def is_rude(text: str, mention: str = "") -> bool:
    candidate = Candidate(text, mention=mention, identity="brand", company=("Tidewell",))
    return any(finding.rule == "tone" for finding in check(candidate, default(), trained=False).findings)


@pytest.mark.parametrize(
    "text",
    [
        "The kettle charges over USB-C. ^MQ",
        "It has three modes. ^MQ",
        "Kettles must be earthed in Germany. ^MQ",
        "We don't make a stove kettle. ^MQ",
        "Tidewell here. hi.",
        "There is, read-only.",
        "Per domain. Subdomains are included.",
        "March indoors, April outside.",
        "It's the nutmeg.",
        "No. Three AA.",
    ],
)
def test_a_bare_fact_is_not_rude(text: str) -> None:
    assert not is_rude(text)


@pytest.mark.parametrize(
    "text",
    [
        "Go bother somebody else. ^AB",
        "Learn to use a kettle, genius. ^AB",
        "Your problem, not ours. Deal with it. ^AB",
        "Not our fault that you can't read. ^AB",
        "Nobody cares what you think. ^AB",
        "Most people manage this without our help.",
    ],
)
def test_rudeness_is_heard_without_the_post_that_it_answers(text: str) -> None:
    assert is_rude(text)


@pytest.mark.parametrize(
    "text",
    [
        "Je travaille chez Lumenride. Appuyez cinq secondes.",
        "Trabajo en Lumenride: mantén pulsado el botón.",
        "Nein, das geht leider so.",
        "C'est dommage. Merci.",
        "Grazie mille, arriva domani.",
        "Dziękujemy, wkrótce wracamy.",
        "Tack så mycket, fin bild!",
        "Das war gut, no problem.",
    ],
)
def test_the_model_judges_no_other_language(text: str) -> None:
    assert not tone_model().understands(text.lower())
    assert not is_rude(text)
    assert not is_rude(text, mention="My light is broken.")
