"""What we said wrong ourselves: found when a fact changes, decided by a person, mended like every other reply."""

from dataclasses import replace

import pytest
from conftest import DrivenClock
from harbour import OPS, Harbour, settle, without_limits
from sqlalchemy import select

from bot import amends, approval, delivery, factbook, mending, showing
from bot.amends import OwnErrorView
from bot.approval import Wish
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import ChorusError, Conflict, NotAllowed
from bot.models import AuditEntry, MentionState, Outgoing, OwnError, Reply, ReplyState, WrongState
from bot.rulebook import Rulebook
from guidelines.facts import FactBase

SAID = "Hi, the Harbour team here. The Harbour Mini weighs 160 grams, so it fits in a coat. Does that help?"
PORT = "Hi, the Harbour team here. The Harbour Mini charges over USB-C. Does that help?"
WEIGHT = {"entity": "Harbour Mini", "source_url": "https://harbour.example/mini"}


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    harbour = settle(plaza, sessions, driven)
    with sessions.begin() as session:
        without_limits(session)
    return harbour


@pytest.fixture
def reply(harbour: Harbour) -> Reply:
    approved = harbour.approve(harbour.hear("How heavy is the Harbour Mini?"), SAID)
    delivery.post(harbour.deps, approved.id)
    return harbour.again(approved)


def learn(harbour: Harbour, grams: int) -> None:
    """A manager puts the weight in force, and the job that was asked for runs."""
    statement = f"The Harbour Mini weighs {grams} grams."
    factbook.put(harbour.deps, "mini-weight", WEIGHT | {"statement": statement}, by=harbour.person("U0MARA"))
    for asked in harbour.asked_for("look_back"):
        amends.look_back(harbour.deps, **asked)


def wrong(harbour: Harbour) -> tuple[OwnErrorView, ...]:
    with harbour.deps.sessions() as session:
        return amends.waiting(session, harbour.deps)


def kinds(harbour: Harbour, reply: Reply) -> list[str]:
    with harbour.deps.sessions() as session:
        told = select(AuditEntry.kind).where(AuditEntry.subject == f"reply:{reply.id}").order_by(AuditEntry.seq)
        return list(session.scalars(told))


def test_a_changed_fact_finds_what_we_said_and_tells_the_operators_once(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 160)
    assert wrong(harbour) == ()
    learn(harbour, 190)
    amends.look_back(harbour.deps, None)
    (found,) = wrong(harbour)
    assert (found.reply_id, found.fact, found.said) == (reply.id, "mini-weight", SAID)
    assert "160" in found.quote
    assert kinds(harbour, reply)[-1] == "reply.misstated"
    with harbour.deps.sessions() as session:
        told = session.scalars(select(Outgoing.text).where(Outgoing.channel == OPS)).all()
    assert [reply.url in words for words in told] == [True]


def test_nothing_happens_by_itself(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    assert harbour.asked_for("mend") == []
    assert [text for _, text, _ in harbour.ours()] == [reply.text]


def test_a_manager_has_our_reply_corrected_in_place(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    mara = harbour.person("U0MARA")
    view = amends.look(harbour.deps, wrong(harbour)[0].id, by=mara)
    assert view.can_edit
    for part in ("sorry", "The Harbour Mini weighs 190 grams.", "https://harbour.example/mini", "Harbour team"):
        assert part.lower() in view.words.lower()
    amends.change(harbour.deps, view.id, by=mara, text=view.words)
    assert wrong(harbour) == ()
    for asked in harbour.asked_for("mend"):
        mending.carry_out(harbour.deps, **asked)
    mended = harbour.again(reply)
    assert (mended.state, mended.typed) == (ReplyState.EDITED, view.words)
    assert "190 grams" in harbour.ours()[0][1]
    assert kinds(harbour, reply)[-3:] == ["reply.misstated", "reply.edit_ordered", "reply.edited"]
    amends.look_back(harbour.deps, None)
    assert wrong(harbour) == (), "what we quote to take it back is not said again"


def test_a_follow_up_goes_the_way_of_every_reply(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    mara = harbour.person("U0MARA")
    view = amends.look(harbour.deps, wrong(harbour)[0].id, by=mara)
    amends.follow_up(harbour.deps, view.id, by=mara, text=view.words)
    card = showing.card(harbour.deps, reply.mention_id)
    assert card.state is MentionState.OPEN
    assert card.drafts[0].text == view.words
    assert "was not right" in card.note
    assert [text for _, text, _ in harbour.ours()] == [reply.text], "nobody approved it yet"
    second = approval.approve(
        harbour.deps, reply.mention_id, Wish(harbour.account.id, view.words, card.drafts[0].id), by=mara
    )
    delivery.post(harbour.deps, second.id)
    assert len(harbour.ours()) == 2
    assert "reply.error_followed_up" in kinds(harbour, reply)


def test_a_person_may_find_that_we_are_not_wrong_and_says_why(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    mara, number = harbour.person("U0MARA"), wrong(harbour)[0].id
    with pytest.raises(ChorusError, match="why our reply is not wrong"):
        amends.dismiss(harbour.deps, number, by=mara, reason=" ")
    amends.dismiss(harbour.deps, number, by=mara, reason="That was the old model.")
    amends.look_back(harbour.deps, None)
    assert wrong(harbour) == ()
    with pytest.raises(Conflict):
        amends.change(harbour.deps, number, by=mara, text="x")
    learn(harbour, 200)
    assert len(wrong(harbour)) == 1, "the fact says something new"


def notices(harbour: Harbour) -> int:
    with harbour.deps.sessions() as session:
        return len(session.scalars(select(Outgoing.id).where(Outgoing.channel == OPS)).all())


def test_a_review_opens_nothing_that_was_decided(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    mara = harbour.person("U0MARA")
    amends.dismiss(harbour.deps, wrong(harbour)[0].id, by=mara, reason="That was the old model.")
    told = notices(harbour)
    factbook.review(harbour.deps, "mini-weight", by=mara, owner="Ben")
    amends.look_back(harbour.deps, None)
    assert (wrong(harbour), notices(harbour)) == ((), told)
    learn(harbour, 200)
    assert len(wrong(harbour)) == 1


def test_an_open_one_stays_the_same_through_a_review(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    (before,) = wrong(harbour)
    factbook.review(harbour.deps, "mini-weight", by=harbour.person("U0MARA"))
    amends.look_back(harbour.deps, None)
    assert [view.id for view in wrong(harbour)] == [before.id]


def test_the_first_fact_of_the_database_opens_nothing_that_was_decided_about_the_file(harbour: Harbour) -> None:
    posted = harbour.approve(harbour.hear("How is the Harbour Mini charged?"), PORT)
    delivery.post(harbour.deps, posted.id)
    named = FactBase.load(factbook.export(harbour.deps).replace("over USB-C.", "over micro-USB."), strict=False)
    harbour.deps = replace(harbour.deps, rulebook=Rulebook(harbour.deps.pack, named, harbour.deps.sessions))
    amends.look_back(harbour.deps, None)
    mara = harbour.person("U0MARA")
    amends.dismiss(harbour.deps, wrong(harbour)[0].id, by=mara, reason="That was the old model.")
    learn(harbour, 160)
    amends.look_back(harbour.deps, None)
    assert wrong(harbour) == ()


def test_what_had_lapsed_with_its_fact_is_open_again_when_the_fact_is_reviewed(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    (before,) = wrong(harbour)
    mara = harbour.person("U0MARA")
    factbook.set_review_days(harbour.deps, 30, by=mara)
    amends.look_back(harbour.deps, None)
    assert wrong(harbour) == (), "nobody has reviewed the fact"
    factbook.review(harbour.deps, "mini-weight", by=mara)
    amends.look_back(harbour.deps, None)
    assert [view.id for view in wrong(harbour)] == [before.id]
    assert kinds(harbour, reply).count("reply.misstated") == 2


def test_what_holds_no_longer_is_let_go(harbour: Harbour, reply: Reply) -> None:
    learn(harbour, 190)
    learn(harbour, 160)
    assert wrong(harbour) == ()
    learn(harbour, 190)
    factbook.withdraw(harbour.deps, "mini-weight", by=harbour.person("U0MARA"))
    for asked in harbour.asked_for("look_back"):
        amends.look_back(harbour.deps, **asked)
    with harbour.deps.sessions() as session:
        assert {error.state for error in session.scalars(select(OwnError))} == {WrongState.LAPSED}


@pytest.mark.parametrize("user", ["U0ANA", "U0RUTH"])
def test_only_who_keeps_the_facts_decides(harbour: Harbour, reply: Reply, user: str) -> None:
    learn(harbour, 190)
    person, number = harbour.person(user), wrong(harbour)[0].id
    for act in (amends.look, amends.change, amends.follow_up, amends.dismiss):
        with pytest.raises(NotAllowed):
            act(
                harbour.deps,
                number,
                by=person,
                **({"text": "x"} if act in (amends.change, amends.follow_up) else {}),
                **({"reason": "x"} if act is amends.dismiss else {}),
            )
    with pytest.raises(NotAllowed):
        amends.ask(harbour.deps, by=person)


def test_old_replies_are_left_alone_and_the_rest_comes_in_batches(
    harbour: Harbour, reply: Reply, driven: DrivenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amends, "BATCH", 1)
    learn(harbour, 190)
    assert {"fact": None, "before": reply.id, "looked_at": 1} not in harbour.asked_for("look_back")
    assert {"fact": "mini-weight", "before": reply.id, "looked_at": 1} in harbour.asked_for("look_back")
    assert amends.look_back(harbour.deps, None, before=reply.id) == 0
    driven.advance(days=181)
    assert amends.look_back(harbour.deps, None) == 0
