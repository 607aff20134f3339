"""Asking a manager: who is asked, what they see, and what their answer does."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from conftest import DrivenClock
from slack_sdk import WebClient
from slack_stage import Stage, stage
from slack_world import World, build
from sqlalchemy import select

from bot import approval, asking, throttle
from bot.approval import Wish
from bot.database import Sessions
from bot.demo.slack import Person
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.errors import ChorusError, Conflict, NotAllowed, Throttled
from bot.models import AuditEntry, Employee, Outgoing, QuestionState, ReplyState
from bot.people import employee_of
from bot.slack import lane
from bot.throttle import editing
from guidelines.throttle import Action, Condition, Limit, Scope

DAY = timedelta(days=1)
ONE = Limit("venue-one", Scope.VENUE, Condition.COUNT, 1, DAY, Action.ASK, reason="One a day is enough here.")
FIRST, SECOND = "It opens EPUB 3. I work for Harbour.", "It sleeps after ten minutes. I work for Harbour."


@pytest.fixture
def world(sessions: Sessions, clock: DrivenClock) -> World:
    world = build(sessions, clock)
    world.roles |= {"UMARA": ("manager",), "UTHEO": ("admin",)}
    editing.put(world.deps, ONE, by=None)
    return world


def people(world: World) -> tuple[Employee, Employee]:
    """Ana, who may reply, and Mara, who manages; Theo has been met as well."""
    employee_of(world.deps, "UTHEO", "Theo")
    return employee_of(world.deps, "UANA", "Ana"), employee_of(world.deps, "UMARA", "Mara")


def asked(world: World, ana: Employee) -> int:
    """Ana has replied once today and asks about a second reply; returns the question's number."""
    approval.approve(world.deps, world.mention(), Wish(world.account, FIRST), by=ana)
    mention = world.mention("When does it sleep?")
    return asking.ask(world.deps, mention, Wish(world.account, SECOND), by=ana).id


def told(world: World, slack_user: str) -> list[str]:
    with world.sessions() as session:
        return list(session.scalars(select(Outgoing.text).where(Outgoing.channel == slack_user).order_by(Outgoing.id)))


def kinds(world: World) -> list[str]:
    with world.sessions() as session:
        entries = select(AuditEntry.kind).where(AuditEntry.kind.startswith("limit.")).order_by(AuditEntry.seq)
        return list(session.scalars(entries))


def test_every_manager_is_asked_with_what_the_limit_says_and_nothing_counts_yet(world: World) -> None:
    ana, mara = people(world)
    question = asking.look(world.deps, asked(world, ana), by=mara)
    assert (question.asked_by, question.text, question.state) == ("Ana", SECOND, QuestionState.OPEN)
    assert "One a day is enough here." in question.because
    assert [len(told(world, each)) for each in ("UMARA", "UTHEO", "UANA")] == [1, 1, 0]
    assert world.reply(question.mention_id) is None
    assert "Ana asked a community manager" in world.card(question.mention_id).note


def test_what_a_manager_allows_is_approved_as_the_one_who_asked_and_counts(world: World) -> None:
    ana, mara = people(world)
    question = asked(world, ana)
    reply = asking.allow(world.deps, question, by=mara, reason="They asked twice.")
    assert (reply.approved_by_id, reply.typed, reply.state) == (ana.id, SECOND, ReplyState.APPROVED)
    assert "Mara allowed it: They asked twice." in told(world, "UANA")[-1]
    assert kinds(world) == ["limit.changed", "limit.asked", "limit.allowed"]
    with world.sessions() as session:
        approved = session.scalars(
            select(AuditEntry.body).where(AuditEntry.kind == "reply.approved").order_by(AuditEntry.seq.desc())
        ).first()
        again = throttle.forecast(session, throttle.proposal_of(session, reply), world.deps.now())
    assert f'"allowed_by":"employee:{mara.id}"'.encode() in (approved or b"")
    assert again.reasons, "it takes its place"


def test_what_a_manager_declines_stays_open_and_the_one_who_asked_reads_why(world: World) -> None:
    ana, mara = people(world)
    question = asking.decline(world.deps, asked(world, ana), by=mara, reason="Twice a day is too much there.")
    assert question.state is QuestionState.DECLINED
    assert "too much there" in told(world, "UANA")[-1]
    assert "too much there" in world.card(question.mention_id).note
    assert world.reply(question.mention_id) is None
    with pytest.raises(Conflict, match="answered this already"):
        asking.allow(world.deps, question.id, by=mara, reason="After all.")


def test_an_answer_is_about_the_limits_that_were_read_and_no_others(world: World) -> None:
    ana, mara = people(world)
    question = asked(world, ana)
    editing.put(world.deps, Limit("brand-one", Scope.BRAND, Condition.COUNT, 1, DAY), by=None)
    with pytest.raises(Conflict, match="More limits are against it"):
        asking.allow(world.deps, question, by=mara, reason="Fine.")
    looked = asking.look(world.deps, question, by=mara)
    assert looked.state is QuestionState.OPEN
    assert "At most 1 reply in all" in looked.because
    assert asking.allow(world.deps, question, by=mara, reason="Fine all the same.").id


def test_only_what_asks_can_be_asked_about(world: World) -> None:
    ana, mara = people(world)
    with pytest.raises(Conflict, match="do not ask for a manager"):
        asking.ask(world.deps, world.mention(), Wish(world.account, FIRST), by=ana)
    question = asked(world, ana)
    mention = asking.look(world.deps, question, by=mara).mention_id
    with pytest.raises(Conflict, match="asked already"):
        asking.ask(world.deps, mention, Wish(world.account, SECOND), by=ana)
    editing.put(world.deps, Limit("brand-one", Scope.BRAND, Condition.COUNT, 1, DAY), by=None)
    with pytest.raises(Throttled, match="At most 1 reply in all"):
        asking.ask(world.deps, world.mention("Another?"), Wish(world.account, "Something else."), by=ana)


@pytest.mark.parametrize("answer", [asking.allow, asking.decline])
def test_only_a_manager_with_a_reason_answers(world: World, answer: Callable[..., object]) -> None:
    ana, mara = people(world)
    question = asked(world, ana)
    with pytest.raises(NotAllowed, match="override a limit"):
        answer(world.deps, question, by=ana, reason="I am sure.")
    with pytest.raises(ChorusError, match="Say why"):
        answer(world.deps, question, by=mara, reason="  ")


def test_a_question_whose_conversation_was_answered_meanwhile_is_not_allowed_and_not_listed(world: World) -> None:
    ana, mara = people(world)
    question = asked(world, ana)
    mention = asking.look(world.deps, question, by=mara).mention_id
    approval.approve(world.deps, mention, Wish(world.account, "Ten minutes.", override="I know her."), by=mara)
    with pytest.raises(Conflict, match="already answered"):
        asking.allow(world.deps, question, by=mara, reason="Fine.")
    assert asking.look(world.deps, question, by=mara).state is QuestionState.OPEN
    with world.sessions() as session:
        assert asking.waiting(session) == ()


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Stage]:
    with stage(postgres) as play:
        editing.put(play.world.deps, ONE, by=None)
        yield play


def direct(client: WebClient, play: Stage, person: Person) -> None:
    """Send what waits for somebody."""
    lane.drain(play.world.deps, client, person.id)


def test_in_slack_an_employee_asks_and_a_manager_answers(play: Stage) -> None:
    employee_of(play.world.deps, play.mara.id, "Mara Lindqvist")
    ana = employee_of(play.world.deps, play.ana.id, "Ana Reyes")
    approval.approve(play.world.deps, play.mention(), Wish(play.world.account, FIRST), by=ana)
    mention = play.mention("When does it sleep?", drafts=(SECOND,))
    play.ana.click(play.show(mention), "reply.open")
    modal = play.ana.wait_for_modal("Reply")
    assert "Needs a community manager" in words(modal)
    assert modal["submit"]["text"] == "Ask a manager"
    play.ana.submit()
    assert "The community managers have been asked" in words(play.ana.modal())
    assert play.world.reply(mention) is None

    direct(play.client, play, play.mara)
    place = play.mara.direct_message(str(play.client.auth_test()["user_id"]))
    message = play.mara.wait_for(lambda: [each for each in play.mara.messages(place) if "Ana Reyes" in words(each)])[-1]
    assert validate(message["blocks"], "message") == []
    play.mara.click(message, "question.open")
    window = play.mara.wait_for_modal("A question to managers")
    assert "One a day is enough here." in words(window)
    assert SECOND in words(window)
    play.mara.submit(answer="allow", reason="They asked twice.")
    assert "It goes out." in words(play.mara.modal())
    assert play.world.reply(mention).approved_by_id == ana.id
