"""A public reply is changed or deleted on a real Plaza: by whom, with which checks, and what when nobody answers."""

from dataclasses import replace

import pytest
from conftest import DrivenClock
from harbour import Harbour, settle
from sqlalchemy import select

from bot import delivery, mending, outcomes, stops
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import Blocked, ChorusError, Conflict, NotAllowed
from bot.models import AuditEntry, AuditText, Outgoing, Reply, ReplyState, StopScope
from connectors.fault_proxy import FaultProxy, Mishap, Trouble

QUESTION = "Does the Harbour Reader work without an account?"
BETTER = "Hi, the Harbour team here. Yes: it reads your own books, and needs no account for that. Does that help?"


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


@pytest.fixture
def reply(harbour: Harbour) -> Reply:
    approved = harbour.approve(harbour.hear(QUESTION))
    delivery.post(harbour.deps, approved.id)
    return harbour.again(approved)


def carry_out(harbour: Harbour) -> None:
    for asked in harbour.asked_for("mend"):
        mending.carry_out(harbour.deps, **asked)


def public(harbour: Harbour) -> list[str]:
    return [text for _, text, _ in harbour.ours()]


def kinds(harbour: Harbour, reply: Reply) -> list[str]:
    with harbour.deps.sessions() as session:
        told = select(AuditEntry.kind).where(AuditEntry.subject == f"reply:{reply.id}").order_by(AuditEntry.seq)
        return list(session.scalars(told))


def told(harbour: Harbour, slack_user: str) -> list[str]:
    with harbour.deps.sessions() as session:
        return list(session.scalars(select(Outgoing.text).where(Outgoing.channel == slack_user)))


def test_a_reviewer_has_a_reply_changed(harbour: Harbour, reply: Reply) -> None:
    mending.edit(harbour.deps, reply.id, by=harbour.person("U0RUTH"), text=BETTER)
    assert harbour.again(reply).state is ReplyState.POSTED
    carry_out(harbour)
    mended = harbour.again(reply)
    assert mended.state is ReplyState.EDITED
    assert mended.mending_at is None
    assert mended.typed == BETTER
    assert public(harbour) == [mended.text]
    assert BETTER in mended.text
    assert kinds(harbour, reply)[-2:] == ["reply.edit_ordered", "reply.edited"]
    with harbour.deps.sessions() as session:
        last = session.scalars(select(AuditEntry.seq).where(AuditEntry.kind == "reply.edited")).one()
        kept = dict(session.execute(select(AuditText.field, AuditText.text).where(AuditText.seq == last)).all())
    assert kept == {"before": reply.text, "public": mended.text}


def test_an_edit_obeys_the_guidelines_and_stops(harbour: Harbour, reply: Reply) -> None:
    ruth = harbour.person("U0RUTH")
    with pytest.raises(Blocked):
        mending.edit(harbour.deps, reply.id, by=ruth, text="Yes. [say more here]")
    with pytest.raises(ChorusError, match="same as before"):
        mending.edit(harbour.deps, reply.id, by=ruth, text=f" {reply.typed} ")
    stops.throw(harbour.deps, StopScope.ALL, reason="A recall.", by=harbour.person("U0MARA"))
    with pytest.raises(ChorusError, match="A recall"):
        mending.edit(harbour.deps, reply.id, by=ruth, text=BETTER)
    assert harbour.asked_for("mend") == []
    assert public(harbour) == [reply.text]


def test_only_reviewers_change_what_is_public(harbour: Harbour, reply: Reply) -> None:
    for person in ("U0ANA", "U0MARA"):
        with pytest.raises(NotAllowed):
            mending.edit(harbour.deps, reply.id, by=harbour.person(person), text=BETTER)


@pytest.mark.parametrize("person", ["U0ANA", "U0MARA", "U0RUTH"])
def test_a_reply_is_deleted_even_during_a_stop(harbour: Harbour, reply: Reply, person: str) -> None:
    stops.throw(harbour.deps, StopScope.ALL, reason="A recall.", by=harbour.person("U0MARA"))
    mending.remove(harbour.deps, reply.id, by=harbour.person(person))
    carry_out(harbour)
    assert harbour.again(reply).state is ReplyState.DELETED
    assert public(harbour) == []
    assert kinds(harbour, reply)[-2:] == ["reply.deletion_ordered", "reply.deleted"]


def test_somebody_elses_reply_is_not_deleted(harbour: Harbour, reply: Reply) -> None:
    with pytest.raises(NotAllowed, match="Only who approved"):
        mending.remove(harbour.deps, reply.id, by=harbour.person("U0BEN"))
    assert harbour.again(reply).mending_at is None


def test_one_order_at_a_time_and_a_lost_one_may_be_given_again(
    harbour: Harbour, reply: Reply, driven: DrivenClock
) -> None:
    ana = harbour.person()
    mending.remove(harbour.deps, reply.id, by=ana)
    with pytest.raises(Conflict, match="on its way"):
        mending.remove(harbour.deps, reply.id, by=ana)
    driven.advance(minutes=11)
    mending.remove(harbour.deps, reply.id, by=ana)
    carry_out(harbour)
    assert kinds(harbour, reply).count("reply.deleted") == 1
    with pytest.raises(Conflict, match="not public now"):
        mending.remove(harbour.deps, reply.id, by=ana)


def test_our_own_deletion_is_not_taken_for_a_moderators(harbour: Harbour, reply: Reply, driven: DrivenClock) -> None:
    mending.remove(harbour.deps, reply.id, by=harbour.person())
    harbour.plaza.delete(reply.external_id or "")
    driven.advance(minutes=11)
    outcomes.watch(harbour.deps, harbour.account.id)
    assert harbour.again(reply).state is ReplyState.POSTED
    carry_out(harbour)
    assert harbour.again(reply).state is ReplyState.DELETED


def test_a_lost_order_does_not_hide_a_removal_for_ever(harbour: Harbour, reply: Reply, driven: DrivenClock) -> None:
    mending.remove(harbour.deps, reply.id, by=harbour.person())
    harbour.plaza.remove(reply.external_id or "")
    driven.advance(hours=7)
    outcomes.watch(harbour.deps, harbour.account.id)
    assert harbour.again(reply).state is ReplyState.REMOVED
    carry_out(harbour)
    assert harbour.again(reply).state is ReplyState.REMOVED


def test_a_platform_that_is_away_leaves_it_as_it_was_and_its_person_is_told(harbour: Harbour, reply: Reply) -> None:
    mending.remove(harbour.deps, reply.id, by=harbour.person())
    harbour.plaza.stop()
    carry_out(harbour)
    kept = harbour.again(reply)
    assert (kept.state, kept.mending_at) == (ReplyState.POSTED, None)
    assert "was not deleted" in told(harbour, "U0ANA")[0]
    assert kinds(harbour, reply)[-1] == "reply.not_mended"


def carry_out_badly(harbour: Harbour, to_write: Trouble, to_read: Trouble | None = None) -> list[str]:
    """Do what was ordered while the platform's answers go wrong; returns which requests reached the line."""
    with FaultProxy(harbour.plaza.url) as proxy:
        with harbour.deps.sessions.begin() as session:
            session.merge(harbour.account).site = proxy.url
        proxy.next_answer(to_write)
        if to_read is not None:
            proxy.next_answer(to_read, to_write=False)
        carry_out(harbour)
        return [seen.method for seen in proxy.seen]


LOST_ANSWERS = [Trouble(Mishap.DROP, stored=True), Trouble(status=503, stored=True)]
LOST_REQUESTS = [Trouble(Mishap.DROP), Trouble(status=503)]


@pytest.mark.parametrize("lost", LOST_ANSWERS, ids=["dropped", "503"])
def test_an_edit_whose_answer_was_lost_is_read_back(harbour: Harbour, reply: Reply, lost: Trouble) -> None:
    mending.edit(harbour.deps, reply.id, by=harbour.person("U0RUTH"), text=BETTER)
    assert carry_out_badly(harbour, lost) == ["PUT", "GET"]
    mended = harbour.again(reply)
    assert (mended.state, mended.typed) == (ReplyState.EDITED, BETTER)
    assert public(harbour) == [mended.text]
    assert kinds(harbour, reply)[-1] == "reply.edited"
    assert told(harbour, "U0RUTH") == []


@pytest.mark.parametrize("lost", LOST_ANSWERS, ids=["dropped", "503"])
def test_a_deletion_whose_answer_was_lost_is_read_back(harbour: Harbour, reply: Reply, lost: Trouble) -> None:
    mending.remove(harbour.deps, reply.id, by=harbour.person())
    assert carry_out_badly(harbour, lost) == ["DELETE", "GET"]
    assert harbour.again(reply).state is ReplyState.DELETED
    assert public(harbour) == []
    assert kinds(harbour, reply)[-1] == "reply.deleted"


@pytest.mark.parametrize("lost", LOST_REQUESTS, ids=["dropped", "503"])
@pytest.mark.parametrize("what", ["edit", "deletion"])
def test_a_change_that_never_arrived_is_not_taken_for_done(
    harbour: Harbour, reply: Reply, lost: Trouble, what: str
) -> None:
    ruth = harbour.person("U0RUTH")
    if what == "edit":
        mending.edit(harbour.deps, reply.id, by=ruth, text=BETTER)
    else:
        mending.remove(harbour.deps, reply.id, by=ruth)
    carry_out_badly(harbour, lost)
    kept = harbour.again(reply)
    assert (kept.state, kept.typed, kept.mending_at) == (ReplyState.POSTED, reply.typed, None)
    assert public(harbour) == [reply.text]
    assert kinds(harbour, reply)[-1] == "reply.not_mended"
    assert "not known whether" in told(harbour, "U0RUTH")[0]


def test_when_reading_back_fails_too_its_person_is_asked_to_look(harbour: Harbour, reply: Reply) -> None:
    mending.edit(harbour.deps, reply.id, by=harbour.person("U0RUTH"), text=BETTER)
    carry_out_badly(harbour, Trouble(Mishap.DROP, stored=True), Trouble(status=503))
    assert harbour.again(reply).state is ReplyState.POSTED
    assert "Look at it, and try again" in told(harbour, "U0RUTH")[0]


def test_what_the_platform_cannot_do_is_refused_with_the_way_by_hand(harbour: Harbour, reply: Reply) -> None:
    connector = harbour.deps.connectors["mastodon"]

    class Unchanging(type(connector)):  # type: ignore[misc]
        spec = replace(connector.spec, capabilities=frozenset())

    harbour.deps = replace(harbour.deps, connectors={"mastodon": Unchanging()})
    with pytest.raises(Conflict, match="by hand: http"):
        mending.remove(harbour.deps, reply.id, by=harbour.person())
