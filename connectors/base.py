"""The contract between the host and a platform: what a connector is asked, and what it may answer.

A connector is stateless. The host owns cursors, tokens, retries, time, throttle and audit, and hands a connector all it
needs in a `Call`. A connector never sleeps, never retries a write, and never reads the environment. Reads raise
`ConnectorError`; writes return an `Outcome` and send exactly one HTTP request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

API_VERSION = 1
"""Raised when a connector written for the previous contract would no longer work."""

Cursor = NewType("Cursor", str)
"""How far a source has been read: JSON text that only its connector understands."""


class Fault(StrEnum):
    """Everything that can go wrong on a platform. The host decides by this and by nothing else."""

    AUTH = "auth"
    FORBIDDEN_BY_POLICY = "forbidden_by_policy"
    NOT_SUMMONED = "not_summoned"
    GONE = "gone"
    TOO_LONG = "too_long"
    DUPLICATE = "duplicate"
    RATE_LIMITED = "rate_limited"
    OVER_BUDGET = "over_budget"
    INVALID = "invalid"
    TRANSIENT = "transient"
    UNKNOWN_OUTCOME = "unknown_outcome"


class ConnectorError(Exception):
    """A read that failed. `retry_at` (UTC) is the earliest time at which asking again makes sense, where known."""

    def __init__(self, fault: Fault, detail: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail
        self.retry_at = retry_at


class Capability(StrEnum):
    """What a platform can do for us through its API."""

    MENTIONS = "mentions"
    SEARCH = "search"
    HASHTAG = "hashtag"
    FEED = "feed"
    THREAD = "thread"
    REPLY = "reply"
    EDIT = "edit"
    DELETE = "delete"
    METRICS = "metrics"
    WEBHOOK = "webhook"
    HANDOFF = "handoff"


class Identity(StrEnum):
    """Whom the public sees as the author."""

    BRAND = "brand"
    EMPLOYEE = "employee"


class SourceKind(StrEnum):
    """What a source follows; each needs the capability of the same name."""

    MENTIONS = "mentions"
    SEARCH = "search"
    HASHTAG = "hashtag"
    FEED = "feed"
    THREAD = "thread"
    WEBHOOK = "webhook"


class DuplicateProtection(StrEnum):
    """What keeps one reply, sent twice, from being posted twice. None of them is trusted alone."""

    KEY = "key"
    CLIENT_ID = "client_id"
    SERVER_REFUSAL = "server_refusal"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Policy:
    """A platform's rules, as far as they change what the host does. `sources` say where each was read."""

    summons_required: bool = False
    operator_approval_required: bool = False
    ai_text_allowed: bool = True
    ai_approval_required: bool = False
    label_required: bool = False
    disclosure_required: bool = True
    max_replies_per_interaction: int | None = None
    cross_account_duplicate_ban: bool = False
    identity_matching_allowed: bool = False
    opt_out_words: frozenset[str] = frozenset()
    purge_within: timedelta | None = None
    cost_per_reply: Decimal = Decimal(0)
    cost_per_reply_with_link: Decimal = Decimal(0)
    cost_per_read: Decimal = Decimal(0)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """What a connector says of itself, before anything is asked of its platform.

    `settle` is how long after an attempt our own posts may still be missing from the platform's listings.
    `secrets` and `options` name what an account needs, with a sentence for the person who has to find it. `renewed`
    names secrets that the connector makes itself and hands back through `Call.save_secrets`: nobody is asked for them.
    `optional_secrets` are those of `secrets` that an account can do without. With `authorization` people connect their
    accounts by consent, and `secrets` are what an operator may give instead.
    """

    name: str
    title: str
    capabilities: frozenset[Capability]
    identities: frozenset[Identity]
    duplicate_protection: DuplicateProtection
    settle: timedelta
    policy: Policy
    secrets: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    renewed: frozenset[str] = frozenset()
    optional_secrets: frozenset[str] = frozenset()
    authorization: "Authorization | None" = field(default=None, compare=False, repr=False)
    api_version: int = API_VERSION


@dataclass(frozen=True, slots=True)
class Call:
    """All that one request may know: whose account, where, when, and how long it may take.

    `timeout` is in seconds. `save_secrets` takes renewed tokens back to the host, which stores them encrypted.
    """

    base_url: str
    secrets: Mapping[str, str] = field(repr=False)
    now: datetime
    identity: Identity = Identity.BRAND
    account_id: str = ""
    handle: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 10.0
    save_secrets: Callable[[Mapping[str, str]], None] = field(default=lambda _renewed: None, repr=False)


class Authorization(Protocol):
    """How an account is connected by its owner's consent on the platform itself (OAuth 2.0, authorization code).

    `site` is the platform's address where it has only one. `app` names what an admin finds on the platform once for all
    accounts, each with a sentence for them; it is empty where the connector registers itself. The host makes `state`
    and `verifier` (PKCE), keeps them, and checks the way back. Here, `call.secrets` are those of our app. What becomes
    an account's secrets holds `access_token` and, when that ends by itself, `access_token_expires` (ISO, UTC).
    """

    @property
    def site(self) -> str: ...

    @property
    def app(self) -> Mapping[str, str]: ...

    @property
    def asks(self) -> str:
        """What the person allows us, in words."""

    def register(self, call: Call, *, back: str) -> Mapping[str, str]:
        """Make ourselves known at a site, and return the secrets of our app; asked only where `app` is empty."""

    def begin(self, call: Call, *, back: str, state: str, verifier: str) -> str:
        """Return the address at which the person agrees. Decided without the network; raises `ConnectorError`."""

    def finish(self, call: Call, *, back: str, code: str, verifier: str) -> Mapping[str, str]:
        """Turn the code that came back into an account's secrets: one HTTP write. Raises `ConnectorError`."""

    def renew(self, call: Call) -> Mapping[str, str] | None:
        """Return fresh secrets of an account, None where the host has nothing to renew. Raises `ConnectorError`."""

    def revoke(self, call: Call) -> None:
        """Give an account's tokens back, so that they open nothing any more. Raises `ConnectorError`."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a source follows: our mentions, a search, a hashtag, a feed, one thread."""

    kind: SourceKind
    query: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a post: public fields only. `id` is the platform's, as text, never parsed."""

    id: str
    handle: str
    name: str = ""
    url: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """Anything written on a platform. `text` is plain text; `mentioned` holds the ids of the accounts it addresses.

    `parent_id` is the post it answers, `root_id` the first post of its thread where the platform tells.
    `venue` is the community: a subreddit, an instance, one blog. `is_public` is false for anything not open to all.
    """

    id: str
    text: str
    author: Author
    created_at: datetime
    url: str = ""
    parent_id: str | None = None
    root_id: str | None = None
    edited_at: datetime | None = None
    language: str | None = None
    venue: str = ""
    mentioned: frozenset[str] = frozenset()
    is_own: bool = False
    is_public: bool = True


@dataclass(frozen=True, slots=True)
class Skipped:
    """A post that could not be read: kept out, counted and logged, never a reason to stop the source."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a rate limit, as the platform told in its last answer. `resets_at` is UTC."""

    remaining: int
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a source brought, oldest first. Delivery is at least once: a repeated post is fine, a lost one is not.

    `cursor` is committed in the transaction that stores the posts. `complete` is false when more waits right now;
    `gap` is true when the platform no longer has what came between the last cursor and these posts.
    """

    posts: tuple[Post, ...]
    cursor: Cursor | None
    complete: bool = True
    gap: bool = False
    skipped: tuple[Skipped, ...] = ()
    allowance: Allowance | None = None
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation around a post: parents before their answers. `truncated` when the platform had more."""

    root_id: str
    posts: tuple[Post, ...]
    truncated: bool = False
    allowance: Allowance | None = None


class PostStatus(StrEnum):
    """What became of a post upstream."""

    LIVE = "live"
    EDITED = "edited"
    DELETED = "deleted"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class PostState:
    """A post as it is now; `post` is None when it can no longer be read."""

    id: str
    status: PostStatus
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Yes:
    """The API may reply here."""


@dataclass(frozen=True, slots=True)
class No:
    """Nobody may reply here: which rule, why, and where it is written."""

    rule: str
    reason: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Handoff:
    """A person must post by hand at `url`; `rule` and `reason` say why the API may not."""

    url: str
    rule: str
    reason: str
    source: str = ""


Permission = Yes | No | Handoff


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is by the platform's own count. `unit` is a word for people: characters, graphemes."""

    used: int
    limit: int
    unit: str = "characters"

    @property
    def fits(self) -> bool:
        """Whether the platform would take it."""
        return self.used <= self.limit


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """Where a text would stand: the post it answers, whose it would be, and the platform's present maximum."""

    parent: Post
    identity: Identity
    handle: str = ""
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyIntent:
    """One reply on its way. `text` is exactly what `render` gave; `key` is what `new_key` gave, stored before use.

    `attempted_at` (UTC) is set before the request and bounds the search for a reply whose receipt was lost.
    """

    id: UUID
    key: str
    parent: Post
    text: str
    attempted_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's proof that a post of ours exists."""

    id: str
    url: str = ""
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """It is public. `text` is what the platform shows where it tells: plain text, as stored there."""

    receipt: Receipt
    text: str | None = None
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class PendingRemote:
    """The platform took it and holds it for its own moderators."""

    receipt: Receipt
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform did not take it: certain. With `retry_at` (UTC) it may be asked again then."""

    fault: Fault
    detail: str
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """We asked, and do not know whether it was done: time-out, dropped line, 5xx. Never repeat; read back."""

    detail: str


Outcome = Posted | PendingRemote | Rejected | Unknown


class SignalKind(StrEnum):
    """What can be seen of a reply's effect."""

    ANSWERED = "answered"
    LIKES = "likes"
    SHARES = "shares"
    REMOVED = "removed"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing seen of our post `about`: an answer after it (`post`), or a count (`value`)."""

    kind: SignalKind
    about: str
    value: int = 0
    post: Post | None = None


class Condition(StrEnum):
    """How an account or a source fares on its platform."""

    OK = "ok"
    REAUTH = "reauth"
    DENIED = "denied"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Health:
    """The answer to `check`: the condition, who we are there, the platform's limits, and what to do when not well."""

    condition: Condition
    account_id: str = ""
    handle: str = ""
    venue: str = ""
    max_length: int | None = None
    detail: str = ""


class Connector(Protocol):
    """The one module that speaks to a platform.

    `check` never raises for a refusal: it says so in its answer. All other reads raise `ConnectorError`.
    """

    spec: Spec

    def check(self, call: Call) -> Health:
        """Who are we there, and are we well?"""

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        """Return what came after `cursor`, oldest first. Without a cursor: the newest page."""

    def thread(self, call: Call, post_id: str) -> Thread:
        """Return the conversation around a post, our own posts marked."""

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Return how each post is now, in the order asked."""

    def can_reply(self, call: Call, post: Post) -> Permission:
        """May this account reply to this post through the API? Decided without the network."""

    def measure(self, text: str, context: ReplyContext) -> Length:
        """Count as the platform counts, over the text that `render` would make public."""

    def render(self, text: str, context: ReplyContext) -> str:
        """Return exactly what will be public when a person confirms `text`."""

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        """Return the client key for a new intent, where the platform has one; stored by the host before use."""

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Post it: one HTTP write, ever."""

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        """Look for this reply among our own posts: same parent, same text, not before the attempt."""

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        """Change a post of ours: one HTTP write."""

    def delete(self, call: Call, post_id: str) -> Outcome:
        """Remove a post of ours: one HTTP write. Already gone counts as done."""

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        """Return what can be seen of the effect of our posts."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook request as it came in: header names in lower case, the body as raw bytes."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Webhook(Protocol):
    """What a connector with the capability `webhook` offers besides.

    The host makes a secret called `webhook_secret`: the sender signs with it where the spec names it, and shows it as
    its verify token where not. Without `delivery_id` a delivery is known by its whole body.
    """

    def receive(self, call: Call, delivery: Delivery) -> tuple[Post, ...]:
        """Check the signature and return the posts; raises `ConnectorError(AUTH)` for a forged or stale request."""

    def delivery_id(self, delivery: Delivery) -> str:
        """Return what a genuine delivery is known by when it is sent again, from what is signed."""
