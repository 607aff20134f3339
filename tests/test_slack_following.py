"""Sources and accounts at Home, as people use them in the local Slack, with a real Plaza behind it."""

from collections.abc import Iterator
from typing import Any

import pytest
from plaza_stage import Company, company
from sqlalchemy import select

from bot import renewing, sources
from bot.demo.slack import Person, PersonError
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.models import Account, Source, SourceState, Venue
from bot.sources import Connecting
from connectors.base import Condition, Identity

Json = dict[str, Any]


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Company]:
    with company(postgres) as play:
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Company) -> Iterator[None]:
    yield
    if play.mara.views():
        play.mara.close(everything=True)


def at_home(person: Person, containing: str) -> Json:
    person.open_home()
    view = person.wait_for(lambda: containing in words(person.home() or {}) and person.home())
    assert validate(view["blocks"], "home") == []
    return dict(view)


def source_called(play: Company, name: str) -> Source | None:
    with play.harbour.deps.sessions() as session:
        return session.scalar(select(Source).where(Source.name == name))


def own_account(play: Company, person: Person) -> int:
    """Connect somebody's own account on Plaza."""
    deps, name = play.harbour.deps, "ana" if person is play.ana else "ben"
    token = play.harbour.plaza.token_of(name)
    given = Connecting(
        "mastodon",
        play.harbour.plaza.url,
        {"access_token": token},
        Identity.EMPLOYEE,
        employee_id=play.employee(person).id,
    )
    return sources.connect(deps, given, actor="operator").id


def new_source(play: Company) -> Json:
    play.mara.click(at_home(play.mara, "Add a source"), "source.new")
    modal = play.mara.wait_for_modal("Source")
    assert validate(modal["blocks"], "modal") == []
    return modal


def state_of(modal: Json, **chosen: str) -> Json:
    """What the fields of the window hold when somebody presses a button in it."""
    state: Json = {}
    for block in modal["blocks"]:
        element = block.get("element", {})
        if element.get("type") == "static_select":
            options = {option["value"]: option for option in element["options"]}
            option = options[chosen.get(element["action_id"], element["initial_option"]["value"])]
            state[block["block_id"]] = {element["action_id"]: {"type": "static_select", "selected_option": option}}
        elif element.get("type") == "plain_text_input" and element["action_id"] in chosen:
            value = {"type": "plain_text_input", "value": chosen[element["action_id"]]}
            state[block["block_id"]] = {element["action_id"]: value}
    return state


def test_a_manager_sees_what_a_source_would_bring_in_and_follows_it(play: Company) -> None:
    plaza = play.harbour.plaza
    plaza.post_as("Maya", "Is the *Harbour* Mini <!channel> any good? #trialtag")
    modal = new_source(play)
    state = state_of(modal, kind="hashtag", query="trialtag")
    play.mara.click(modal, "source.look", state=state)
    tried = play.mara.wait_for(lambda: "bring in one post" in words(play.mara.modal()) and play.mara.modal())
    assert "Is the *Harbour* Mini" in str(tried)
    assert validate(tried["blocks"], "modal") == []
    assert source_called(play, "Trial tag") is None
    play.mara.submit(kind="hashtag", query="trialtag", name="Trial tag", channel=play.channel, pause="300")
    assert "is followed from now on" in words(play.mara.modal())
    followed = source_called(play, "Trial tag")
    assert followed is not None
    assert (followed.query, followed.channel, followed.poll_seconds) == ("trialtag", play.channel, 300)
    assert "Trial tag" in words(at_home(play.mara, "Trial tag"))


def test_what_cannot_be_read_is_said_and_what_was_typed_stays(play: Company) -> None:
    modal = new_source(play)
    play.harbour.plaza.faults.rate_limit = 0
    try:
        play.mara.click(modal, "source.look", state=state_of(modal, kind="search", query="Harbour"))
        play.mara.wait_for(lambda: "It cannot be read" in words(play.mara.modal()))
    finally:
        play.harbour.plaza.faults.rate_limit = 3_000


def test_a_name_belongs_to_one_source(play: Company) -> None:
    with play.harbour.deps.sessions() as session:
        known = session.get_one(Source, play.harbour.source.id).name
    new_source(play)
    with pytest.raises(PersonError) as refused:
        play.mara.submit(kind="mentions", name=known, channel=play.channel)
    assert "already" in str(refused.value.details)


def test_a_source_gets_another_name_channel_and_pause_and_its_place_a_clock(play: Company) -> None:
    deps = play.harbour.deps
    with deps.sessions.begin() as session:
        venue = session.scalar(select(Venue).where(Venue.platform == "mastodon"))
        if venue is None:
            venue = Venue(platform="mastodon", name="plaza")
            session.add(venue)
            session.flush()
        venue.timezone = "UTC"
        place = venue.id
    home = at_home(play.mara, "Change a source")
    play.mara.choose(home, "source.change", str(play.harbour.source.id))
    modal = play.mara.wait_for_modal("Source")
    assert validate(modal["blocks"], "modal") == []
    with pytest.raises(PersonError) as refused:
        play.mara.submit(name="Mentions, renamed", channel=play.channel, pause="900", venue=str(place), zone="Nowhere")
    assert "time zone" in str(refused.value.details)
    assert source_called(play, "Mentions, renamed") is None
    play.mara.submit(
        name="Mentions, renamed", channel=play.channel, pause="900", venue=str(place), zone="europe/berlin"
    )
    assert "is changed" in words(play.mara.modal())
    renamed = source_called(play, "Mentions, renamed")
    assert renamed is not None
    assert (renamed.id, renamed.channel, renamed.poll_seconds) == (play.harbour.source.id, play.channel, 900)
    with deps.sessions() as session:
        assert session.get_one(Venue, place).timezone == "Europe/Berlin"


def test_the_command_lists_sources_with_what_may_be_done(play: Company) -> None:
    before = len(play.mara.messages("#mentions"))
    play.mara.command("/chorus sources", "#mentions")
    told = play.mara.wait_for(lambda: play.mara.messages("#mentions")[before:])[-1]
    assert play.harbour.source.name[:8] in words(told) or "renamed" in words(told)
    play.mara.click(told, "source.new")
    play.mara.wait_for_modal("Source")


def test_an_employee_finds_no_sources_but_their_accounts(play: Company) -> None:
    shown = words(at_home(play.ben, "You have connected no account of your own"))
    assert "Add a source" not in shown
    assert "Accounts are connected in the console" in shown
    reviewer = words(at_home(play.ruth, "What you may do"))
    assert "no account of your own" not in reviewer


def test_an_account_that_is_refused_says_so_at_home_and_can_be_taken_away(play: Company) -> None:
    deps, account = play.harbour.deps, own_account(play, play.ana)
    shown = words(at_home(play.ana, "on Mastodon, your own"))
    assert "again" not in shown.partition("on Mastodon, your own")[2][:20]
    with deps.sessions.begin() as session:
        renewing.refused(session, deps, session.get_one(Account, account), "The access token is invalid")
    home = at_home(play.ana, "needs to be connected again")
    play.ana.click(home, "account.end")
    play.ana.wait_for(lambda: "You have connected no account" in words(play.ana.home() or {}))
    with deps.sessions() as session:
        gone = session.get_one(Account, account)
    assert gone.disconnected_at is not None
    assert gone.condition is Condition.REAUTH
    assert deps.vault.open(gone.secrets) == {}


def test_pausing_at_home_still_works_beside_it(play: Company) -> None:
    sources.set_state(play.harbour.deps, play.harbour.source.id, SourceState.ACTIVE, actor="operator")
    home = at_home(play.mara, "Change a source")
    play.mara.click(home, "source.pause")
    play.mara.wait_for(lambda: "*paused*" in words(play.mara.home() or {}))
