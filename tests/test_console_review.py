"""The reviewers' queue in the console: the riskiest first, never one's own, and a judgement that counts once."""

import re
from datetime import timedelta

import pytest
from console_world import Past, Stage, slack_fixture, stage_fixture
from sqlalchemy import select

from bot.audit.sampling import enqueue
from bot.models import Mention, PostRecord, Reply
from bot.models.audit import AuditEntry, Disposition, ReviewItem

__all__ = ["slack_fixture", "stage_fixture"]


@pytest.fixture(name="queued")
def queued_fixture(stage: Stage) -> list[int]:
    """Items of the queue, more than a page of them, the last one the riskiest."""
    past = Past(stage)
    now = stage.deps.now()
    items = []
    with stage.deps.sessions.begin() as session:
        for number in range(25):
            mention_id = past.conversation(session, now - timedelta(hours=3), text=f"Question {number}")
            mention = session.get_one(Mention, mention_id)
            post = session.get_one(PostRecord, mention.post_id)
            reply = past.reply(session, mention, post, now - timedelta(hours=2), text=f"Answer {number}")
            reasons = ["by chance"] if number < 24 else ["word: guarantee", "correction"]
            items.append(enqueue(session, reply.id, reasons, at=now))
    return [item.id for item in items]


def test_the_queue_shows_the_riskiest_first_and_pages_by_key(stage: Stage, queued: list[int]) -> None:
    ruth = stage.visitor("ruth")
    page = ruth.get("/review").text
    first = [int(number) for number in re.findall(r'class="text" href="/review/(\d+)"', page)]
    assert first[0] == queued[-1]
    onward = re.search(r'href="(/review\?[^"]+)">More', page)
    assert onward is not None
    rest = re.findall(r'class="text" href="/review/(\d+)"', ruth.get(onward[1].replace("&amp;", "&")).text)
    assert sorted([*first, *map(int, rest)]) == queued
    assert stage.visitor("mara").get("/review").status_code == 403
    assert 'href="/review"' not in stage.visitor("theo").get("/limits").text


def test_a_reviewer_signs_a_reply_off_once(stage: Stage, queued: list[int]) -> None:
    ruth = stage.visitor("ruth")
    case = ruth.get(f"/review/{queued[0]}")
    assert "Question 0" in case.text
    assert "Answer 0" in case.text
    assert "By chance" in case.text
    unsaid = ruth.send(f"/review/{queued[0]}", "/review/judge", disposition="coach", comment=" ")
    assert unsaid.status_code == 422
    assert "Say in a few words why" in unsaid.text
    assert 'value="coach" required checked' in unsaid.text
    done = ruth.send(f"/review/{queued[0]}", "/review/judge", disposition="coach", comment="Warmer, please")
    assert (done.status_code, done.headers["location"]) == (303, "/review")
    assert "is signed off: coach" in ruth.get("/review").text
    with stage.deps.sessions() as session:
        item = session.get_one(ReviewItem, queued[0])
        assert (item.disposition, item.comment) == (Disposition.COACH, "Warmer, please")
        noted = session.scalars(select(AuditEntry.kind).where(AuditEntry.subject == f"reply:{item.reply_id}"))
        assert list(noted)[-1] == "reply.reviewed"


def test_nobody_signs_off_what_they_may_not(stage: Stage, queued: list[int]) -> None:
    ruth = stage.visitor("ruth")
    form = ruth.form(ruth.get(f"/review/{queued[0]}"), "/review/judge")
    assert stage.visitor("mara").http.post("/review/judge", data={**form, "disposition": "fine"}).status_code == 403
    with stage.deps.sessions.begin() as session:
        reply = session.get_one(Reply, session.get_one(ReviewItem, queued[1]).reply_id)
        reply.approved_by_id = stage.person("ruth").id
    assert ruth.get(f"/review/{queued[1]}").status_code == 403
    assert f'href="/review/{queued[1]}"' not in ruth.get("/review").text
    assert ruth.get("/review/999999").status_code == 404
    assert ruth.send(f"/review/{queued[2]}", "/review/judge", disposition="lovely").status_code == 422
