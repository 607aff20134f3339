"""Facts in Slack, on a real Plaza: who else says it, and a manager corrects what we said wrong ourselves."""

from collections.abc import Iterator

import pytest
from harbour import without_limits
from plaza_stage import Company, Json, company

from bot import amends, delivery, factbook, mending
from bot.demo.slack import Person, PersonError
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words

SAID = "Hi, the Harbour team here. The Harbour Mini weighs 160 grams, so it fits in a coat. Does that help?"
WEIGHT = {
    "entity": "Harbour Mini",
    "statement": "The Harbour Mini weighs 190 grams.",
    "source_url": "https://harbour.example/mini",
}


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Company]:
    with company(postgres) as play:
        with play.harbour.deps.sessions.begin() as session:
            without_limits(session)
        yield play


def at_home(person: Person, containing: str) -> Json:
    person.open_home()
    view: Json = person.wait_for(lambda: containing in words(person.home() or {}) and person.home())
    assert validate(view["blocks"], "home") == []
    return view


def test_the_menu_of_a_card_shows_who_else_says_it(play: Company) -> None:
    first = play.harbour.hear("The Harbour Mini still charges over micro-USB.", author="First Reader")
    second = play.harbour.hear("Careful: a Harbour Mini charges over micro-USB!", author="Second Reader")
    card = play.show(second.id)
    play.ana.choose(card, "mention.more", f"echoes:{second.id}")
    window = play.ana.wait_for_modal("Who else says this")
    assert validate(window["blocks"], "modal") == []
    assert "First Reader" in words(window)
    assert "not answered" in words(window)
    assert "Second Reader" not in words(window)
    play.ana.close(everything=True)
    question = play.harbour.hear("Does the Harbour Reader have a lamp?", author="Third Reader")
    assert f"echoes:{question.id}" not in str(play.show(question.id))
    assert f"echoes:{first.id}" in str(play.show(first.id))


def test_a_manager_finds_our_error_on_home_and_has_the_reply_changed(play: Company) -> None:
    deps = play.harbour.deps
    asked = play.harbour.hear("How heavy is the Harbour Mini?", author="Fourth")
    delivery.post(deps, play.harbour.approve(asked, SAID, by=play.ana.id).id)
    factbook.put(deps, "mini-weight", WEIGHT, by=None)
    amends.look_back(deps, "mini-weight")
    home = at_home(play.mara, "We said something wrong")
    assert "The Harbour Mini weighs 190 grams." in words(home)
    play.ana.open_home()
    assert "We said something wrong" not in words(play.ana.home() or {})
    play.mara.click(home, "own_error.open")
    window = play.mara.wait_for_modal("Our own error")
    assert validate(window["blocks"], "modal") == []
    with pytest.raises(PersonError, match="need attention"):
        play.mara.submit(way="leave", reason="")
    play.mara.submit(way="change")
    play.mara.wait_for(lambda: "on its way to the platform" in words(play.mara.modal()))
    for order in play.harbour.asked_for("mend"):
        mending.carry_out(deps, **order)
    assert "190 grams" in next(text for _, text, _ in play.harbour.ours())
    play.mara.close(everything=True)
