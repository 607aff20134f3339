"""Judging mentions: kind, mood, urgency, near-duplicates; each judgement with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import regex
from sqlalchemy import BigInteger, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from bot import audit, likeness, outbox, policies, throttle
from bot.accounts import connector_of
from bot.database import advisory_lock
from bot.deps import Deps
from bot.models import Json, Mention, MentionKind, MentionState, Mood, PostRecord, Urgency
from bot.throttle import editing
from guidelines.facts import Label
from guidelines.suspicious import suspicion

DUPLICATES_WITHIN = timedelta(days=7)
MOST_CANDIDATES = 2000

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
    claim = deps.facts.check(post.text, now=deps.now()) if deps.facts else None
    contradiction = claim.reason if claim and claim.label is Label.CONTRADICTS else ""
    assessment = read(post.text, claim=contradiction)
    mention.kind, mention.mood, mention.urgency = assessment.kind, assessment.mood, assessment.urgency
    mention.reasons = assessment.reasons
    if claim and claim.fact_id and claim.label in (Label.CONTRADICTS, Label.UNSURE):
        mention.reasons = assessment.reasons | {
            "fact": claim.fact_id,
            "fact_label": claim.label.value,
            "claim": claim.reason,
        }
    mention.language = post.language
    mention.suspicious = suspicion(post.text) or ""
    mention.bands = likeness.bands(post.text)
    mention.state = MentionState.TRIAGED


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


def _record(session: Session, mention: Mention, now: datetime) -> None:
    data = {
        "kind": mention.kind.value,
        "mood": mention.mood.value,
        "urgency": mention.urgency.value,
        "joined_to": mention.joined_to_id,
    }
    # The reasons quote the post, so they are among what can be erased.
    texts = {name: str(reason) for name, reason in mention.reasons.items()}
    subject = f"mention:{mention.id}"
    audit.record(session, "mention.triaged", at=now, actor="system", subject=subject, data=data, texts=texts)
