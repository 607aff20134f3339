"""What became of it: upstream changes reach the card, and what a reply led to is kept and learned from."""

import pytest
from conftest import DrivenClock
from harbour import Harbour, settle
from sqlalchemy import select

from bot import delivery, outcomes, showing
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import NotAllowed
from bot.models import Mention, MentionKind, MentionState, Outcome, OutcomeKind, PostRecord, Reply, ReplyState
from bot.outcomes import meaning
from bot.throttle.limits import in_force

QUESTION = "Does the Harbour Reader work without an account?"


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


def posted(harbour: Harbour) -> tuple[Mention, Reply]:
    mention = harbour.hear(QUESTION)
    reply = harbour.approve(mention)
    delivery.post(harbour.deps, reply.id)
    return mention, harbour.again(reply)


def kinds(harbour: Harbour) -> list[OutcomeKind]:
    with harbour.deps.sessions() as session:
        return list(session.scalars(select(Outcome.kind).order_by(Outcome.id)))


def external_id(harbour: Harbour, mention: Mention) -> str:
    with harbour.deps.sessions() as session:
        return session.get_one(PostRecord, mention.post_id).external_id


def test_an_open_post_that_was_deleted_is_purged_and_its_card_says_so(harbour: Harbour, driven: DrivenClock) -> None:
    mention = harbour.hear(QUESTION)
    harbour.plaza.delete(external_id(harbour, mention))
    driven.advance(minutes=11)
    outcomes.watch(harbour.deps, harbour.account.id)
    card = showing.card(harbour.deps, mention.id)
    assert (card.state, card.post.text, card.post.handle, card.drafts) == (MentionState.GONE, "", "", ())
    assert card.post.is_gone


def test_an_open_post_that_was_edited_is_shown_as_it_is_now_with_fresh_drafts(
    harbour: Harbour, driven: DrivenClock
) -> None:
    mention = harbour.hear(QUESTION)
    before = showing.card(harbour.deps, mention.id).drafts
    harbour.plaza.edit(external_id(harbour, mention), "Never mind, the Harbour Reader works fine, thank you!")
    driven.advance(minutes=11)
    outcomes.watch(harbour.deps, harbour.account.id)
    card = showing.card(harbour.deps, mention.id)
    assert "Never mind" in card.post.text
    assert "edited" in card.note
    assert {draft.id for draft in card.drafts}.isdisjoint(draft.id for draft in before)


def test_an_answer_to_our_reply_is_read_once(harbour: Harbour, driven: DrivenClock) -> None:
    _, reply = posted(harbour)
    harbour.plaza.post_as("Quiet Reader", "Thank you, that helped!", reply.external_id)
    for _ in range(2):
        driven.advance(minutes=20)
        outcomes.watch(harbour.deps, harbour.account.id)
    assert kinds(harbour) == [OutcomeKind.RESOLVED]


def test_who_asks_us_to_stop_is_left_alone(harbour: Harbour, driven: DrivenClock) -> None:
    _, reply = posted(harbour)
    harbour.plaza.post_as("Quiet Reader", "Please stop replying to me.", reply.external_id)
    driven.advance(minutes=20)
    outcomes.watch(harbour.deps, harbour.account.id)
    assert kinds(harbour) == [OutcomeKind.OPTED_OUT]
    again = harbour.hear("@harbour one more thing about Harbour, what is the warranty like on screens?")
    with pytest.raises(NotAllowed, match=r"asked us not to reply.*can retire the limit.*mastodon\.opt_out"):
        harbour.approve(again, "Hi, the Harbour team here. Two years on everything. Does that answer it?")


def test_a_reply_that_moderators_removed_tightens_their_venue(harbour: Harbour, driven: DrivenClock) -> None:
    mention, reply = posted(harbour)
    harbour.plaza.remove(str(reply.external_id))
    driven.advance(minutes=20)
    outcomes.watch(harbour.deps, harbour.account.id)
    assert harbour.again(reply).state is ReplyState.REMOVED
    assert kinds(harbour) == [OutcomeKind.REMOVED]
    with harbour.deps.sessions() as session:
        assert any(limit.name.startswith("after-removal") for limit in in_force(session))
    assert showing.card(harbour.deps, mention.id).reply is not None


@pytest.mark.parametrize(
    ("text", "kind", "outcome"),
    [
        ("Thanks so much!", MentionKind.QUESTION, OutcomeKind.THANKED),
        ("That worked, cheers", MentionKind.COMPLAINT, OutcomeKind.RESOLVED),
        ("Oh, I stand corrected.", MentionKind.FALSE_CLAIM, OutcomeKind.CORRECTED),
        ("Still broken, this is ridiculous", MentionKind.COMPLAINT, OutcomeKind.DISPUTED),
        ("Where can I buy one?", MentionKind.QUESTION, OutcomeKind.LEAD),
        ("I use the green one.", MentionKind.QUESTION, OutcomeKind.ANSWERED),
        ("Do not contact me again", MentionKind.QUESTION, OutcomeKind.OPTED_OUT),
    ],
)
def test_an_answer_is_read_for_what_it_amounts_to(text: str, kind: MentionKind, outcome: OutcomeKind) -> None:
    found, reason = meaning(text, kind)
    assert found is outcome
    assert reason
