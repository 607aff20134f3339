"""The reviewers' queue: what is chosen and why, and who may judge what."""

from datetime import datetime, timedelta

import pytest
from audit_world import AT, Past
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot import audit
from bot.audit import reviewing, sampling
from bot.audit.sampling import Candidate, Rules, reasons_for
from bot.audit.selection import Selection, stream
from bot.database import Sessions
from bot.errors import ChorusError, Conflict, NotAllowed, NotFound
from bot.models import Employee, Origin
from bot.models.audit import Disposition, ReviewItem
from guidelines.base import Finding, Severity, Verdict

LONG_AGO = AT - timedelta(days=400)
NOTHING = Rules(share=0, risky_share=0, weekly=0)


@pytest.fixture
def past(sessions: Sessions) -> Past:
    return Past(sessions)


@pytest.fixture
def reviewer(past: Past, sessions: Sessions) -> Employee:
    return employed(sessions, "Rio", "reviewer")


def employed(sessions: Sessions, name: str, role: str) -> Employee:
    with sessions.begin() as session:
        person = Employee(slack_user=f"U{name}", name=name, roles=[role], first_seen_at=LONG_AGO)
        session.add(person)
    return person


def choose(sessions: Sessions, rules: Rules) -> list[int]:
    with sessions.begin() as session:
        sampling.set_rules(session, rules, at=AT, by="employee:1")
    with sessions.begin() as session:
        return sampling.choose(session, at=AT, since=LONG_AGO)


def queued(sessions: Sessions) -> dict[int, list[str]]:
    with sessions() as session:
        return {item.reply_id: item.reasons for item in session.scalars(select(ReviewItem))}


def candidate(**known: object) -> Candidate:
    usual: dict[str, object] = {
        "reply_id": 1,
        "employee_id": 1,
        "text": "We mended it.",
        "approved_at": AT,
        "employee_since": LONG_AGO,
        "origin": Origin.PERSON,
        "overridden": False,
        "warnings": 0,
    }
    return Candidate(**(usual | known))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"overridden": True}, "override"),
        ({"warnings": 2}, "near miss"),
        ({"origin": Origin.FACT}, "correction"),
        ({"origin": Origin.MODEL}, "model-written"),
        ({"employee_since": AT - timedelta(days=29)}, "new employee"),
    ],
)
def test_what_is_risky_is_chosen_more_often(known: dict[str, object], reason: str) -> None:
    assert reasons_for(candidate(**known), Rules(share=0, risky_share=1)) == [reason]
    assert reasons_for(candidate(**known), Rules(share=0, risky_share=0)) == []


def test_chosen_people_and_words_are_always_reviewed() -> None:
    rules = Rules(share=0, risky_share=0, everything_of=(7,), words=("guarantee", "c++"))
    assert reasons_for(candidate(employee_id=7), rules) == ["chosen person"]
    assert reasons_for(candidate(text="We GUARANTEE it in C++."), rules) == ["word: guarantee", "word: c++"]
    assert reasons_for(candidate(text="We guaranteed it."), rules) == []


@given(st.floats(0.02, 0.98), st.binary(min_size=8, max_size=8))
def test_chance_chooses_about_the_share_that_was_asked_for(share: float, salt: bytes) -> None:
    rules = Rules(share=share, salt=salt)
    chosen = sum(bool(reasons_for(candidate(reply_id=number), rules)) for number in range(1, 1001))
    assert abs(chosen / 1000 - share) < 0.09


def test_looking_again_chooses_the_same(past: Past, sessions: Sessions) -> None:
    for _number in range(6):
        past.reply()
    with sessions.begin() as session:
        sampling.set_rules(session, Rules(share=0.5, risky_share=0.5), at=AT, by="employee:1")
    with sessions.begin() as session:
        first = sampling.choose(session, at=AT, since=LONG_AGO)
    with sessions.begin() as session:
        assert sampling.choose(session, at=AT, since=LONG_AGO) == []
    assert sorted(queued(sessions)) == sorted(first)


def test_the_record_says_why_a_reply_was_chosen(past: Past, sessions: Sessions) -> None:
    reply = past.reply()
    assert choose(sessions, Rules(share=0, risky_share=1)) == [reply.id]
    assert queued(sessions)[reply.id] == ["near miss", "correction", "new employee"]
    with sessions() as session:
        [entry] = stream(session, Selection(kind="review.queued"))
    assert entry.data == {"reasons": ["near miss", "correction", "new employee"], "risk": 80}


def test_only_what_is_public_is_reviewed(past: Past, sessions: Sessions) -> None:
    past.reply()
    with sessions.begin() as session:
        session.execute(text("update reply set state = 'cancelled'"))
    assert choose(sessions, Rules(share=1)) == []


def test_each_person_is_looked_at_every_week(past: Past, sessions: Sessions) -> None:
    for by in (0, 0, 0, 1):
        past.reply(by=by)
    assert choose(sessions, Rules(share=0, risky_share=0, weekly=2)) == []
    with sessions.begin() as session:
        added = sampling.complete_week(session, at=AT, week=AT - timedelta(days=1))
    assert len(added) == 3
    with sessions.begin() as session:
        assert sampling.complete_week(session, at=AT, week=AT - timedelta(days=1)) == []
    assert set(map(tuple, queued(sessions).values())) == {("weekly minimum",)}


def test_rules_are_kept_in_versions(past: Past, sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert sampling.current_rules(session) == Rules()
        sampling.set_rules(session, Rules(words=("guarantee",), everything_of=(3,)), at=AT, by="employee:1")
    with sessions() as session:
        stored = sampling.current_rules(session)
    assert (stored.words, stored.everything_of, len(stored.salt)) == (("guarantee",), (3,), 32)


def judge(sessions: Sessions, by: Employee, disposition: Disposition, comment: str = "", item: int = 1) -> ReviewItem:
    with sessions.begin() as session:
        return reviewing.judge(session, item, disposition, comment=comment, by=by, at=AT)


def test_a_reviewer_signs_off_and_the_story_knows(past: Past, sessions: Sessions, reviewer: Employee) -> None:
    reply = past.reply()
    choose(sessions, Rules(share=1))
    with sessions() as session:
        [waiting] = reviewing.queue(session, reviewer)
        assert reviewing.standing(session, at=AT).waiting == 1
    assert (waiting.reply_id, waiting.by, waiting.text) == (reply.id, "Ada", "Sorry! Version 4 keeps it.")
    judge(sessions, reviewer, Disposition.COACH, "Say less.")
    with sessions() as session:
        assert reviewing.queue(session, reviewer) == []
        assert reviewing.standing(session, at=AT).judged == {"coach": 1}
        [entry] = stream(session, Selection(kind="reply.reviewed"))
        assert audit.verify(session).ok
    assert entry.texts == {"comment": "Say less."}


def test_opening_is_not_reviewing(past: Past, sessions: Sessions, reviewer: Employee) -> None:
    past.reply()
    choose(sessions, Rules(share=1))
    with sessions.begin() as session:
        reviewing.open_item(session, 1, by=reviewer, at=AT)
    with sessions() as session:
        assert len(reviewing.queue(session, reviewer)) == 1
        assert [entry.actor for entry in stream(session, Selection(kind="review.opened"))] == [
            f"employee:{reviewer.id}"
        ]


def test_nobody_reviews_their_own_reply(past: Past, sessions: Sessions) -> None:
    past.reply(by=0)
    choose(sessions, Rules(share=1))
    with sessions.begin() as session:
        author = session.get_one(Employee, past.people[0].id)
        author.roles = ["employee", "reviewer"]
    with sessions() as session:
        assert reviewing.queue(session, author) == []
    with pytest.raises(NotAllowed, match="yourself"):
        judge(sessions, author, Disposition.FINE)


@pytest.mark.parametrize("role", ["employee", "manager", "admin"])
def test_only_reviewers_review(past: Past, sessions: Sessions, role: str) -> None:
    past.reply()
    choose(sessions, Rules(share=1))
    person = employed(sessions, "Zed", role)
    with pytest.raises(NotAllowed, match="compliance reviewers"):
        judge(sessions, person, Disposition.FINE)
    with sessions() as session, pytest.raises(NotAllowed):
        reviewing.queue(session, person)


@pytest.mark.parametrize("disposition", [item for item in Disposition if item is not Disposition.FINE])
def test_whoever_asks_for_something_says_why(
    past: Past, sessions: Sessions, reviewer: Employee, disposition: Disposition
) -> None:
    past.reply()
    choose(sessions, Rules(share=1))
    with pytest.raises(ChorusError, match="Say in a few words"):
        judge(sessions, reviewer, disposition, "  ")


def test_of_two_reviewers_the_first_counts(past: Past, sessions: Sessions, reviewer: Employee) -> None:
    past.reply()
    choose(sessions, Rules(share=1))
    judge(sessions, reviewer, Disposition.FINE)
    with pytest.raises(Conflict, match="already: fine"):
        judge(sessions, employed(sessions, "Ria", "reviewer"), Disposition.REMOVE, "No.")
    with pytest.raises(NotFound):
        judge(sessions, reviewer, Disposition.FINE, item=99)


def test_the_riskiest_come_first_and_pages_follow_each_other(
    past: Past, sessions: Sessions, reviewer: Employee
) -> None:
    for number in range(5):
        past.reply(answer="We guarantee it." if number == 2 else "Sorry!")
    choose(sessions, Rules(share=1, words=("guarantee",)))
    with sessions() as session:
        first = reviewing.queue(session, reviewer, most=2)
        rest = reviewing.queue(session, reviewer, after=(first[-1].risk, first[-1].item_id))
    assert first[0].text == "We guarantee it."
    assert len({waiting.item_id for waiting in [*first, *rest]}) == 5


def look(candidate: Candidate) -> Verdict:
    finding = Finding("no-promises", Severity.BLOCK, "It promises.")
    return Verdict("default", "2", "cd" * 32, (finding,) if "guarantee" in candidate.text else ())


def test_new_rules_find_old_replies_and_bring_reviewed_ones_back(
    past: Past, sessions: Sessions, reviewer: Employee
) -> None:
    past.reply(answer="We guarantee it.")
    past.reply()
    choose(sessions, Rules(share=1))
    judge(sessions, reviewer, Disposition.FINE, item=1)
    judge(sessions, reviewer, Disposition.FINE, item=2)
    with sessions.begin() as session:
        assert reviewing.scan_again(session, look, at=AT, since=LONG_AGO, by="employee:1") == [1]
    with sessions() as session:
        [waiting] = reviewing.queue(session, reviewer)
    assert waiting.reasons[-1] == "new rule: no-promises in default 2"


def test_looking_at_many_replies_again_does_not_take_the_queue_apart(past: Past, sessions: Sessions) -> None:
    reply = past.reply(answer="We guarantee it.")
    for _again in range(2):
        with sessions.begin() as session:
            reviewing.scan_again(session, look, at=datetime.now(AT.tzinfo), since=LONG_AGO, by="employee:1")
    assert queued(sessions) == {reply.id: ["new rule: no-promises in default 2"]}
    with sessions() as session:
        assert len(list(stream(session, Selection(kind="review.queued")))) == 1
