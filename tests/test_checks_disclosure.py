"""Who says in the text that they work for us, in seven languages, and who only looks like it."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate, Severity, check
from guidelines.checks.disclosure import company_forms, discloses
from guidelines.pack import default
from guidelines.reading import Reading, fold

COMPANY = ("Tidewell",)


def disclosed(text: str, company: tuple[str, ...] = COMPANY) -> bool:
    return discloses(Reading(Candidate(text, company=company)))


def asked_for(text: str, mention: str = "") -> bool:
    candidate = Candidate(text, mention=mention, company=COMPANY)
    return any(finding.rule == "disclosure" for finding in check(candidate, default(), trained=False).findings)


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin im Support von Tidewell: halte die Minustaste gedrückt.",
        "Ich bin vom Tidewell-Team: drei Sekunden drücken.",
        "Wir bei Tidewell haben das so gebaut.",
        "Drei Sekunden drücken. Viele Grüße, Tom vom Tidewell-Support",
        "Da ich bei Tidewell angestellt bin, bin ich befangen.",
        "Kurz zur Transparenz: ich arbeite beim Hersteller.",
        "Je fais partie de l'équipe Tidewell : appuyez trois secondes.",
        "Léa du support Tidewell ici. Appuyez trois secondes.",
        "Chez Tidewell, nous avons prévu un mode silencieux.",
        "En tant qu'employé de Tidewell, je ne suis pas neutre.",
        "Te escribe Marta, de Tidewell: mantén pulsada la tecla.",
        "Trabajo para Tidewell y te cuento: la tecla lo silencia.",
        "En Tidewell probamos cada hervidor.",
        "Sono Paolo di Tidewell, basta tenere premuto il tasto.",
        "Noi di Tidewell testiamo ogni bollitore.",
        "Ik werk bij Tidewell: houd de knop ingedrukt.",
        "Als medewerker van Tidewell ben ik niet neutraal.",
        "Sou da equipa da Tidewell. Mantém a tecla premida.",
        "Na Tidewell testamos cada chaleira.",
    ],
)
def test_other_languages_say_it_in_their_own_ways(text: str) -> None:
    assert disclosed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ich arbeite nicht bei Tidewell, aber der Kocher ist top.",
        "Ich habe früher bei Tidewell gearbeitet.",
        "Mein Bruder arbeitet bei Tidewell.",
        "Ich bin seit Jahren von Tidewell überzeugt.",
        "Bei Tidewell haben wir zwei Kocher gekauft.",
        "Das Tidewell-Team hat mir sofort geholfen.",
        "Je suis client de Tidewell depuis dix ans.",
        "Mon voisin travaille chez Tidewell.",
        "Chez Tidewell, on attend des semaines.",
        "El hervidor de Tidewell es el mejor.",
        "Su trabajo en Tidewell es excelente.",
        "Soy cliente de Tidewell desde hace años.",
        "Non lavoro per Tidewell, ma il bollitore è fantastico.",
        "Un ottimo lavoro da Tidewell!",
        "Ik ben helemaal weg van Tidewell.",
        "Mijn zus werkt bij Tidewell.",
        "Sou muito fã da Tidewell.",
        "O trabalho da Tidewell é excelente.",
        'Er schrieb: "Ich arbeite bei Tidewell."',
    ],
)
def test_customers_relatives_and_former_employees_of_other_languages_do_not_disclose(text: str) -> None:
    assert not disclosed(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ich arbeite bei Northwind, ja.", True),
        ("Je travaille chez Northwind.", True),
        ("Trabajo en Northwind, sí.", True),
        ("Ich arbeite viel nachts.", False),
        ("Trabajo en casa, sí.", False),
    ],
)
def test_where_no_company_is_named_other_languages_are_told_by_the_capital(text: str, said: bool) -> None:
    assert disclosed(text, company=()) is said


@pytest.mark.parametrize(
    "name", ["O'Reilly", "J.Crew", "A.P. Moller", "L'Oréal", "Booking.com", "Jo's", "Toys 'R' Us", "E*Trade"]
)
def test_a_name_with_signs_in_it_is_known_however_it_is_set(name: str) -> None:
    for said in (name, name.replace("'", "’"), name.upper(), name.replace(". ", ".")):
        assert disclosed(f"I work at {said}. It runs 14 hours.", company=(name,))
        assert not disclosed(f"My sister works at {said}. It runs 14 hours.", company=(name,))
    assert not disclosed("I work at Kestrel. It runs 14 hours.", company=(name,))


@given(st.text("abé1 _-'.*+/|~^[](){}!\\", min_size=1, max_size=14).filter(lambda name: re.search(r"[^\W_]", name)))
def test_every_name_is_known_by_itself(name: str) -> None:
    assert re.search(company_forms((name,)), fold(name).lower())


@pytest.mark.parametrize(
    "text",
    [
        "No ties to Tidewell here, the K2 simply rocks.",
        "Big Tidewell fan here, no affiliation.",
        "No affiliation with Tidewell, but the K2 is the best I had.",
        "Disclaimer: I'm not with Tidewell. Great kettle though.",
        "I have no relationship with Tidewell; the K2 is brilliant.",
        "Nobody from Tidewell asked me to write this: it's superb.",
        "I'm in no way connected with Tidewell, it's just good.",
        "I'm not a Tideweller but the K2 is top.",
        "Enjoy your Tidewell!",
    ],
)
def test_to_deny_a_tie_is_not_to_disclose_one(text: str) -> None:
    assert not disclosed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tidewellian here: hold the minus key.",
        "Fellow Tideweller here (support), hold the minus key.",
        "I'm a Tideweller, so I may be biased.",
        "I'm no engineer, I do marketing at Tidewell.",
        "I work at Tidewell and have no stake in that shop.",
        "Tidewell employee, not speaking for the company.",
    ],
)
def test_who_is_called_after_the_company_belongs_to_it(text: str) -> None:
    assert disclosed(text)


@pytest.mark.parametrize("text", ["Nice ride!", "Congratulations on the new bike!", "Beautiful photo. Safe travels!"])
def test_a_kind_word_about_nothing_of_ours_needs_no_disclosure(text: str) -> None:
    assert not asked_for(text)


@pytest.mark.parametrize("text", ["Great kettle!", "Nice ride! Try the K2 next.", "Enjoy your Tidewell!", "It does."])
def test_praise_that_may_be_of_our_things_needs_one(text: str) -> None:
    assert asked_for(text)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("Pracuję w Tidewell: czajnik jest na gwarancji, proszę napisać do nas.", Severity.WARN),
        ("Я работаю в Tidewell, чайник на гарантии.", Severity.WARN),
        ("Der Kocher ist noch in der Garantie, und wir tauschen ihn.", Severity.BLOCK),
        ("The kettle is under warranty and we will swap it for you.", Severity.BLOCK),
    ],
)
def test_what_is_written_in_a_language_that_nothing_here_knows_is_left_to_its_reader(
    text: str, weight: Severity
) -> None:
    found = check(Candidate(text, company=COMPANY), default(), trained=False).findings
    assert [finding.severity for finding in found if finding.rule == "disclosure"] == [weight]


@pytest.mark.parametrize("part", ["ich bin ", "je suis de ", "soy de ", "no ties ", "in tidewell, ", "nice ride, "])
def test_searching_for_a_disclosure_is_bounded_in_time(part: str) -> None:
    started = time.process_time()
    disclosed(part * 900)
    assert time.process_time() - started < 2
