"""Corrections in the world: one in a thread is enough, and who else says the same wrong thing."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from bot.deps import Deps
from bot.likeness import calm
from bot.models import (
    COUNTED,
    UNUSED,
    Draft,
    Employee,
    Json,
    Mention,
    MentionState,
    Origin,
    OwnError,
    PostRecord,
    Reply,
    ReplyState,
    Venue,
    WrongState,
)
from bot.permissions import Act, require
from guidelines.base import Finding, Severity
from guidelines.facts import Claim, FactBase, Label

RULE = "one-correction"
MOST_LOOKED_AT = 50
PAGE = 20


@dataclass(frozen=True, slots=True)
class Echo:
    """A post that says what a fact contradicts, and what we did there; `author` and `text` are untrusted."""

    mention_id: int
    author: str
    text: str
    url: str
    venue: str
    created_at: datetime
    state: MentionState
    reply_id: int | None
    reply_state: ReplyState | None
    reply_url: str


@dataclass(frozen=True, slots=True)
class Echoes:
    """Such posts, newest first; `before` asks for the next page and is None when there is none."""

    fact: str
    posts: tuple[Echo, ...]
    before: int | None


def against_facts(deps: Deps, text: str) -> Json:
    """Return what a text says against our facts, as it stands among the reasons of a mention; empty where nothing."""
    claim = _claim(deps.facts, calm(text), deps.today) if deps.facts else None
    if claim is None or not claim.fact_id or claim.label not in (Label.CONTRADICTS, Label.UNSURE):
        return {}
    return {"fact": claim.fact_id, "fact_label": claim.label.value, "claim": claim.reason}


def without_facts(reasons: Json) -> Json:
    """Return the reasons of a mention without those that `against_facts` gives."""
    return {name: why for name, why in reasons.items() if name not in ("fact", "fact_label", "claim")}


def outdated(session: Session, deps: Deps, mention: Mention) -> bool:
    """Whether a correction that nobody used yet has the words, or the source, that its fact had before."""
    unused = select(Draft).where(Draft.mention_id == mention.id, Draft.origin == Origin.FACT, UNUSED)
    return any(not _is_current(deps, draft) for draft in session.scalars(unused))


def corrects(deps: Deps, mention: Mention, text: str) -> bool:
    """Whether a text corrects what a mention says: it cites the fact's source, or says what the fact says."""
    fact = deps.facts.facts.get(str(mention.reasons.get("fact", ""))) if deps.facts else None
    if fact is None or deps.facts is None:
        return False
    if fact.source_url in text:
        return True
    claims = deps.facts.check_all(text, now=deps.now(), ours=True)
    return any(claim.label is Label.AGREES and claim.fact_id == fact.id for claim in claims)


def standing(session: Session, deps: Deps, mention: Mention) -> Reply | None:
    """Return the correction of ours that stands in a mention's thread, in answer to somebody else.

    One that we found to be wrong ourselves counts no longer.
    """
    wrong = select(OwnError.reply_id).where(OwnError.state.in_([WrongState.OPEN, WrongState.FOLLOWED_UP]))
    replies = session.execute(
        select(Reply, Mention)
        .join(Mention, Mention.id == Reply.mention_id)
        .where(Reply.thread_id == mention.thread_id, Reply.state.in_(COUNTED), Reply.mention_id != mention.id)
        .where(Mention.reasons["fact"].astext.is_not(None), Reply.id.not_in(wrong))
        .order_by(Reply.id)
        .limit(MOST_LOOKED_AT)
    )
    for reply, answered in replies:
        if _came_from_a_fact(session, reply) or corrects(deps, answered, reply.typed):
            return reply
    return None


def said(reply: Reply) -> str:
    """Say which correction stands, and where."""
    where = f": {reply.url}" if reply.url else ""
    return f"A correction of ours already stands in this thread, reply no. {reply.id}{where}"


def second(session: Session, deps: Deps, mention: Mention, text: str) -> Finding | None:
    """Return the finding against a second correction in a thread, with the one that stands; nothing for other texts."""
    if "fact" not in mention.reasons or not corrects(deps, mention, text):
        return None
    first = standing(session, deps, mention)
    if first is None:
        return None
    fix = "Choose “No reply”, or answer without correcting anybody a second time."
    return Finding(RULE, Severity.BLOCK, f"{said(first)}. One is enough.", fix, title="One correction per thread")


def echoes(session: Session, fact: str, *, besides: int = 0, before: int | None = None, most: int = PAGE) -> Echoes:
    """Return the posts that contradict a fact, newest first, but for the mention `besides`."""
    newest = (
        select(Reply.id)
        .where(Reply.mention_id == Mention.id)
        .order_by(Reply.id.desc())
        .limit(1)
        .correlate(Mention)
        .scalar_subquery()
    )
    asked = (
        select(Mention, PostRecord, Venue.name, Reply)
        .join(PostRecord, PostRecord.id == Mention.post_id)
        .join(Venue, Venue.id == PostRecord.venue_id)
        .outerjoin(Reply, Reply.id == newest)
        .where(contradicting(fact), Mention.id != besides)
        .order_by(Mention.id.desc())
        .limit(most + 1)
    )
    rows = session.execute(asked.where(Mention.id < before) if before is not None else asked).all()
    posts = tuple(_echo(mention, post, venue, reply) for mention, post, venue, reply in rows[:most])
    return Echoes(fact, posts, before=posts[-1].mention_id if len(rows) > most else None)


def echoes_of(deps: Deps, mention_id: int, *, by: Employee, most: int = PAGE) -> Echoes | None:
    """Return who else says what a mention says against a fact; None where it says nothing against any."""
    require(by, Act.READ)
    with deps.sessions() as session:
        mention = session.get(Mention, mention_id)
        if mention is None or mention.reasons.get("fact_label") != Label.CONTRADICTS.value:
            return None
        return echoes(session, str(mention.reasons["fact"]), besides=mention_id, most=most)


def contradicting(fact: str) -> ColumnElement[bool]:
    """Mentions that surely contradict a fact."""
    certain = Mention.reasons["fact_label"].astext == Label.CONTRADICTS.value
    return and_(Mention.reasons["fact"].astext == fact, certain)


@lru_cache(maxsize=512)
def _claim(facts: FactBase, text: str, today: datetime) -> Claim:
    # What many pass on comes within moments of itself, and is read once.
    return facts.check(text, now=today)


def _is_current(deps: Deps, draft: Draft) -> bool:
    fact = deps.facts.facts.get(draft.origin_detail) if deps.facts else None
    return fact is not None and fact.source_url in draft.text and fact.statement.strip().rstrip(".") in draft.text


def _came_from_a_fact(session: Session, reply: Reply) -> bool:
    seen: set[int] = set()
    number: int | None = reply.draft_id
    while number is not None and number not in seen:
        seen.add(number)
        draft = session.get_one(Draft, number)
        if draft.origin is Origin.FACT:
            return True
        number = draft.based_on_id
    return False


def _echo(mention: Mention, post: PostRecord, venue: str, reply: Reply | None) -> Echo:
    return Echo(
        mention_id=mention.id,
        author=post.author_name or post.author_handle,
        text=post.text,
        url=post.url,
        venue=venue,
        created_at=post.created_at,
        state=mention.state,
        reply_id=reply.id if reply else None,
        reply_state=reply.state if reply else None,
        reply_url=reply.url if reply else "",
    )
