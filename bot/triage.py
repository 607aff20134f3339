"""Judging mentions, with reasons: kind, mood, urgency, near-duplicates. And judging them again once facts change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import regex
from sqlalchemy import BigInteger, Select, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from bot import audit, corrections, drafting, likeness, outbox, policies, queue, throttle
from bot.accounts import connector_of
from bot.database import advisory_lock
from bot.deps import Deps
from bot.ledger import lock_thread_of
from bot.models import (
    Json,
    Mention,
    MentionKind,
    MentionState,
    Mood,
    PostRecord,
    Question,
    QuestionState,
    Urgency,
)
from bot.throttle import editing
from guidelines.facts import Label
from guidelines.suspicious import suspicion

DUPLICATES_WITHIN = timedelta(days=7)
MOST_CANDIDATES = 2000
AGAIN_SINCE = timedelta(days=7)
AGAIN_MOST = 500
"""So many of the newest open mentions are judged again when facts change, and no older ones."""
AGAIN_BATCH = 50

_QUESTION = regex.compile(
    r"\?|^\s*(?:how|what|when|where|which|who|why|does|do|is|are|can|could|will|would|has|have|did|should|anyone|"
    r"anybody|wie|was|wann|wo|warum|welche[rs]?|kann|gibt|cómo|qué|cuándo|dónde|por qué|puede)\b",
    regex.IGNORECASE,
)
_COMPLAINT = regex.compile(
    r"\b(?:broken|broke|terrible|awful|worst|useless|disappoint\w*|refund|rip[- ]?off|scam|waste|hate|angry|furious|"
    r"annoy\w*|unacceptable|ridiculous|never (?:again|arrived|works?|worked)|"
    r"(?:does|do|did|is|was|wo|ca)n[’']?t work\w*|"
    r"not working|stopped working|still waiting|no (?:reply|answer|response)|crash\w*|fail(?:s|ed|ing)?|faulty|"
    r"defective|kaputt|enttäusch\w*|schlecht|roto|decepcion\w*)\b",
    regex.IGNORECASE,
)
_PRAISE = regex.compile(
    r"\b(?:love(?:d|s)?|great|awesome|amazing|excellent|fantastic|brilliant|best|perfect|thank(?:s| you)|impressed|"
    r"wonderful|recommend|happy with|danke|toll|super|gracias|genial)\b|[❤♥😍🥰👏🎉]",
    regex.IGNORECASE,
)
_LEAD = regex.compile(
    r"\b(?:looking (?:for|to buy)|recommend(?:ations?)? (?:for|me|an?)|thinking (?:of|about) (?:buying|getting)|"
    r"should i (?:buy|get)|where can i (?:buy|get|order)|how much (?:is|does|for)|considering|"
    r"switch(?:ing)? (?:to|from)|alternatives? to|any good)\b",
    regex.IGNORECASE,
)
_URGENT = regex.compile(
    r"\b(?:urgent|immediately|asap|emergency|danger(?:ous)?|fire|smoke|smok(?:ing|es)|burn(?:t|ed|ing|s)?|injur\w*|hurt|"
    r"exploded?|overheat\w*|lawyer|lawsuit|sue|police|data (?:leak|breach)|hacked|recall)\b",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a text seems to be, each part with the words that led to it."""

    kind: MentionKind
    mood: Mood
    urgency: Urgency
    reasons: Json


def assess(deps: Deps, mention_ids: Sequence[int]) -> tuple[int, ...]:
    """Judge collected mentions; returns those that need a card of their own. Others were joined to an earlier card."""
    now = deps.now()
    alone: list[int] = []
    with deps.sessions.begin() as session:
        judged = _collected(session, mention_ids)
        for mention, post in judged:
            _judge(deps, mention, post)
            _heed(session, deps, mention, post)
        _take_turns(session, {mention.channel for mention, _ in judged})
        earlier = _shown(session, [mention for mention, _ in judged], now)
        grown: set[int] = set()
        for mention, post in judged:
            twin = next((known for known in earlier if known.is_like(mention, post.text)), None)
            if twin is None:
                alone.append(mention.id)
                earlier.append(Shown(mention.id, mention.channel, frozenset(mention.bands), post.text))
            else:
                mention.state = MentionState.JOINED
                mention.joined_to_id = twin.mention_id
                grown.add(twin.mention_id)
            _record(session, mention, now)
        for mention_id in sorted(grown.difference(alone)):
            outbox.show(session, mention_id, at=now)
    return tuple(alone)


def judge_again(deps: Deps, *, before: int | None = None, looked_at: int = 0) -> int:
    """Hold one batch of open mentions, the newest first, against the facts as they are now, and ask for the next.

    Returns how many came out otherwise: they get their drafts and their cards anew. Safe to repeat, for what comes out
    as it stood is left alone.
    """
    deps.rulebook.refresh()
    with deps.sessions() as session:
        batch = session.execute(_open_before(deps, before)).all()
        changed = [mention.id for mention, post in batch if _comes_out_otherwise(session, deps, mention, post.text)]
    done = sum(_again(deps, mention_id) for mention_id in changed)
    if len(batch) == AGAIN_BATCH and looked_at + AGAIN_BATCH < AGAIN_MOST:
        with deps.sessions.begin() as session:
            queue.judge_again(session, before=batch[-1][0].id, looked_at=looked_at + AGAIN_BATCH)
    return done


def edited(session: Session, deps: Deps, mention: Mention, post: PostRecord) -> None:
    """Judge a mention as if it had come with what its author now says, and make its drafts anew.

    Call it under the lock of its thread. An order slipped in afterwards is an order, and no claim outlives its words.
    """
    if mention.state is MentionState.COLLECTED:
        return
    opted_out = mention.reasons.get("opt_out")
    _read_anew(deps, mention, post)
    if opted_out:
        mention.reasons = mention.reasons | {"opt_out": opted_out}
    else:
        _heed(session, deps, mention, post)
    if mention.state is MentionState.OPEN:
        drafting.refresh(session, deps, mention)
    _record(session, mention, deps.now())


@dataclass(frozen=True, slots=True)
class Shown:
    """A mention with a card of its own, as far as it takes to know its like."""

    mention_id: int
    channel: str
    bands: frozenset[int]
    text: str

    def is_like(self, mention: Mention, text: str) -> bool:
        """Whether a mention says nearly the same in the same channel."""
        near = mention.channel == self.channel and not self.bands.isdisjoint(mention.bands)
        return near and likeness.alike(text, self.text)


def read(text: str, *, claim: str = "") -> Assessment:
    """Judge one text by its words. `claim` says why it contradicts one of our facts, when it does."""
    complaint, praise = _first(_COMPLAINT, text), _first(_PRAISE, text)
    urgent = _first(_URGENT, text)
    kind, because = _kind(text, complaint, praise, claim)
    mood, felt = _mood(complaint, praise)
    urgency = Urgency.HIGH if urgent else Urgency.LOW if kind is MentionKind.PRAISE else Urgency.NORMAL
    reasons = {
        "kind": because,
        "mood": felt,
        "urgency": f"it says “{urgent}”" if urgent else "nothing in it presses",
    }
    return Assessment(kind, mood, urgency, reasons)


def _kind(text: str, complaint: str, praise: str, claim: str) -> tuple[MentionKind, str]:
    lead, question = _first(_LEAD, text), _first(_QUESTION, text)
    candidates = [
        (claim, MentionKind.FALSE_CLAIM, claim),
        (lead, MentionKind.LEAD, f"it says “{lead}”"),
        (complaint, MentionKind.COMPLAINT, f"it says “{complaint}”"),
        (question, MentionKind.QUESTION, "it asks something"),
        (praise, MentionKind.PRAISE, f"it says “{praise}”"),
    ]
    for found, kind, because in candidates:
        if found:
            return kind, because
    return MentionKind.OTHER, "no words of the other kinds were found"


def _mood(complaint: str, praise: str) -> tuple[Mood, str]:
    if complaint and praise:
        return Mood.NEUTRAL, f"“{complaint}” and “{praise}” balance"
    if complaint:
        return Mood.NEGATIVE, f"it says “{complaint}”"
    if praise:
        return Mood.POSITIVE, f"it says “{praise}”"
    return Mood.NEUTRAL, "no strong words"


def _first(pattern: "regex.Pattern[str]", text: str) -> str:
    try:
        found = pattern.search(text[:5000], timeout=0.05)
    except TimeoutError:
        return ""
    return found.group().strip().lower() if found else ""


def _collected(session: Session, mention_ids: Sequence[int]) -> list[tuple[Mention, PostRecord]]:
    rows = session.execute(
        select(Mention, PostRecord)
        .join(PostRecord, PostRecord.id == Mention.post_id)
        .where(Mention.id.in_(mention_ids), Mention.state == MentionState.COLLECTED)
        .order_by(Mention.id)
        .with_for_update(of=Mention)
    )
    return list(rows)


def _take_turns(session: Session, channels: set[str]) -> None:
    """Let one after the other look for twins in a channel: two who did so at once would each make a card."""
    for channel in sorted(channels):
        advisory_lock(session, f"triage:{channel}")


def _judge(deps: Deps, mention: Mention, post: PostRecord) -> None:
    _read_anew(deps, mention, post)
    mention.state = MentionState.TRIAGED


def _read_anew(deps: Deps, mention: Mention, post: PostRecord) -> None:
    claimed = corrections.against_facts(deps, post.text)
    assessment = read(post.text, claim=_contradiction(claimed))
    mention.kind, mention.mood, mention.urgency = assessment.kind, assessment.mood, assessment.urgency
    mention.reasons = assessment.reasons | claimed
    mention.language = post.language
    mention.suspicious = _suspicion(likeness.calm(post.text))
    mention.bands = likeness.bands(post.text)


@lru_cache(maxsize=512)
def _suspicion(text: str) -> str:
    # What many pass on comes within moments of itself, and is read once.
    return suspicion(text) or ""


def _contradiction(claimed: Json) -> str:
    return str(claimed["claim"]) if claimed.get("fact_label") == Label.CONTRADICTS.value else ""


def _heed(session: Session, deps: Deps, mention: Mention, post: PostRecord) -> None:
    """Note that somebody tells us to stop: from then on nobody here answers them on that platform."""
    word = policies.opting_out(connector_of(deps, post.platform).spec.policy, post.text)
    if word and throttle.addresses_us(session, post):
        limit = editing.after_opt_out(session, deps, post.platform, post.author_external_id)
        mention.note = f"It says “{word}”: this person is not answered here any more (limit “{limit.name}”)."
        mention.reasons = mention.reasons | {"opt_out": f"it says “{word}”"}


def _shown(session: Session, mentions: Sequence[Mention], now: datetime) -> list[Shown]:
    """Return the earlier mentions with open cards that share a band with any of these: one look for all of them."""
    bands = sorted({band for mention in mentions for band in mention.bands})
    if not bands:
        return []
    found = session.execute(
        select(Mention.id, Mention.channel, Mention.bands, PostRecord.text)
        .join(PostRecord, PostRecord.id == Mention.post_id)
        .where(
            Mention.bands.op("&&")(array(bands, type_=BigInteger)),
            Mention.id.not_in([mention.id for mention in mentions]),
            Mention.state.in_([MentionState.TRIAGED, MentionState.OPEN]),
            Mention.collected_at >= now - DUPLICATES_WITHIN,
        )
        .order_by(Mention.id)
        .limit(MOST_CANDIDATES)
    )
    return [Shown(mention_id, channel, frozenset(shared), text) for mention_id, channel, shared, text in found]


def _open_before(deps: Deps, before: int | None) -> "Select[Mention, PostRecord]":
    newest = (
        select(Mention, PostRecord)
        .join(PostRecord, PostRecord.id == Mention.post_id)
        .where(Mention.state.in_([MentionState.TRIAGED, MentionState.OPEN]), PostRecord.text != "")
        .where(Mention.collected_at >= deps.now() - AGAIN_SINCE)
        .order_by(Mention.id.desc())
        .limit(AGAIN_BATCH)
    )
    return newest.where(Mention.id < before) if before is not None else newest


def _comes_out_otherwise(session: Session, deps: Deps, mention: Mention, text: str) -> bool:
    reasons = corrections.without_facts(mention.reasons) | corrections.against_facts(deps, text)
    if reasons != mention.reasons:
        return True
    return corrections.outdated(session, deps, mention) and not _is_asked(session, mention)


def _is_asked(session: Session, mention: Mention) -> bool:
    """Whether a manager is asked about a draft of it, which has to stand until the answer comes."""
    question = select(Question.id).where(Question.mention_id == mention.id, Question.state == QuestionState.OPEN)
    return session.scalar(question.limit(1)) is not None


def _again(deps: Deps, mention_id: int) -> bool:
    """Judge one again under its thread's lock, if it still comes out otherwise then."""
    with deps.sessions.begin() as session:
        mention = lock_thread_of(session, mention_id)
        post = session.get_one(PostRecord, mention.post_id, populate_existing=True)
        if not mention.is_open or not _comes_out_otherwise(session, deps, mention, post.text):
            return False
        claimed = corrections.against_facts(deps, post.text)
        assessment = read(post.text, claim=_contradiction(claimed))
        mention.kind = assessment.kind
        kept = corrections.without_facts(mention.reasons) | {"kind": assessment.reasons["kind"]}
        mention.reasons = kept | claimed
        if mention.state is MentionState.OPEN and not _is_asked(session, mention):
            drafting.refresh(session, deps, mention)
        outbox.show(session, mention_id, at=deps.now())
        _record(session, mention, deps.now(), kind="mention.judged_again")
    return True


def _record(session: Session, mention: Mention, now: datetime, *, kind: str = "mention.triaged") -> None:
    data = {
        "kind": mention.kind.value,
        "mood": mention.mood.value,
        "urgency": mention.urgency.value,
        "joined_to": mention.joined_to_id,
    }
    # The reasons quote the post, so they are among what can be erased.
    texts = {name: str(reason) for name, reason in mention.reasons.items()}
    subject = f"mention:{mention.id}"
    audit.record(session, kind, at=now, actor="system", subject=subject, data=data, texts=texts)
