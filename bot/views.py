"""What people are shown: read from the records here, formatted in `slack` and `console`, decided in the services."""

from dataclasses import dataclass
from datetime import datetime

from bot.models import MentionKind, MentionState, Mood, Origin, ReplyState, Urgency
from connectors.base import Identity, Length
from guidelines.base import Finding


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as people see it; `text` is untrusted."""

    text: str
    author: str
    handle: str
    url: str
    created_at: datetime
    is_own: bool = False
    edited_at: datetime | None = None
    is_gone: bool = False
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class DraftView:
    """A suggestion, where it came from in words, and what was found in it."""

    id: int
    text: str
    origin: Origin
    origin_text: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the limits would say now: `allow`, `hold`, `refuse` or `ask`, with every reason in words."""

    verdict: str
    reasons: tuple[str, ...] = ()
    reopens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A reply on its way or public. `undo_until` is set while the person may still undo it."""

    id: int
    state: ReplyState
    text: str
    approved_by: str
    approved_by_slack: str
    account: str
    url: str = ""
    detail: str = ""
    undo_until: datetime | None = None
    asked: bool = False
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CardView:
    """All that the card of a mention shows. `claimed_by_slack` is empty when nobody holds it."""

    mention_id: int
    channel: str
    state: MentionState
    post: PostView
    platform: str
    venue: str
    source: str
    why_here: str
    kind: MentionKind
    kind_reason: str
    mood: Mood
    mood_reason: str
    urgency: Urgency
    language: str
    thread_posts: int
    our_posts: int
    duplicates: tuple[PostView, ...]
    drafts: tuple[DraftView, ...]
    forecast: Forecast
    fact: str = ""
    fact_source: str = ""
    fact_certainty: str = ""
    suspicious: str = ""
    claimed_by: str = ""
    claimed_by_slack: str = ""
    claimed_until: datetime | None = None
    dismissed_by: str = ""
    dismissed_reason: str = ""
    note: str = ""
    reply: ReplyView | None = None
    handoff_reason: str = ""
    handoff_url: str = ""


@dataclass(frozen=True, slots=True)
class Identifiable:
    """An account that this person may post with here."""

    account_id: int
    identity: Identity
    label: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A text, looked at before it is confirmed: exactly what would be public, its length, findings, and the limits."""

    typed: str
    public: str
    length: Length
    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]
    forecast: Forecast
    blocked: bool


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What the reply modal needs: the card, the accounts to choose from, and the preview of the text it starts with."""

    card: CardView
    identities: tuple[Identifiable, ...]
    account_id: int
    draft_id: int | None
    preview: Preview
