"""WordPress: the comments of a site, searches among them, their threads, and replies from a click."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from connectors import _wordpress_sources
from connectors._line import Answer
from connectors._reading import Json, Unreadable, id_of, is_mapping, member, text_in
from connectors._text import clean, one_line
from connectors._wordpress_parse import CommentId, as_stored, as_written, comment_id, receipt_of, says, text_of
from connectors._wordpress_tree import conversation, located
from connectors._wordpress_wire import AT_ONCE, WIRE, ask, has_more, listed, read_listing, reader, venue_of, write
from connectors.base import (
    Call,
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    DuplicateProtection,
    Fault,
    Followed,
    Health,
    Identity,
    Length,
    No,
    Outcome,
    Page,
    PendingRemote,
    Permission,
    Policy,
    Post,
    Posted,
    PostState,
    PostStatus,
    Receipt,
    Rejected,
    ReplyContext,
    ReplyIntent,
    Signal,
    SignalKind,
    Spec,
    Thread,
    Unknown,
    Yes,
)

LIMIT = 65_525
"""Bytes that the column of a comment takes, as HTML."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far a site's clock and ours may be apart when we look for a reply of ours."""

_PAGES_BACK = 10
_HANDBOOK = "https://developer.wordpress.org/rest-api/reference/comments/"
_MAY_NOT_MODERATE = "It may reply, but not edit; comments that moderators let through late are not brought in."

SPEC = Spec(
    name="wordpress",
    title="WordPress",
    capabilities=frozenset(
        {
            Capability.FEED,
            Capability.SEARCH,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.SERVER_REFUSAL,
    settle=timedelta(seconds=10),
    policy=Policy(
        purge_within=timedelta(hours=24),
        opt_out_words=frozenset({"stop", "unsubscribe", "opt out"}),
        sources=(
            _HANDBOOK,
            "https://developer.wordpress.org/rest-api/using-the-rest-api/authentication/#application-passwords",
            "the site's own comment policy",
            "https://www.ftc.gov/business-guidance/resources/ftcs-endorsement-guides-what-people-are-asking",
        ),
    ),
    secrets={
        "username": "The name with which the account signs in to the site.",
        "application_password": "Users → Profile → Application Passwords → Add New. Not the password for signing in.",
    },
    options={
        "read_as_account": "“yes” only where the site tells nobody its comments through the API who is not signed in, "
        "and all of its articles are public.",
        "erase": "“yes” where the site keeps no trash: a reply that is deleted is then gone for good.",
    },
)


class WordPressConnector:
    """Speaks to one site per call, through its REST API."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            person = ask(call, "users/me", {"context": "edit"}, named=True).body
        except ConnectorError as error:
            return WIRE.health(error)
        identity, handle = id_of(person), one_line(text_in(member(person, "name")))
        if identity is None or not handle:
            return Health(Condition.DOWN, venue=venue_of(call), detail="WordPress did not say who we are.")
        moderates = member(member(person, "capabilities"), "moderate_comments") is True
        detail = "" if moderates else _MAY_NOT_MODERATE
        return Health(Condition.OK, identity, handle, venue_of(call), LIMIT, detail)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _wordpress_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        return conversation(call, located(call, post_id)).thread

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read many at once, as everybody sees them; what nobody sees is asked for alone before it is called gone.

        WordPress keeps no time of an edit: an edited comment is live, with its present text.
        """
        wanted = {post_id: _checked(post_id) for post_id in post_ids}
        numbers = list(dict.fromkeys(identity.number for identity in wanted.values()))
        public: dict[str, Post] = {}
        for start in range(0, len(numbers), AT_ONCE):
            asked = {"include": ",".join(numbers[start : start + AT_ONCE]), "per_page": str(AT_ONCE)}
            posts, _ = reader(call).posts(listed(read_listing(call, asked)))
            public |= {post.id: post for post in posts}
        return tuple(
            PostState(one, PostStatus.LIVE, public[one]) if one in public else _withdrawn(call, one, wanted[one])
            for one in post_ids
        )

    def can_reply(self, call: Call, post: Post) -> Permission:
        del call
        if not post.is_public:
            reason = "Only comments that are open to all are answered from a team."
            return No("wordpress.open_to_all", reason, _HANDBOOK)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        stored = as_stored(self.render(text, context))
        return Length(len(stored.encode("utf-8", "replace")), context.max_length or LIMIT, "bytes")

    def render(self, text: str, context: ReplyContext) -> str:
        """A comment shows under the one that it answers; WordPress tells nobody, so no name goes before it."""
        del context
        return clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        parent = CommentId.read(intent.parent.id)
        if parent is None:
            return Rejected(Fault.INVALID, "This is no comment on WordPress.")
        fields = {"post": int(parent.article), "parent": int(parent.number), "content": as_stored(intent.text)}
        return _judged(write(call, "POST", "comments", fields=fields))

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        """Look through our own comments under the parent, those too that moderators hold or have taken away."""
        parent, us = _checked(intent.parent.id), call.account_id or _own_id(call)
        since = _wordpress_sources.as_utc(intent.attempted_at - CLOCK_SKEW - timedelta(seconds=1))
        asked = {"post": parent.article, "parent": parent.number, "after": since, "per_page": str(AT_ONCE)}
        for page in range(1, _PAGES_BACK + 1):
            answer = _own_comments(call, asked | {"page": str(page)}, us)
            for comment in listed(answer):
                if _is_sought(comment, intent, us):
                    return receipt_of(comment)
            if not has_more(answer, page):
                return None
        raise ConnectorError(Fault.TRANSIENT, "WordPress has too many newer comments here to look through.")

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        identity = CommentId.read(post_id)
        if identity is None:
            return Rejected(Fault.INVALID, "This is no comment on WordPress.")
        return _judged(write(call, "POST", f"comments/{identity.number}", fields={"content": as_stored(text)}))

    def delete(self, call: Call, post_id: str) -> Outcome:
        """Put it into the site's trash, from which a moderator can take it back."""
        identity = CommentId.read(post_id)
        if identity is None:
            return Rejected(Fault.INVALID, "This is no comment on WordPress.")
        params = {"force": "true"} if call.options.get("erase", "").strip().casefold() == "yes" else {}
        outcome = write(call, "DELETE", f"comments/{identity.number}", params=params)
        if isinstance(outcome, Rejected) and outcome.fault is Fault.GONE:
            return Posted(Receipt(post_id))
        return _deleted(outcome, post_id) if isinstance(outcome, Answer) else outcome

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        return tuple(signal for one in post_ids for signal in _signals(call, one, _checked(one)))


def _checked(post_id: str) -> CommentId:
    identity = CommentId.read(post_id)
    if identity is None:
        raise ConnectorError(Fault.INVALID, "This is no comment on WordPress.")
    return identity


def _withdrawn(call: Call, post_id: str, identity: CommentId) -> PostState:
    """What became of a comment that nobody sees. Those who may not moderate are told no more than that."""
    status = _status(call, identity)
    gone = status in (None, "trash", "spam")
    return PostState(post_id, PostStatus.DELETED if gone else PostStatus.HIDDEN)


def _status(call: Call, identity: CommentId) -> str | None:
    """Return where the site keeps a comment; nothing when it has none of this number on this article."""
    try:
        comment = ask(call, f"comments/{identity.number}", {}, named=True).body
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return None
        if error.fault is Fault.FORBIDDEN_BY_POLICY:
            return "hold"
        raise
    found, status = comment_id(comment), member(comment, "status")
    if found is None or not isinstance(status, str):
        raise ConnectorError(Fault.TRANSIENT, "WordPress sent a comment that cannot be read.")
    return status if found == identity else None


def _own_id(call: Call) -> str:
    identity = id_of(ask(call, "users/me", {}, named=True).body)
    if identity is None:
        raise ConnectorError(Fault.TRANSIENT, "WordPress did not say who we are.")
    return identity


def _own_comments(call: Call, asked: Mapping[str, str], us: str) -> Answer:
    """Ask for ours in any state; those who may not write articles may only ask for what is public."""
    try:
        return ask(call, "comments", {**asked, "author": us, "status": "any"}, named=True)
    except ConnectorError as error:
        if error.fault is not Fault.FORBIDDEN_BY_POLICY:
            raise
    return ask(call, "comments", asked, named=True)


def _is_sought(comment: Json, intent: ReplyIntent, us: str) -> bool:
    """Whether this is the reply: ours, same parent, same words, not before we tried."""
    receipt = receipt_of(comment)
    if receipt is None or receipt.posted_at is None or not is_mapping(comment):
        return False
    above = f"{receipt.id.partition(':')[0]}:{comment.get('parent')}"
    in_time = receipt.posted_at >= intent.attempted_at - CLOCK_SKEW
    return in_time and above == intent.parent.id and str(comment.get("author")) == us and says(comment, intent.text)


def _judged(outcome: Answer | Rejected | Unknown) -> Outcome:
    """What became of a comment that was sent: public, or with the site's moderators, or thrown away."""
    if not isinstance(outcome, Answer):
        return outcome
    receipt, status = receipt_of(outcome.body), member(outcome.body, "status")
    if receipt is None:
        return Unknown(f"WordPress answered {outcome.status}, but with no comment that can be read.")
    if status == "hold":
        return PendingRemote(receipt, "The site's moderators look at it first.")
    if status == "spam":
        return PendingRemote(receipt, "The site took it for spam; a moderator can let it through.")
    if status == "trash":
        return Rejected(Fault.FORBIDDEN_BY_POLICY, "The site put it into its trash: a word in it is not allowed there.")
    return Posted(receipt, _shown(outcome.body))


def _shown(comment: Json) -> str | None:
    written = as_written(comment)
    if written is not None or not is_mapping(comment):
        return written
    try:
        return text_of(comment)
    except Unreadable:
        return None


def _deleted(answer: Answer, post_id: str) -> Posted | Unknown:
    is_gone = member(answer.body, "status") == "trash" or member(answer.body, "deleted") is True
    if not is_gone:
        return Unknown(f"WordPress answered {answer.status}, but did not say that the comment is gone.")
    return Posted(Receipt(post_id))


def _signals(call: Call, post_id: str, identity: CommentId) -> list[Signal]:
    if _status(call, identity) in (None, "trash", "spam"):
        return [Signal(SignalKind.REMOVED, post_id)]
    asked = {"parent": identity.number, "orderby": "date_gmt", "order": "asc", "per_page": str(AT_ONCE)}
    posts, _ = reader(call).posts(listed(read_listing(call, asked)))
    answers = (post for post in posts if post.parent_id == post_id and not post.is_own)
    return [Signal(SignalKind.ANSWERED, post_id, post=post) for post in answers]
