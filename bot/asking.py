"""Asking a manager: a limit leaves one reply to a person who may pass it, and that person's answer posts it or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from bot import approval, audit, checking, outbox, throttle
from bot.approval import Wish
from bot.deps import Deps
from bot.errors import Blocked, ChorusError, Conflict, NotFound, Throttled
from bot.ledger import lock_thread_of
from bot.models import Account, Draft, Employee, Mention, PostRecord, Reply, Role
from bot.models.questions import Question, QuestionState
from bot.permissions import Act, require
from bot.preconditions import account_for, judged, must_be_free
from bot.review import save
from bot.throttle import Decision, Proposal
from guidelines.throttle import Ruling


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as a manager reads it. `post`, `author` and `text` are untrusted."""

    id: int
    mention_id: int
    state: QuestionState
    asked_by: str
    asked_at: datetime
    account: str
    text: str
    author: str
    post: str
    url: str
    because: str
    answered_by: str
    answer: str


def ask(deps: Deps, mention_id: int, wish: Wish, *, by: Employee) -> Question:
    """Put a reply before the managers. What was typed is kept; nothing takes a place under the limits yet."""
    require(by, Act.REPLY)
    draft = save(deps, mention_id, by=by, text=wish.text, draft_id=wish.draft_id)
    with deps.sessions.begin() as session:
        mention = lock_thread_of(session, mention_id)
        must_be_free(session, mention, by, at=deps.now())
        account = account_for(session, mention, by, wish.account_id)
        post = session.get_one(PostRecord, mention.post_id)
        verdict = judged(session, deps, mention, post, account, draft.text)
        if verdict.blocked:
            raise Blocked(verdict)
        decision = throttle.forecast(session, _proposal(session, mention, account, by, draft), deps.now())
        _must_be_a_question(decision)
        if session.scalar(select(Question.id).where(_open_about(mention_id, by))):
            raise Conflict("The managers have been asked already. You are told when one of them answers.")
        question = Question(
            mention_id=mention_id,
            draft_id=draft.id,
            account_id=account.id,
            asked_by_id=by.id,
            asked_at=deps.now(),
            because=decision.message,
            limits=_names(decision),
            by_hand=wish.by_hand,
        )
        session.add(question)
        mention.note = f"{by.name} asked a community manager whether a reply may go out here all the same."
        session.flush()
        _record(session, deps, "limit.asked", question, by, {"draft": draft.id, "limits": question.limits})
        for manager in _managers(session):
            outbox.ask(session, manager.slack_user, question.id, decision.message, at=deps.now())
        outbox.show(session, mention_id, at=deps.now())
    return question


def look(deps: Deps, question_id: int, *, by: Employee) -> QuestionView:
    """Return a question with all that it is about."""
    require(by, Act.OVERRIDE)
    with deps.sessions() as session:
        return _view(session, _found(session, question_id))


def view(deps: Deps, question_id: int) -> QuestionView:
    """Return a question for the message that puts it to a manager."""
    with deps.sessions() as session:
        return _view(session, _found(session, question_id))


def waiting(session: Session) -> tuple[QuestionView, ...]:
    """Return what nobody has answered yet and can still be, oldest first."""
    questions = session.scalars(select(Question).where(Question.state == QuestionState.OPEN).order_by(Question.id))
    return tuple(_view(session, each) for each in questions if session.get_one(Mention, each.mention_id).is_open)


def allow(deps: Deps, question_id: int, *, by: Employee, reason: str) -> Reply:
    """Let the reply pass the limits it was asked about. It is approved as the person who asked, and counts."""
    require(by, Act.OVERRIDE)
    if not reason.strip():
        raise ChorusError("Say why this reply may pass the limits. The reason is kept with it.")
    with deps.sessions.begin() as session:
        question = _found(session, question_id, for_update=True)
        question.settle(QuestionState.ALLOWED, by, reason.strip(), at=deps.now())
        asker, draft = session.get_one(Employee, question.asked_by_id), session.get_one(Draft, question.draft_id)
        # Whoever allowed has read what these limits said, and nothing of any that closed since.
        news = _news(session, deps, question, asker, draft)
    if news:
        raise Conflict(f"More limits are against it than when it was asked. Please look once more. {news}")
    wish = Wish(
        account_id=question.account_id, text=draft.text, draft_id=draft.id, override=reason.strip(),
        by_hand=question.by_hand, allowed_by=by,
    )  # fmt: skip
    try:
        reply = approval.approve(deps, question.mention_id, wish, by=asker)
    except ChorusError:
        _reopen(deps, question_id)
        raise
    _answered(deps, question, "limit.allowed", by, f"{by.name} allowed it: {reason.strip()}")
    return reply


def decline(deps: Deps, question_id: int, *, by: Employee, reason: str) -> Question:
    """Leave the reply unposted; the person who asked learns why, and the conversation stays open."""
    require(by, Act.OVERRIDE)
    if not reason.strip():
        raise ChorusError("Say why not. The person who asked will read it.")
    with deps.sessions.begin() as session:
        question = _found(session, question_id, for_update=True)
        question.settle(QuestionState.DECLINED, by, reason.strip(), at=deps.now())
    _answered(deps, question, "limit.declined", by, f"{by.name} declined: {reason.strip()}")
    return question


def _must_be_a_question(decision: Decision) -> None:
    if decision.ruling is Ruling.ASK:
        return
    if decision.ruling is Ruling.REFUSE:
        raise Throttled(decision.message, reopens_at=decision.reopens_at)
    raise Conflict("The limits do not ask for a manager any more. Look at the reply once more and confirm it.")


def _news(session: Session, deps: Deps, question: Question, asker: Employee, draft: Draft) -> str:
    """What limits say against it that did not when it was asked; the question is then about these too, and open."""
    mention, account = session.get_one(Mention, question.mention_id), session.get_one(Account, question.account_id)
    decision = throttle.forecast(session, _proposal(session, mention, account, asker, draft), deps.now())
    if set(_names(decision)) <= set(question.limits):
        return ""
    question.limits, question.because = _names(decision), decision.message
    question.state, question.answered_by_id, question.answered_at, question.answer = QuestionState.OPEN, None, None, ""
    return decision.message


def _reopen(deps: Deps, question_id: int) -> None:
    with deps.sessions.begin() as session:
        question = _found(session, question_id, for_update=True)
        question.state, question.answered_by_id, question.answered_at = QuestionState.OPEN, None, None
        question.answer = ""


def _answered(deps: Deps, question: Question, kind: str, by: Employee, words: str) -> None:
    with deps.sessions.begin() as session:
        asker = session.get_one(Employee, question.asked_by_id)
        if kind == "limit.declined":
            lock_thread_of(session, question.mention_id).note = words
        _record(session, deps, kind, question, by, {"draft": question.draft_id, "limits": question.limits})
        told = f"You asked whether a reply may pass the limits. {words}"
        outbox.say(session, asker.slack_user, f"answer:{question.id}", told, at=deps.now())
        outbox.show(session, question.mention_id, at=deps.now())


def _proposal(session: Session, mention: Mention, account: Account, by: Employee, draft: Draft) -> Proposal:
    post = session.get_one(PostRecord, mention.post_id)
    sells = checking.sells(draft.text)
    return throttle.propose(
        session, mention, post, account, employee_id=by.id, text=draft.text, is_commercial=sells
    )  # fmt: skip


def _names(decision: Decision) -> list[str]:
    return [reason.limit for reason in decision.standing]


def _managers(session: Session) -> Sequence[Employee]:
    """Everybody who may answer and whom Chorus has met."""
    roles = [Employee.roles.contains([role.value]) for role in (Role.MANAGER, Role.ADMIN)]
    return session.scalars(select(Employee).where(or_(*roles)).order_by(Employee.id)).all()


def _open_about(mention_id: int, by: Employee) -> ColumnElement[bool]:
    return (
        (Question.mention_id == mention_id) & (Question.state == QuestionState.OPEN) & (Question.asked_by_id == by.id)
    )


def _found(session: Session, question_id: int, *, for_update: bool = False) -> Question:
    question = session.get(Question, question_id, with_for_update=for_update or None)
    if question is None:
        raise NotFound("This question is no longer kept here.")
    return question


def _view(session: Session, question: Question) -> QuestionView:
    mention = session.get_one(Mention, question.mention_id)
    post = session.get_one(PostRecord, mention.post_id)
    answerer = session.get(Employee, question.answered_by_id) if question.answered_by_id else None
    return QuestionView(
        id=question.id,
        mention_id=mention.id,
        state=question.state,
        asked_by=session.get_one(Employee, question.asked_by_id).name,
        asked_at=question.asked_at,
        account=session.get_one(Account, question.account_id).handle,
        text=session.get_one(Draft, question.draft_id).text,
        author=post.author_name or post.author_handle,
        post=post.text,
        url=post.url,
        because=question.because,
        answered_by=answerer.name if answerer else "",
        answer=question.answer,
    )


def _record(session: Session, deps: Deps, kind: str, question: Question, by: Employee, data: dict[str, object]) -> None:
    audit.record(
        session,
        kind,
        at=deps.now(),
        actor=f"employee:{by.id}",
        subject=f"mention:{question.mention_id}",
        data=data | {"question": question.id},
        texts={"because": question.because, "answer": question.answer},
    )
