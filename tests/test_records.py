"""The records allow the moves of the design and refuse all others."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Conflict, IllegalMove
from bot.models import COUNTED, Employee, Mention, MentionState, Reply, ReplyState, Role, Source, SourceState
from bot.models.replies import MOVES
from connectors.base import Fault, SourceKind

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def reply_in(state: ReplyState) -> Reply:
    return Reply(
        intent_id=uuid4(),
        mention_id=1,
        draft_id=1,
        thread_id=1,
        venue_id=1,
        parent_post_id=1,
        account_id=1,
        approved_by_id=1,
        platform="mastodon",
        author_external_id="7",
        typed="Hello",
        text="Hello",
        text_hash="x",
        parent_hash="y",
        key="k",
        approved_at=NOON,
        counted_at=NOON,
        not_before=NOON,
        state=state,
    )


MAKING = {
    ReplyState.SENDING: lambda reply: reply.begin_sending(owner="w", at=NOON, lease=timedelta(seconds=60)),
    ReplyState.POSTED: lambda reply: reply.posted(external_id="1", url="u", at=NOON),
    ReplyState.PENDING_REMOTE: lambda reply: reply.pending_remote(external_id="1", url="u", detail="", at=NOON),
    ReplyState.IN_DOUBT: lambda reply: reply.doubt("why", look_at=NOON),
    ReplyState.FAILED: lambda reply: reply.fail(Fault.INVALID, "why"),
    ReplyState.CANCELLED: lambda reply: reply.cancel("why"),
    ReplyState.EDITED: lambda reply: reply.after_posting(ReplyState.EDITED),
    ReplyState.DELETED: lambda reply: reply.after_posting(ReplyState.DELETED),
    ReplyState.REMOVED: lambda reply: reply.after_posting(ReplyState.REMOVED),
}


@pytest.mark.parametrize(("start", "to"), list(product(ReplyState, MAKING)))
def test_a_reply_makes_exactly_the_moves_that_are_allowed(start: ReplyState, to: ReplyState) -> None:
    reply = reply_in(start)
    if to in MOVES[start]:
        MAKING[to](reply)
        assert reply.state is to
    else:
        with pytest.raises(IllegalMove):
            MAKING[to](reply)
        assert reply.state is start


@given(st.lists(st.sampled_from(sorted(MAKING)), max_size=12))
def test_whatever_is_tried_a_posted_reply_is_never_sent_again(moves: list[ReplyState]) -> None:
    reply, posted = reply_in(ReplyState.APPROVED), False
    for move in moves:
        try:
            MAKING[move](reply)
        except IllegalMove:
            continue
        assert not (posted and reply.state is ReplyState.SENDING)
        posted = posted or reply.state is ReplyState.POSTED


def test_a_reply_in_doubt_takes_its_place_and_a_withdrawn_one_frees_it() -> None:
    assert ReplyState.IN_DOUBT in COUNTED
    assert ReplyState.HANDED_OFF in COUNTED
    assert not {ReplyState.CANCELLED, ReplyState.FAILED} & COUNTED


def person(number: int, *roles: Role) -> Employee:
    somebody = Employee(
        slack_user=f"U{number}", name="Somebody", roles=[role.value for role in roles], first_seen_at=NOON
    )
    somebody.id = number
    return somebody


def mention(state: MentionState = MentionState.OPEN) -> Mention:
    return Mention(post_id=1, thread_id=1, source_id=1, channel="C1", collected_at=NOON, state=state)


def test_a_claim_keeps_others_away_until_it_ends() -> None:
    ana, ben, held = person(1), person(2), mention()
    held.claim(ana, at=NOON, lasting=timedelta(minutes=15))
    with pytest.raises(Conflict):
        held.claim(ben, at=NOON + timedelta(minutes=14), lasting=timedelta(minutes=15))
    held.claim(ben, at=NOON + timedelta(minutes=15), lasting=timedelta(minutes=15))
    assert held.claimed_by_id == ben.id


@pytest.mark.parametrize("state", [MentionState.ANSWERED, MentionState.DISMISSED, MentionState.GONE])
def test_what_is_closed_can_be_neither_claimed_nor_dismissed_nor_answered(state: MentionState) -> None:
    with pytest.raises(IllegalMove):
        mention(state).claim(person(1), at=NOON, lasting=timedelta(minutes=1))
    with pytest.raises(IllegalMove):
        mention(state).dismiss(person(1), "reason")
    with pytest.raises(IllegalMove):
        mention(state).answer()


def test_an_admin_holds_every_role_but_the_reviewers() -> None:
    admin = person(1, Role.ADMIN)
    assert admin.has(Role.MANAGER)
    assert not admin.has(Role.REVIEWER)


def test_trouble_with_a_source_is_news_once() -> None:
    source = Source(name="s", platform="mastodon", kind=SourceKind.MENTIONS, account_id=1, channel="C1")
    assert source.failed(Fault.TRANSIENT, "down", retry_at=NOON)
    assert not source.failed(Fault.TRANSIENT, "still down", retry_at=NOON)
    assert source.failed(Fault.AUTH, "wrong token", retry_at=NOON)
    assert source.state is SourceState.NEEDS_ATTENTION
    assert source.read("cursor", at=NOON, skipped=2)
    assert (source.state, source.failures, source.skipped) == (SourceState.ACTIVE, 0, 2)
