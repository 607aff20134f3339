"""The way of a mention, from a post to an audited reply. Read this first; it names the files that do each step."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from harbour import ANSWER, CHANNEL, Harbour, settle
from slack_sdk import WebClient

from bot import approval, audit, delivery, drafting, intake, jobs, showing, triage
from bot.audit.story import story
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.demo.slack.server import LocalSlack
from bot.deps import utc_now
from bot.errors import Blocked
from bot.models import MentionKind, MentionState, Origin, Reply, ReplyState
from bot.slack import lane

QUESTION = "Does the Harbour Reader work without an account? I would rather not make one."


@pytest.fixture
def harbour(sessions: Sessions) -> Iterator[Harbour]:
    with Plaza(lively=False) as plaza:
        yield settle(plaza, sessions, utc_now, undo=10)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rates=None) as slack:
        yield slack


def test_a_post_becomes_a_card_a_reply_and_a_story(harbour: Harbour, slack: LocalSlack) -> None:
    deps, ana = harbour.deps, harbour.person("U0ANA")
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])

    def send(channel: str) -> datetime | None:
        return lane.drain(deps, client, channel)

    # Somebody who has never heard of us writes on a public platform.
    post_id = harbour.plaza.post_as("Quiet Reader", QUESTION)

    # 1. intake.py: the source is read, the mention and the conversation around it are kept.
    collected = intake.collect(deps, harbour.source.id)
    mention = harbour.mention_of(post_id)
    assert collected.mentions == (mention.id,)
    intake.gather_context(deps, mention.id)

    # 2. triage.py: what is it, and why do we think so?
    triage.assess(deps, [mention.id])
    mention = harbour.mention_of(post_id)
    assert mention.kind is MentionKind.QUESTION
    assert mention.reasons["kind"] == "it asks something"

    # 3. drafting.py: what could be said?
    drafting.suggest(deps, [mention.id])
    assert [draft.origin for draft in showing.card(deps, mention.id).drafts] == [Origin.TEMPLATE]

    # 4. slack/lane.py: one card in the channel.
    jobs.empty(deps, CHANNEL, send)
    (card,) = slack.person("ana").messages("#mentions")
    assert QUESTION in str(card["blocks"])

    # 5. approval.py: a person approves an exact text. A template's blanks are not posted by accident.
    draft = showing.card(deps, mention.id).drafts[0]
    with pytest.raises(Blocked, match="blank"):
        harbour.approve(mention, draft.text)
    reply = harbour.approve(mention, ANSWER)
    assert reply.state is ReplyState.APPROVED

    # For ten seconds it can be taken back, and nothing has left.
    approval.undo(deps, reply.id, by=ana)
    assert harbour.mention_of(post_id).state is MentionState.OPEN
    assert harbour.ours() == []

    # 6. delivery.py: approved again, it leaves when the undo window is over, and exactly once.
    reply = harbour.approve(mention, ANSWER)
    delivery.post(deps, reply.id)
    assert harbour.ours() == [], "the undo window is still open"
    _let_the_window_pass(harbour, reply.id)
    delivery.post(deps, reply.id)
    delivery.post(deps, reply.id)
    ((_, public, answers),) = harbour.ours()
    assert (public, answers) == (reply.text, post_id)

    # The same card now shows the reply and its link.
    jobs.empty(deps, CHANNEL, send)
    (card,) = slack.person("ana").messages("#mentions")
    assert harbour.again(reply).url in str(card["blocks"])

    # 7. audit/: everything that happened can be told and proven.
    with deps.sessions() as session:
        told = story(session, reply.id)
        kinds = [step.kind for step in told.steps if step.kind.startswith("reply.")]
        assert kinds == ["reply.approved", "reply.sending", "reply.posted"]
        assert audit.verify(session).ok


def _let_the_window_pass(harbour: Harbour, reply_id: int) -> None:
    with harbour.deps.sessions.begin() as session:
        session.get_one(Reply, reply_id).not_before = utc_now()
