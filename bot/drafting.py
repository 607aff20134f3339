"""Suggesting replies: from a fact, a past reply, a template. Up to three; saying nothing is always the other choice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import audit, checking, outbox
from bot.accounts import as_post, call_for, connector_of
from bot.deps import Deps
from bot.likeness import plain
from bot.models import Account, Draft, Mention, MentionKind, MentionState, Origin, PostRecord, Reply, ReplyState, Source
from connectors.base import No
from guidelines.facts import Label, correction

MOST = 3
PAST = 400
"""So many of the newest replies are looked through for one that fits."""
GREETING = "Hi, the {company} team here. "
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
    for mention_id in mention_ids:
        with deps.sessions.begin() as session:
            mention = session.get_one(Mention, mention_id, with_for_update=True)
            if mention.state is MentionState.TRIAGED:
                _draft(session, deps, mention)
                mention.state = MentionState.OPEN
                outbox.show(session, mention_id, at=deps.now())


def refresh(session: Session, deps: Deps, mention: Mention) -> None:
    """Make the drafts anew, because the post they answer has changed."""
    unused = delete(Draft).where(Draft.mention_id == mention.id, Draft.origin != Origin.PERSON)
    session.execute(unused.where(Draft.id.not_in(select(Reply.draft_id))))
    _draft(session, deps, mention)


def suggestions(session: Session, deps: Deps, mention: Mention, post: PostRecord) -> Iterator[Suggestion]:
    """Yield what could be said, best first. Unsure means: nothing from this origin."""
    yield from _from_fact(deps, post)
    yield from _from_past(session, mention, post)
    yield from _from_template(deps, mention)


def _draft(session: Session, deps: Deps, mention: Mention) -> None:
    post = session.get_one(PostRecord, mention.post_id)
    account = session.get_one(Account, session.get_one(Source, mention.source_id).account_id)
    connector = connector_of(deps, post.platform)
    if isinstance(connector.can_reply(call_for(deps, account), as_post(post)), No):
        return
    made: list[Draft] = []
    for suggestion in list(suggestions(session, deps, mention, post))[:MOST]:
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
            "verdict": draft.verdict,
        },
        texts={"text": draft.text},
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
