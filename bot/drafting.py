"""Suggesting replies: from a fact, a past reply, a template. Up to three; saying nothing is always the other choice."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz import fuzz
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from bot import audit, checking, corrections, outbox, policies, queue, wording
from bot.accounts import connector_of
from bot.checking import Said
from bot.database import advisory_lock
from bot.deps import Deps
from bot.ledger import lock_thread_of
from bot.likeness import FEWEST_WORDS, most_alike, plain
from bot.models import (
    UNUSED,
    Account,
    AuditEntry,
    Draft,
    Mention,
    MentionKind,
    MentionState,
    Origin,
    PostRecord,
    Reply,
    ReplyState,
    Source,
    Thread,
    Venue,
)
from bot.preconditions import context_of, permission
from bot.writer import Brief, KnownFact
from connectors.base import No
from guidelines.facts import Fact, Label

MOST = 3
PAST = 400
"""So many of the newest replies are looked through for one that fits."""
FACTS = 8
"""So many facts the model is told of."""
ASKED = "draft.asked"
"""The entry of the record for each time that the model is asked."""
WEEK = timedelta(days=7)
LATELY = 100
"""So many of a week's newest replies a draft shall not read like."""
_MAY_CONTRADICT = frozenset({Origin.PAST_REPLY, Origin.MODEL})
"""Drafts that are held against the facts: a correction is a fact itself, and a template speaks of none."""
FITS = 72.0
"""Of 100: a past reply is suggested when the post it answered is at least so similar to this one."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text and where it came from."""

    origin: Origin
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a draft would stand, and what we said elsewhere, newest first. Held through a transaction: what nobody
    holds, a session reads again each time."""

    mention: Mention
    post: PostRecord
    account: Account
    venue: Venue
    thread: Thread
    said: Sequence[Said]

    def said_since(self, moment: datetime) -> tuple[str, ...]:
        """What a draft shall not read like."""
        return tuple(said.text for said in self.said if said.at >= moment)


# Put together once: that takes longer than the database takes to answer.
_FIRST = (
    select(Mention.id)
    .where(Mention.id.in_(bindparam("waiting", expanding=True)), Mention.state == MentionState.TRIAGED)
    .order_by(Mention.id)
    .limit(1)
    .with_for_update()
)
_OPENED = (
    update(Mention)
    .where(Mention.id == _FIRST.scalar_subquery())
    .values(state=MentionState.OPEN)
    .returning(Mention)
    .execution_options(synchronize_session=False)
)
_SURROUNDINGS = (
    select(PostRecord, Account, Venue, Thread)
    .join(Venue, Venue.id == PostRecord.venue_id)
    .join(Thread, Thread.id == PostRecord.thread_id)
    .join(Source, Source.id == bindparam("source"))
    .join(Account, Account.id == Source.account_id)
    .where(PostRecord.id == bindparam("post"))
)
_ANSWERED = (
    select(Reply.id, Reply.typed, PostRecord.text)
    .join(PostRecord, PostRecord.id == Reply.parent_post_id)
    .join(Mention, Mention.id == Reply.mention_id)
    .where(Reply.state.in_([ReplyState.POSTED, ReplyState.EDITED]), Mention.kind == bindparam("kind"))
    .where(Reply.parent_post_id != bindparam("post"), Reply.approved_at < bindparam("before"))
    .order_by(Reply.id.desc())
    .limit(PAST)
)


def suggest(deps: Deps, mention_ids: Sequence[int]) -> None:
    """Put drafts beside mentions that were judged, and ask for their cards."""
    waiting = sorted(set(mention_ids))
    while waiting:
        with deps.sessions.begin() as session:
            mention = _open_next(session, waiting)
            if mention is None:
                return
            place = _place(session, mention)
            _draft(session, deps, place)
            outbox.show(session, mention.id, at=deps.now())
        waiting = waiting[bisect_right(waiting, mention.id) :]


def write(deps: Deps, mention_id: int) -> None:
    """Put the model's draft beside the others, when it has one and somebody can still use it."""
    brief = _take_turn(deps, mention_id)
    written = deps.writer.write(brief) if deps.writer and brief else None
    if brief is None or written is None:
        return
    with deps.sessions.begin() as session:
        mention = lock_thread_of(session, mention_id)
        place = _place(session, mention)
        # What answers the text of before an edit is thrown away: the edit has asked for another draft.
        if not mention.is_open or place.post.text != brief.post or _has_the_models(session, mention):
            return
        detail = f"{written.model}; facts {', '.join(written.fact_ids) or 'none'}; prompt {written.prompt_sha256[:12]}"
        _keep(session, deps, place, [Suggestion(Origin.MODEL, written.text, detail)])
        outbox.show(session, mention_id, at=deps.now())


def refresh(session: Session, deps: Deps, mention: Mention) -> None:
    """Make the drafts anew, the model's too, because what they answer or what we know has changed."""
    session.execute(delete(Draft).where(Draft.mention_id == mention.id, Draft.origin != Origin.PERSON, UNUSED))
    _draft(session, deps, _place(session, mention))


def suggestions(session: Session, deps: Deps, place: _Place) -> Iterator[Suggestion]:
    """Yield what could be said, best first. Unsure means: nothing from this origin."""
    recent = place.said_since(deps.now() - WEEK)
    yield from _from_fact(session, deps, place, recent)
    yield from _from_past(session, deps, place)
    yield from _from_template(deps, place.mention, recent)


def _open_next(session: Session, waiting: Sequence[int]) -> Mention | None:
    """Return the first of these mentions that was judged and has no drafts yet: locked, and open from now on."""
    return session.scalar(_OPENED, {"waiting": waiting})


def _place(session: Session, mention: Mention) -> _Place:
    asked = {"source": mention.source_id, "post": mention.post_id}
    post, account, venue, thread = session.execute(_SURROUNDINGS, asked).one()
    return _Place(mention, post, account, venue, thread, checking.newest(session, mention, LATELY))


def _draft(session: Session, deps: Deps, place: _Place) -> None:
    """Keep what could be said as drafts, and ask the model for one of its own, if anything may be said here at all."""
    mention = place.mention
    if isinstance(permission(session, deps, place.account, place.post), No):
        return
    if first := _corrected_already(session, deps, mention):
        why = f"{corrections.said(first)}. A second is not suggested."
        mention.note = mention.note if why in mention.note else f"{mention.note} {why}".strip()
        return
    _keep(session, deps, place, list(suggestions(session, deps, place))[:MOST])
    if _model_may(session, deps, place):
        queue.write(session, mention.id)


def _corrected_already(session: Session, deps: Deps, mention: Mention) -> Reply | None:
    """Return the correction that already stands in the thread of a false claim."""
    return corrections.standing(session, deps, mention) if mention.kind is MentionKind.FALSE_CLAIM else None


def _keep(session: Session, deps: Deps, place: _Place, suggested: Sequence[Suggestion]) -> None:
    """Check suggestions as if a person had typed them, and keep them as drafts."""
    made: list[Draft] = []
    mention, post, identity = place.mention, place.post, place.account.identity
    for suggestion in suggested:
        found = checking.verdict(
            session,
            deps,
            mention,
            post,
            suggestion.text,
            identity=identity,
            recent=place.said,
            # Templates and past replies were read often; the window in which they are sent reads them again, in full.
            trained=suggestion.origin is Origin.MODEL,
            facts=suggestion.origin in _MAY_CONTRADICT,
        )
        made.append(
            Draft(
                mention_id=mention.id,
                origin=suggestion.origin,
                origin_detail=suggestion.detail,
                text=suggestion.text,
                created_at=deps.now(),
                verdict=checking.kept(found),
            )
        )
    session.add_all(made)
    session.flush()
    for draft in made:
        record(session, deps, draft, actor="system")


def _take_turn(deps: Deps, mention_id: int) -> Brief | None:
    """Return what the model is to be told, and put on record that it is asked; None where it is not to be asked."""
    if deps.writer is None:
        return None
    with deps.sessions.begin() as session:
        # Of two at once that see the rest of the day's budget one would overdraw it.
        advisory_lock(session, "model")
        mention = session.get_one(Mention, mention_id)
        place = _place(session, mention)
        if not mention.is_open or _has_the_models(session, mention) or not _may_write(session, deps, place):
            return None
        subject, data = f"mention:{mention_id}", {"model": deps.writer.model}
        audit.record(session, ASKED, at=deps.now(), actor="system", subject=subject, data=data)
        return _brief(session, deps, mention, place.post)


def _has_the_models(session: Session, mention: Mention) -> bool:
    """Whether a draft of the model waits to be used."""
    waiting = select(Draft.id).where(Draft.mention_id == mention.id, Draft.origin == Origin.MODEL, UNUSED)
    return session.scalar(waiting.limit(1)) is not None


def _may_write(session: Session, deps: Deps, place: _Place) -> bool:
    """Whether something may be said here, and a model may say it."""
    if not _model_may(session, deps, place) or isinstance(permission(session, deps, place.account, place.post), No):
        return False
    return _corrected_already(session, deps, place.mention) is None


def _model_may(session: Session, deps: Deps, place: _Place) -> bool:
    """Whether there is a model, the platform allows its text, nobody tries to instruct it, and the budget is left.

    What counts is how often it was asked today: a draft that was thrown away, and an answer without one, cost the same.
    """
    if deps.writer is None or place.mention.suspicious:
        return False
    if not policies.model_may_write(connector_of(deps, place.post.platform).spec, place.account):
        return False
    today = select(func.count()).where(AuditEntry.kind == ASKED, AuditEntry.at >= deps.today)
    return (session.scalar(today) or 0) < deps.drafts_a_day


def _brief(session: Session, deps: Deps, mention: Mention, post: PostRecord) -> Brief:
    newest = select(Reply.typed).where(Reply.state == ReplyState.POSTED).order_by(Reply.id.desc()).limit(MOST)
    return Brief(
        company=deps.company[0],
        post=post.text,
        kind=mention.kind.value,
        facts=_relevant(deps, post),
        voice=tuple(session.scalars(newest)),
    )


def _relevant(deps: Deps, post: PostRecord) -> tuple[KnownFact, ...]:
    """Return the facts that share most with the post; only those that stand today."""
    if deps.facts is None:
        return ()
    standing = [fact for fact in deps.facts.facts.values() if fact.stands(deps.now(), deps.facts.review_days)]
    asked = plain(post.text)
    best = sorted(standing, key=lambda fact: -fuzz.token_set_ratio(asked, plain(fact.statement)))[:FACTS]
    return tuple(KnownFact(fact.id, fact.statement, fact.source_url or "") for fact in best)


def record(session: Session, deps: Deps, draft: Draft, *, actor: str) -> None:
    """Write a version of a draft into the record."""
    audit.record(
        session,
        "draft.written",
        at=deps.now(),
        actor=actor,
        subject=f"mention:{draft.mention_id}",
        data={
            "draft": draft.id,
            "origin": draft.origin.value,
            "origin_detail": draft.origin_detail,
            "based_on": draft.based_on_id,
            "verdict": checking.outline(draft.verdict),
        },
        texts={"text": draft.text, "findings": checking.wording(draft.verdict)},
    )


def _from_fact(session: Session, deps: Deps, place: _Place, recent: Sequence[str]) -> Iterator[Suggestion]:
    """Correct what triage found to contradict a fact, when the fact still stands."""
    reasons = place.mention.reasons
    fact = deps.facts.facts.get(str(reasons.get("fact", ""))) if deps.facts else None
    sure = reasons.get("fact_label") == Label.CONTRADICTS.value
    if fact and deps.facts and sure and fact.stands(deps.now(), deps.facts.review_days):
        yield Suggestion(Origin.FACT, _correction(session, deps, place, fact, recent), fact.id)


def _correction(session: Session, deps: Deps, place: _Place, fact: Fact, recent: Sequence[str]) -> str:
    """Return the freshest correction that the platform has room for; failing that, the shortest."""
    connector, context = connector_of(deps, place.post.platform), context_of(session, place.post, place.account)
    text = ""
    for text in wording.corrections(fact, place.mention.id, company=deps.company[0], recent=recent):
        if connector.measure(text, context).fits:
            break
    return text


def _from_past(session: Session, deps: Deps, place: _Place) -> Iterator[Suggestion]:
    """Suggest what we answered to a post like this; not what we said within the week, word for word."""
    if len(plain(place.post.text).split()) < FEWEST_WORDS:
        return
    asked = {"kind": place.mention.kind, "post": place.post.id, "before": deps.now() - WEEK}
    past = session.execute(_ANSWERED, asked).all()
    if found := most_alike(place.post.text, [text for _, _, text in past], least=FITS):
        reply_id, typed, _ = past[found[1]]
        yield Suggestion(Origin.PAST_REPLY, typed, str(reply_id))


def _from_template(deps: Deps, mention: Mention, recent: Sequence[str]) -> Iterator[Suggestion]:
    text, number = wording.template(mention.kind, mention.id, company=deps.company[0], recent=recent)
    yield Suggestion(Origin.TEMPLATE, text, f"{mention.kind.value} {number}")
