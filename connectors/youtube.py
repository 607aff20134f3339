"""YouTube: comments around our channel, on a video, or in a thread, and answers by the channel."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from connectors import _youtube_sources
from connectors._conversation import rooted
from connectors._google import consent
from connectors._line import Answer
from connectors._reading import Json, Unreadable, count_of, list_of, member, optional_id, text_in
from connectors._text import clean, one_line, same
from connectors._youtube_parse import VENUE, Reader, address_of, video_in
from connectors._youtube_sources import SCOPE, YOUTUBE, Asking, must_be_ids
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

LONGEST = 10_000
"""What a comment holds. YouTube does not say what it counts: UTF-16 units are never fewer than its characters."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far YouTube's clock and ours may be apart."""

_WHOLE_THREAD = 60
"""So many pages of 100 answers are read of one thread."""

_BLANKS = re.compile(r"[ \t]+(?=\n|$)")
_HANDLE = re.compile(r"@[\w.·-]{2,40}")
_HELD = frozenset({"heldForReview", "likelySpam"})

_INSERT = "https://developers.google.com/youtube/v3/docs/comments/insert"
_QUOTA = "https://developers.google.com/youtube/v3/determine_quota_cost"
_POLICIES = "https://developers.google.com/youtube/terms/developer-policies"
_SPAM = "https://support.google.com/youtube/answer/2801973"

SPEC = Spec(
    name="youtube",
    title="YouTube",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.FEED,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
        }
    ),
    identities=frozenset({Identity.BRAND}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(minutes=1),
    policy=Policy(
        cross_account_duplicate_ban=True,
        purge_within=timedelta(days=30),
        sources=(_POLICIES, _SPAM, _QUOTA, _INSERT),
    ),
    authorization=consent(
        SCOPE, "https://www.googleapis.com", "to read comments, and to write, change and delete its own"
    ),
    secrets={
        "access_token": f"An OAuth access token of the channel's owner, for the scope {SCOPE}.",
        "refresh_token": "The refresh token that came with it: an access token lasts an hour.",
        "client_id": "Google Cloud → APIs and services → Credentials → the OAuth client that both were given to.",
        "client_secret": "The same page: Client secret.",
    },
    options={"daily_units": "What the Google project may use of the YouTube Data API in a day, when it is not 10,000."},
    renewed=frozenset({"access_token_expires"}),
    optional_secrets=frozenset({"refresh_token", "client_id", "client_secret"}),
)


class YouTubeConnector:
    """Speaks for one channel per call. The public sees the channel as the author, whoever approved."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            body = YOUTUBE.ask(call, "/youtube/v3/channels", {"part": "snippet", "mine": "true"}).body
        except ConnectorError as error:
            return YOUTUBE.wire.health(error)
        channel = next(iter(list_of(member(body, "items"))), None)
        identity, snippet = optional_id(member(channel, "id")), member(channel, "snippet")
        if identity is None:
            return Health(Condition.DENIED, detail="This Google account has no channel: sign in as the channel's own.")
        handle = one_line(text_in(member(snippet, "customUrl"))) or one_line(text_in(member(snippet, "title")))
        return Health(Condition.OK, identity, handle or identity, VENUE, LONGEST)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _youtube_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        """Return the first comment with all its answers: YouTube's threads are one level deep."""
        asking = Asking(call)
        root_id = _root_of(asking, post_id)
        talk = asking.talk(root_id)
        if talk.is_whole:
            return Thread(root_id, rooted([talk.first, *talk.answers], root_id))
        answers, _, is_whole = asking.answers(root_id, video_in(talk.first.url), most=_WHOLE_THREAD)
        return Thread(root_id, rooted([talk.first, *answers], root_id), truncated=not is_whole)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read fifty at once. What is left out of the answer was deleted."""
        posts, raw, unread = Asking(call).by_ids(must_be_ids(post_ids))
        return tuple(_state(one, posts.get(one), raw.get(one), one in unread) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        del call
        if not post.is_public:
            return No(
                "youtube.open_to_all",
                "Only what is open to all is answered; the API answers no private comment.",
                _INSERT,
            )
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(_length(self.render(text, context)), context.max_length or LONGEST)

    def render(self, text: str, context: ReplyContext) -> str:
        """Answers to an answer stand in one row below the first comment: only a name says whom we mean."""
        text = _BLANKS.sub("", clean(text.replace("\r\n", "\n").replace("\r", "\n"))).strip()
        handle = context.parent.author.handle
        if context.parent.parent_id is None or not _HANDLE.fullmatch(handle) or text.startswith(handle):
            return text
        return f"{handle} {text}"

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Answer below the first comment of the thread, once."""
        if _length(intent.text) > LONGEST:
            return _too_long()
        root_id = intent.parent.root_id or intent.parent.parent_id or intent.parent.id
        body = {"snippet": {"parentId": root_id, "textOriginal": intent.text}}
        answer = YOUTUBE.write(call, "POST", "/youtube/v3/comments", {"part": "snippet"}, body)
        return _written(answer, intent.parent.url) if isinstance(answer, Answer) else answer

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        root_id = intent.parent.root_id or intent.parent.parent_id or intent.parent.id
        since = intent.attempted_at - CLOCK_SKEW
        try:
            answers, _, _ = Asking(call).answers(root_id, video_in(intent.parent.url), most=_WHOLE_THREAD)
        except ConnectorError as error:
            if error.fault is Fault.GONE:
                return None
            raise
        for post in answers:
            if post.is_own and post.created_at >= since and same(post.text, intent.text):
                return Receipt(post.id, post.url, post.created_at)
        return None

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        if _length(text) > LONGEST:
            return _too_long()
        if optional_id(post_id) is None:
            return Rejected(Fault.INVALID, "This is no id of a comment.")
        body = {"id": post_id, "snippet": {"textOriginal": text}}
        answer = YOUTUBE.write(call, "PUT", "/youtube/v3/comments", {"part": "snippet"}, body)
        return _written(answer, "") if isinstance(answer, Answer) else answer

    def delete(self, call: Call, post_id: str) -> Outcome:
        if optional_id(post_id) is None:
            return Rejected(Fault.INVALID, "This is no id of a comment.")
        answer = YOUTUBE.write(call, "DELETE", "/youtube/v3/comments", {"id": post_id})
        if isinstance(answer, Answer) or (isinstance(answer, Rejected) and answer.fault is Fault.GONE):
            return Posted(Receipt(post_id))
        return answer

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        """Return likes and answers of each, or that it was taken away; threads are read once, however many of ours."""
        asking = Asking(call)
        posts, raw, unread = asking.by_ids(must_be_ids(post_ids))
        threads: dict[str, list[Post]] = {}
        signals: list[Signal] = []
        for one in post_ids:
            ours = posts.get(one)
            if ours is None or not ours.is_public:
                still_there = one in unread or _waits(ours, raw.get(one))
                signals += [] if still_there else [Signal(SignalKind.REMOVED, one)]
                continue
            root_id = ours.root_id or one
            if root_id not in threads:
                threads[root_id] = asking.answers(root_id, "")[0]
            signals.append(Signal(SignalKind.LIKES, one, count_of(member(member(raw[one], "snippet"), "likeCount"))))
            signals += [Signal(SignalKind.ANSWERED, one, post=post) for post in _after(ours, threads[root_id])]
        return tuple(signals)


def _root_of(asking: Asking, post_id: str) -> str:
    posts, _, _ = asking.by_ids(must_be_ids([post_id]))
    if post_id not in posts:
        raise ConnectorError(Fault.GONE, "YouTube no longer shows this comment.")
    return posts[post_id].root_id or post_id


def _after(ours: Post, answers: list[Post]) -> list[Post]:
    return [post for post in answers if not post.is_own and post.is_public and post.created_at >= ours.created_at]


def _state(post_id: str, post: Post | None, raw: Json, is_unread: bool) -> PostState:
    """Say what became of a comment. One of ours that still waits for the channel's owner is there, and not public."""
    if post is None:
        return PostState(post_id, PostStatus.LIVE if is_unread else PostStatus.DELETED)
    if not post.is_public:
        return PostState(post_id, PostStatus.LIVE) if _waits(post, raw) else PostState(post_id, PostStatus.HIDDEN, post)
    return PostState(post_id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)


def _waits(post: Post | None, raw: Json) -> bool:
    return post is not None and post.is_own and _status(raw) in _HELD


def _status(raw: Json) -> str:
    return text_in(member(member(raw, "snippet"), "moderationStatus"))


def _written(answer: Answer, beside: str) -> Outcome:
    """Read the receipt of a comment that was just written; on other channels it may be held for review."""
    identity = optional_id(member(answer.body, "id"))
    if identity is None:
        return Unknown(f"YouTube answered {answer.status}, but with no receipt that can be read.")
    receipt = Receipt(identity, address_of(video_in(beside), identity))
    if _status(answer.body) in _HELD:
        return PendingRemote(receipt, "The channel's owner sees it first.")
    post = _read(answer.body)
    if post is None:
        return Posted(receipt)
    return Posted(Receipt(identity, receipt.url or post.url, post.created_at), post.text or None)


def _read(body: Json) -> Post | None:
    try:
        return Reader("").comment(body)
    except Unreadable:
        return None


def _too_long() -> Rejected:
    return Rejected(Fault.TOO_LONG, f"A comment holds {LONGEST} characters; this one has more.")


def _length(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
