"""Suggesting replies: from a fact, a past reply, a template. Up to three; saying nothing is always the other choice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot import audit, checking, corrections, outbox, policies, queue
from bot.accounts import connector_of
from bot.deps import Deps
from bot.likeness import plain
from bot.models import Account, Draft, Mention, MentionKind, MentionState, Origin, PostRecord, Reply, ReplyState, Source
from bot.preconditions import permission
from bot.writer import Brief, KnownFact
from connectors.base import No
from guidelines.facts import Label, correction

MOST = 3
PAST = 400
"""So many of the newest replies are looked through for one that fits."""
GREETING = "Hi, the {company} team here. "
FACTS = 8
"""So many facts the model is told of."""
FITS = 72.0
"""Of 100: a past reply is suggested when the post it answered is at least so similar to this one."""

TEMPLATES: dict[MentionKind, tuple[str, ...]] = {
    MentionKind.QUESTION: (
        "Hi, the {company} team here. Good question. [Answer it in one or two sentences.] Does that help?",
        "Hello from the {company} team. [Your answer, in plain words.] Tell us if that leaves something open.",
        "{company} team here. [Answer first, then anything they need to try it.] Was that what you were after?",
    ),
    MentionKind.COMPLAINT: (
        "Hi, the {company} team here. Sorry about that, it should not be like this. Which model is it, and what "
        "happened just before?",
        "Hello, this is the {company} team. That sounds frustrating, and we would like to understand it. When did it "
        "start, and what have you tried so far?",
        "{company} team here. Thank you for telling us, and sorry for the trouble. Could you say which version you "
        "have? Then we can look into it with you.",
    ),
    MentionKind.PRAISE: (
        "Thank you, this made our day here at {company}! What do you use it for most?",
        "The {company} team says thank you! We will pass this on to the people who built it.",
        "Lovely to hear, from all of us at {company}. What should we do better next?",
    ),
    MentionKind.LEAD: (
        "Hi, the {company} team here. Happy to help you find out whether it fits. What matters most to you?",
        "Hello from {company}. We are biased, of course, so ask us anything. What would you use it for?",
        "{company} team here. It depends on what you need: [one honest sentence on what it is good at and what not.]",
    ),
    MentionKind.FALSE_CLAIM: (
        "Hi, the {company} team here. Thank you for raising this. [Say what is true, and link to where it is written.] "
        "If you saw something else, tell us where, and we will look into it.",
    ),
    MentionKind.OTHER: (
        "Hi, the {company} team here. [What would help this person? If nothing would, choose “No reply”.]",
    ),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text and where it came from."""

    origin: Origin
    text: str
    detail: str


def suggest(deps: Deps, mention_ids: Sequence[int]) -> None:
    """Put drafts beside mentions that were judged, and ask for their cards."""
    with deps.sessions() as session:
        judged = select(Mention.id).where(Mention.id.in_(mention_ids), Mention.state == MentionState.TRIAGED)
        waiting = list(session.scalars(judged.order_by(Mention.id)))
    for mention_id in waiting:
        with deps.sessions.begin() as session:
            mention = session.get_one(Mention, mention_id, with_for_update=True)
            if mention.state is MentionState.TRIAGED:
                _draft(session, deps, mention)
                mention.state = MentionState.OPEN
                outbox.show(session, mention_id, at=deps.now())
                if _may_write(session, deps, mention):
                    queue.write(session, mention_id)


def write(deps: Deps, mention_id: int) -> None:
    """Put the model's draft beside the others, when it has one and somebody can still use it."""
    with deps.sessions() as session:
        mention = session.get_one(Mention, mention_id)
        if deps.writer is None or not mention.is_open or not _may_write(session, deps, mention):
            return
        post = session.get_one(PostRecord, mention.post_id)
        brief = _brief(session, deps, mention, post)
    written = deps.writer.write(brief)
    if written is None:
        return
    with deps.sessions.begin() as session:
        mention = session.get_one(Mention, mention_id, with_for_update=True)
        if not mention.is_open:
            return
        detail = f"{written.model}; facts {', '.join(written.fact_ids) or 'none'}; prompt {written.prompt_sha256[:12]}"
        _keep(session, deps, mention, [Suggestion(Origin.MODEL, written.text, detail)])
        outbox.show(session, mention_id, at=deps.now())


def refresh(session: Session, deps: Deps, mention: Mention) -> None:
    """Make the drafts anew, because the post they answer has changed."""
    unused = delete(Draft).where(Draft.mention_id == mention.id, Draft.origin != Origin.PERSON)
    built_on = select(Draft.based_on_id).where(Draft.based_on_id.is_not(None))
    session.execute(unused.where(Draft.id.not_in(select(Reply.draft_id)), Draft.id.not_in(built_on)))
    _draft(session, deps, mention)


def suggestions(session: Session, deps: Deps, mention: Mention, post: PostRecord) -> Iterator[Suggestion]:
    """Yield what could be said, best first. Unsure means: nothing from this origin."""
    yield from _from_fact(deps, post)
    yield from _from_past(session, mention, post)
    yield from _from_template(deps, mention)


def _draft(session: Session, deps: Deps, mention: Mention) -> None:
    post = session.get_one(PostRecord, mention.post_id)
    account = session.get_one(Account, session.get_one(Source, mention.source_id).account_id)
    if isinstance(permission(session, deps, account, post), No):
        return
    if first := _corrected_already(session, deps, mention):
        why = f"{corrections.said(first)}. A second is not suggested."
        mention.note = mention.note if why in mention.note else f"{mention.note} {why}".strip()
    else:
        _keep(session, deps, mention, list(suggestions(session, deps, mention, post))[:MOST])


def _corrected_already(session: Session, deps: Deps, mention: Mention) -> Reply | None:
    """Return the correction that already stands in the thread of a false claim."""
    return corrections.standing(session, deps, mention) if mention.kind is MentionKind.FALSE_CLAIM else None


def _keep(session: Session, deps: Deps, mention: Mention, suggested: Sequence[Suggestion]) -> None:
    """Check suggestions as if a person had typed them, and keep them as drafts."""
    post = session.get_one(PostRecord, mention.post_id)
    account = session.get_one(Account, session.get_one(Source, mention.source_id).account_id)
    made: list[Draft] = []
    for suggestion in suggested:
        found = checking.verdict(session, deps, mention, post, suggestion.text, identity=account.identity)
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


def _may_write(session: Session, deps: Deps, mention: Mention) -> bool:
    """Whether there is a model, the platform allows its text, nobody tries to instruct it, and the budget is left."""
    post = session.get_one(PostRecord, mention.post_id)
    account = session.get_one(Account, session.get_one(Source, mention.source_id).account_id)
    spec = connector_of(deps, post.platform).spec
    if deps.writer is None or mention.suspicious or not policies.model_may_write(spec, account):
        return False
    if isinstance(permission(session, deps, account, post), No) or _corrected_already(session, deps, mention):
        return False
    midnight = deps.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = select(func.count()).where(Draft.origin == Origin.MODEL, Draft.created_at >= midnight)
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


def _from_fact(deps: Deps, post: PostRecord) -> Iterator[Suggestion]:
    if deps.facts is None:
        return
    claim = deps.facts.check(post.text, now=deps.now())
    if claim.label is Label.CONTRADICTS and claim.fact_id:
        fact = deps.facts.facts[claim.fact_id]
        words = GREETING.format(company=deps.company[0]) + correction(fact, claim)
        yield Suggestion(Origin.FACT, words, fact.id)


def _from_past(session: Session, mention: Mention, post: PostRecord) -> Iterator[Suggestion]:
    asked = plain(post.text)
    if len(asked.split()) < 4:
        return
    newest = (
        select(Reply.id, Reply.typed, PostRecord.text)
        .join(PostRecord, PostRecord.id == Reply.parent_post_id)
        .join(Mention, Mention.id == Reply.mention_id)
        .where(Reply.state.in_([ReplyState.POSTED, ReplyState.EDITED]), Mention.kind == mention.kind)
        .where(Reply.parent_post_id != post.id)
        .order_by(Reply.id.desc())
        .limit(PAST)
    )
    scored = [
        (fuzz.token_sort_ratio(asked, plain(text)), reply_id, typed)
        for reply_id, typed, text in session.execute(newest)
    ]
    if scored:
        score, reply_id, typed = max(scored)
        if score >= FITS:
            yield Suggestion(Origin.PAST_REPLY, typed, str(reply_id))


def _from_template(deps: Deps, mention: Mention) -> Iterator[Suggestion]:
    choices = TEMPLATES[mention.kind]
    number = mention.id % len(choices)
    yield Suggestion(
        Origin.TEMPLATE, choices[number].format(company=deps.company[0]), f"{mention.kind.value} {number + 1}"
    )
