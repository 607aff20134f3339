"""The end of a handoff: the link is looked up on the platform, and what is not as it was handed off is said."""

from dataclasses import replace

import pytest
from booth import Fair, open_fair
from conftest import DrivenClock
from sqlalchemy import func, select

from bot import audit, handoff, intake, showing
from bot.audit.selection import Selection, search
from bot.database import Sessions
from bot.errors import ChorusError, Conflict
from bot.models import Mention, MentionState, PostRecord, Reply, ReplyState
from connectors.base import ConnectorError, Fault, Handoff

QUESTION = "Does the Harbour Reader work without an account?"
ANSWER = "Hi, the Harbour team here. Yes, it reads your own books without an account. Does that help?"


@pytest.fixture
def fair(sessions: Sessions, clock: DrivenClock) -> Fair:
    fair = open_fair(sessions, clock)
    fair.booth.permission = Handoff("https://booth.example/intent", "booth.summons", "Only people may answer here.")
    return fair


def handed(fair: Fair) -> Reply:
    return fair.approve(fair.hear(QUESTION), ANSWER, by_hand=True)


def finish(fair: Fair, reply: Reply, post_id: str) -> Reply:
    return handoff.finish(fair.deps, reply.id, by=fair.person(), url=fair.booth.posts[post_id].url)


def told(fair: Fair, reply: Reply) -> dict[str, object]:
    with fair.deps.sessions() as session:
        found = search(session, Selection(subject=f"reply:{reply.id}", kind="reply.handoff_finished")).entries
    return found[0].data


def test_a_reply_by_hand_is_verified_by_author_parent_and_text(fair: Fair) -> None:
    reply = handed(fair)
    fair.clock.advance(minutes=3)
    post_id = fair.booth.write(ANSWER, author="harbour", parent="booth-1")
    finished = finish(fair, reply, post_id)
    assert (finished.state, finished.external_id, finished.detail) == (ReplyState.POSTED, post_id, "")
    assert finished.posted_at == fair.clock()
    assert told(fair, reply) == {"verified": True, "same_text": True}


@pytest.mark.parametrize(
    ("words", "author", "parent", "said"),
    [
        (ANSWER, "anasown", "booth-1", "posted by @anasown, which is none of the connected accounts"),
        (ANSWER, "harbour", "booth-2", "answers another post of the conversation"),
        ("Something quite different: buy two, get one.", "harbour", "booth-1", "text is not the one that was checked"),
    ],
)
def test_what_does_not_match_is_said_on_the_card_and_in_the_record(
    fair: Fair, words: str, author: str, parent: str, said: str
) -> None:
    reply = handed(fair)
    fair.booth.write("Beside the point", author="somebody", parent="booth-1")
    post_id = fair.booth.write(words, author=author, parent=parent)
    finished = finish(fair, reply, post_id)
    assert said in finished.detail
    assert finished.text == words, "the record keeps what is public"
    assert told(fair, reply)["verified"] is False
    shown = showing.card(fair.deps, reply.mention_id).reply
    assert shown is not None
    assert said in shown.detail


def test_a_link_that_cannot_be_the_reply_is_refused_with_what_to_do(fair: Fair) -> None:
    old = fair.booth.write("We were here long ago", author="harbour")
    fair.clock.advance(hours=2)
    fair.booth.write(QUESTION)
    reply = fair.approve(fair.bring("booth-2"), ANSWER, by_hand=True)
    own_words = fair.booth.write("And thank you in advance", parent="booth-2")
    for post_id, why in (("booth-2", "post that you answer"), (own_words, "whom we answer"), (old, "before you were")):
        with pytest.raises(ChorusError, match=why):
            finish(fair, reply, post_id)
    with pytest.raises(ChorusError, match="not the address of a public page"):
        handoff.finish(fair.deps, reply.id, by=fair.person(), url="javascript:alert(1)")
    assert fair.reply(reply).state is ReplyState.HANDED_OFF


def test_one_link_is_the_proof_of_one_reply(fair: Fair) -> None:
    first = handed(fair)
    second = fair.approve(fair.hear("And is the Harbour Mini any lighter than it was?"), "Harbour: yes.", by_hand=True)
    post_id = fair.booth.write(ANSWER, author="harbour", parent="booth-1")
    finish(fair, first, post_id)
    with pytest.raises(Conflict, match=f"reply no. {first.id} already"):
        finish(fair, second, post_id)


def test_where_the_platform_cannot_be_read_the_link_is_taken_and_marked(fair: Fair) -> None:
    reply = handed(fair)
    fair.booth.trouble = ConnectorError(Fault.TRANSIENT, "Down.")
    finished = handoff.finish(fair.deps, reply.id, by=fair.person(), url="https://booth.example/harbour/9")
    assert finished.state is ReplyState.POSTED
    assert "nobody has checked the link" in finished.detail


def test_what_was_posted_by_hand_never_comes_back_as_a_mention(fair: Fair) -> None:
    reply = handed(fair)
    url = "https://booth.example/anasown/late"
    handoff.finish(fair.deps, reply.id, by=fair.person(), url=url)
    post_id = fair.booth.write(ANSWER, author="anasown", parent="booth-1", url=url)
    intake.collect(fair.deps, fair.source.id)
    with fair.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Mention)) == 1
        assert session.scalars(select(PostRecord.is_own).where(PostRecord.external_id == post_id)).one()


def test_what_came_in_before_its_link_was_brought_is_no_mention_any_more(fair: Fair) -> None:
    reply = handed(fair)
    post_id = fair.booth.write(ANSWER, author="anasown", parent="booth-1")
    mention = fair.bring(post_id)
    assert mention.state is MentionState.OPEN
    finish(fair, reply, post_id)
    after = fair.mention_of(post_id)
    assert (after.state, after.note) == (MentionState.GONE, "This is our own reply, posted by hand.")


def test_posts_of_accounts_that_employees_connected_are_our_own(fair: Fair) -> None:
    fair.connect("ana", "U0ANA")
    fair.booth.write("I work at Harbour, and I love my Harbour", author="ana")
    assert intake.collect(fair.deps, fair.source.id).mentions == ()


def test_a_platform_that_marks_nothing_as_ours_still_has_our_adopted_replies_known(fair: Fair) -> None:
    fair.booth.permission = fair.stall.permission
    reply = fair.approve(fair.hear(QUESTION), ANSWER)
    with fair.deps.sessions.begin() as session:
        row = session.get_one(Reply, reply.id)
        row.begin_sending(owner="x", at=fair.clock(), lease=fair.deps.lease)
        row.posted(external_id="booth-2", url="", at=fair.clock())
    fair.booth.write(ANSWER, author="harbour", parent="booth-1")
    fair.booth.posts["booth-2"] = replace(
        fair.booth.posts["booth-2"], author=replace(fair.booth.posts["booth-2"].author, id="renamed")
    )
    assert intake.collect(fair.deps, fair.source.id).mentions == ()
    with fair.deps.sessions() as session:
        assert audit.verify(session).ok
