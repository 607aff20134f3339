"""One correction in a thread is enough; who else says the same; and every correction drafted can be approved."""

import pytest
from conftest import DrivenClock
from harbour import Harbour, settle, without_limits
from sqlalchemy import select

from bot import corrections, delivery, mending, showing
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import Blocked
from bot.models import Mention, MentionKind, Origin, PostRecord, Reply, ReplyState

FALSE = "The Harbour Mini still charges over micro-USB."
AGAIN = "It is true, the Harbour Mini charges over micro-USB only."
CORRECTION = (
    "Hi, the Harbour team here. Thanks for raising it! The Harbour Mini charges over USB-C. "
    "Source: https://harbour.example/mini/charging Tell us if you see otherwise."
)


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    harbour = settle(plaza, sessions, driven)
    with sessions.begin() as session:
        without_limits(session)
    return harbour


def corrected(harbour: Harbour) -> tuple[Mention, Reply]:
    """A false claim in a thread that somebody began, and our correction of it in public."""
    mention = harbour.hear(FALSE, author="First")
    card = showing.card(harbour.deps, mention.id)
    assert card.drafts[0].origin is Origin.FACT
    reply = harbour.approve(mention, card.drafts[0].text)
    delivery.post(harbour.deps, reply.id)
    return mention, harbour.again(reply)


def answering(harbour: Harbour, mention: Mention, words: str) -> Mention:
    """Somebody else writes below a post."""
    with harbour.deps.sessions() as session:
        parent = session.get_one(PostRecord, mention.post_id).external_id
    return harbour.hear(words, author="Second", in_reply_to=parent)


def test_a_second_correction_in_a_thread_is_not_drafted_and_the_card_says_why(harbour: Harbour) -> None:
    first, reply = corrected(harbour)
    card = showing.card(harbour.deps, answering(harbour, first, AGAIN).id)
    assert card.kind is MentionKind.FALSE_CLAIM
    assert card.drafts == ()
    assert f"already stands in this thread, reply no. {reply.id}: {reply.url}" in card.note


def test_a_second_correction_by_hand_is_refused_with_a_link_to_the_first(harbour: Harbour) -> None:
    first, reply = corrected(harbour)
    second = answering(harbour, first, AGAIN)
    with pytest.raises(Blocked) as refused:
        harbour.approve(second, CORRECTION)
    assert [finding.rule for finding in refused.value.verdict.blocking] == [corrections.RULE]
    assert reply.url in str(refused.value)
    rephrased = "Hi, the Harbour team here. Thanks! To add to this: the Harbour Mini charges over USB-C."
    with pytest.raises(Blocked, match="One is enough"):
        harbour.approve(second, rephrased)
    harbour.approve(second, "Hi, the Harbour team here. Which Mini do you have? We would like to look into it.")


def test_after_the_first_correction_was_deleted_another_may_be_made(harbour: Harbour) -> None:
    first, reply = corrected(harbour)
    second = answering(harbour, first, AGAIN)
    mending.remove(harbour.deps, reply.id, by=harbour.person("U0MARA"))
    for asked in harbour.asked_for("mend"):
        mending.carry_out(harbour.deps, **asked)
    assert harbour.again(reply).state is ReplyState.DELETED
    assert harbour.approve(second, CORRECTION).state is ReplyState.APPROVED


def test_another_thread_is_another_matter(harbour: Harbour) -> None:
    corrected(harbour)
    elsewhere = harbour.hear("Careful: a Harbour Mini charges over micro-USB!", author="Third")
    assert showing.card(harbour.deps, elsewhere.id).drafts[0].origin is Origin.FACT


def test_who_else_says_it_is_listed_with_what_we_did_there_newest_first(harbour: Harbour) -> None:
    first, reply = corrected(harbour)
    second = harbour.hear("Careful: a Harbour Mini charges over micro-USB!", author="Third")
    harbour.hear("The Harbour Reader is not waterproof.", author="Fourth")
    third = harbour.hear("Sadly, the Harbour Mini charges with micro-USB.", author="Fifth")
    with harbour.deps.sessions() as session:
        found = corrections.echoes(session, "mini-usb")
        others = corrections.echoes(session, "mini-usb", besides=third.id, most=1)
        rest = corrections.echoes(session, "mini-usb", before=others.before)
    assert [post.mention_id for post in found.posts] == [third.id, second.id, first.id]
    assert (found.posts[-1].reply_id, found.posts[-1].reply_url) == (reply.id, reply.url)
    assert found.posts[0].reply_id is None
    assert [post.mention_id for post in others.posts] == [second.id]
    assert [post.mention_id for post in rest.posts] == [first.id]
    assert rest.before is None


def test_the_list_is_found_by_its_index(harbour: Harbour) -> None:
    asked = select(Mention.id).where(corrections.contradicting("mini-usb")).order_by(Mention.id.desc()).limit(20)
    with harbour.deps.sessions() as session:
        session.connection().exec_driver_sql("set local enable_seqscan = off")
        text = str(asked.compile(session.connection(), compile_kwargs={"literal_binds": True}))
        plan = "\n".join(session.connection().exec_driver_sql(f"explain {text}").scalars())
    assert "ix_mention_fact" in plan
