"""Bluesky, and every server of its network: mentions, searches, feeds, threads, and replies to those who tagged us."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from connectors import _bluesky_sources
from connectors._bluesky_parse import VENUE, Reader, checked, handle_of, link_to, place_of, uri_of
from connectors._bluesky_record import put, record_of
from connectors._bluesky_text import GRAPHEMES, POST, is_key, length, made_at, new_key
from connectors._bluesky_thread import conversation, view_of, views_of
from connectors._bluesky_wire import POINTS_OF_A_POST, SESSION, WIRE, Talk, allowance
from connectors._conversation import rooted
from connectors._line import Answer
from connectors._reading import Json, Unreadable, count_of, is_mapping, list_of, member, optional_time, text_in
from connectors._text import clean, same
from connectors.base import (
    Allowance,
    Call,
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    DuplicateProtection,
    Fault,
    Followed,
    Handoff,
    Health,
    Identity,
    Length,
    No,
    Outcome,
    Page,
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

_AT_ONCE = 25
"""How many posts Bluesky looks up in one request."""

_SHOWN_WITHIN = timedelta(minutes=10)
"""How long a post of ours may take from our server to where all posts are shown."""

_RULES = "https://docs.bsky.app/docs/starter-templates/bots"
_GUIDELINES = "https://bsky.social/about/support/community-guidelines"

SPEC = Spec(
    name="bluesky",
    title="Bluesky",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.SEARCH,
            Capability.HASHTAG,
            Capability.FEED,
            Capability.THREAD,
            Capability.REPLY,
            Capability.DELETE,
            Capability.METRICS,
            Capability.HANDOFF,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.KEY,
    settle=timedelta(seconds=5),
    policy=Policy(
        summons_required=True,
        opt_out_words=frozenset({"stop", "unsubscribe"}),
        purge_within=timedelta(hours=24),
        sources=(_RULES, _GUIDELINES, "https://docs.bsky.app/docs/advanced-guides/rate-limits"),
    ),
    secrets={
        "identifier": "The account's e-mail address or handle, without the leading @.",
        "app_password": "bsky.app → Settings → Privacy and security → App passwords → Add. Never the account's own.",
    },
    renewed=frozenset({SESSION}),
)


class BlueskyConnector:
    """Speaks to the server of one account, through atproto."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            body = Talk(call).ask(lambda client: client.com.atproto.server.get_session()).body
        except ConnectorError as error:
            return WIRE.health(error)
        did, handle = text_in(member(body, "did")), handle_of(body)
        if not did or not handle:
            return Health(Condition.DOWN, venue=VENUE, detail="Bluesky did not say who we are.")
        if member(body, "active") is False:
            status = clean(text_in(member(body, "status")))[:40] or "not active"
            return Health(Condition.DENIED, did, handle, VENUE, detail=f"Bluesky says that the account is {status}.")
        return Health(Condition.OK, did, handle, VENUE, GRAPHEMES)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _bluesky_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        talk = Talk(call)
        found = conversation(talk, _address(post_id))
        posts, _ = Reader(talk.did).posts(found.views)
        known = {post.id for post in posts}
        is_whole = found.is_whole and all(post.parent_id is None or post.parent_id in known for post in posts)
        return Thread(found.root, rooted(posts, found.root), truncated=not is_whole)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read many at once; what is not shown is asked for alone before it is called gone.

        Bluesky does not tell that a post was edited: its new text is all there is to see.
        """
        talk = Talk(call)
        views = _views(talk, post_ids)
        return tuple(_shown(talk, views[one]) if one in views else _not_shown(talk, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        """Bluesky's rule for accounts that a program speaks through: answer those who tagged you, and nobody else."""
        if not post.is_public:
            return No("bluesky.open_to_all", "Only posts that are open to all are answered from a team.", _RULES)
        # Bluesky's compose link knows no parent: what is written there would be no reply. So it is the post itself.
        by_hand = link_to(post.id) if checked(post.id) else post.url
        if not call.account_id:
            return Handoff(by_hand, "bluesky.unknown_account", "We do not know yet who we are on Bluesky.", _RULES)
        us = call.account_id
        if us in post.mentioned or us in (_owner(post.id), _owner(post.parent_id or "")):
            return Yes()
        who = f"@{call.handle}" if call.handle else "this account"
        reason = f"Bluesky asks programs to answer only who tagged them: this post neither names nor answers {who}."
        return Handoff(by_hand, "bluesky.tagged", reason, _RULES)

    def measure(self, text: str, context: ReplyContext) -> Length:
        return length(self.render(text, context), context.max_length or GRAPHEMES)

    def render(self, text: str, context: ReplyContext) -> str:
        """Bluesky itself tells the author that they were answered: nothing is put before the text."""
        del context
        return clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        return new_key(intent_id, now)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Write one record under the intent's key, and only where none is: the same reply twice is one post."""
        if not is_key(intent.key) or clean(intent.text) != intent.text:
            return Rejected(Fault.INVALID, "This reply was not made for Bluesky.")
        talk = Talk(call)
        try:
            record = record_of(talk, intent, view_of(talk, _address(intent.parent.id)))
            uri = f"at://{talk.did}/{POST}/{intent.key}"
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        answer = talk.write(lambda client: put(client, uri, record))
        if isinstance(answer, Answer):
            return _posted(answer, uri, intent)
        if isinstance(answer, Rejected) and answer.fault is Fault.DUPLICATE:
            return self._there_already(call, intent) or answer
        return answer

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        """Look under the intent's key, on our own server: what is stored there is seen at once."""
        talk = Talk(call)
        uri = f"at://{talk.did}/{POST}/{intent.key}"
        value = _record(talk, uri) if is_key(intent.key) else None
        parent = member(member(member(value, "reply"), "parent"), "uri")
        if value is None or parent != intent.parent.id or not same(text_in(member(value, "text")), intent.text):
            return None
        return Receipt(uri, link_to(uri), optional_time(member(value, "createdAt")))

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        """A record can be overwritten, but nobody would see that it was: people's answers would stand under a text
        that they never read."""
        del call, post_id, text
        reason = "Bluesky shows nobody that a post was changed. Delete it and reply again."
        return Rejected(Fault.FORBIDDEN_BY_POLICY, reason)

    def delete(self, call: Call, post_id: str) -> Outcome:
        talk = Talk(call)
        try:
            place = place_of(_address(post_id))
            if place.did != talk.did:
                return Rejected(Fault.FORBIDDEN_BY_POLICY, "This post is not ours.")
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        named = {"repo": place.did, "collection": POST, "rkey": place.key}
        answer = talk.write(lambda client: client.com.atproto.repo.delete_record(named))
        if isinstance(answer, Rejected) and answer.fault is Fault.GONE:
            return Posted(Receipt(post_id))
        return Posted(Receipt(post_id), allowance=_points(answer, 1)) if isinstance(answer, Answer) else answer

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        talk = Talk(call)
        views = _views(talk, post_ids)
        return tuple(signal for one in post_ids for signal in _signals(talk, one, views.get(one)))

    def _there_already(self, call: Call, intent: ReplyIntent) -> Posted | None:
        try:
            receipt = self.find_own_reply(call, intent)
        except ConnectorError:
            return None
        return None if receipt is None else Posted(receipt, intent.text)


def _address(post_id: str) -> str:
    if (uri := checked(post_id)) is None:
        raise ConnectorError(Fault.INVALID, "This is no address of a post on Bluesky.")
    return uri


def _owner(post_id: str) -> str | None:
    return place_of(post_id).did if checked(post_id) else None


def _views(talk: Talk, post_ids: tuple[str, ...]) -> Mapping[str, Json]:
    """Return the posts that Bluesky shows us, by their address."""
    asked = [_address(one) for one in dict.fromkeys(post_ids)]
    found: dict[str, Json] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        found |= {uri: view for view in views_of(talk, some) if (uri := uri_of(view)) is not None}
    return found


def _shown(talk: Talk, view: Json) -> PostState:
    try:
        post = Reader(talk.did).post(view)
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, f"Bluesky sent a post that cannot be read. {error}") from error
    return PostState(post.id, PostStatus.LIVE, post) if post.is_public else PostState(post.id, PostStatus.HIDDEN)


def _not_shown(talk: Talk, post_id: str) -> PostState:
    """A record that is there but not shown is hidden: by a block, or by moderators. A new one of ours only is on
    its way."""
    if _record(talk, post_id) is None:
        return PostState(post_id, PostStatus.DELETED)
    place = place_of(post_id)
    made = made_at(place.key)
    is_new = made is not None and talk.call.now - made < _SHOWN_WITHIN
    return PostState(post_id, PostStatus.LIVE if is_new and place.did == talk.did else PostStatus.HIDDEN)


def _record(talk: Talk, uri: str) -> Json:
    """Return the record of a post as its server has it; none when there is none."""
    place = place_of(_address(uri))
    named = {"repo": place.did, "collection": POST, "rkey": place.key}
    try:
        value = member(talk.ask(lambda client: client.com.atproto.repo.get_record(named)).body, "value")
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return None
        raise
    if not is_mapping(value):
        raise ConnectorError(Fault.TRANSIENT, "Bluesky answered with something else than a record.")
    return value


def _posted(answer: Answer, uri: str, intent: ReplyIntent) -> Posted | Unknown:
    if member(answer.body, "uri") != uri or not text_in(member(answer.body, "cid")):
        return Unknown(f"Bluesky answered {answer.status}, but with no receipt that can be read.")
    receipt = Receipt(uri, link_to(uri), intent.attempted_at)
    return Posted(receipt, intent.text, _points(answer, POINTS_OF_A_POST))


def _points(answer: Answer, each: int) -> Allowance | None:
    """How many more writes of this kind the account has points for."""
    left = allowance(answer)
    return None if left is None else Allowance(left.remaining // each, left.resets_at)


def _signals(talk: Talk, post_id: str, view: Json) -> list[Signal]:
    if view is None:
        is_gone = _not_shown(talk, post_id).status is not PostStatus.LIVE
        return [Signal(SignalKind.REMOVED, post_id)] if is_gone else []
    if _shown(talk, view).status is PostStatus.HIDDEN:
        return [Signal(SignalKind.REMOVED, post_id)]
    likes, reposts, quotes, replies = (
        count_of(member(view, f"{name}Count")) for name in ("like", "repost", "quote", "reply")
    )
    counted = [Signal(SignalKind.LIKES, post_id, likes), Signal(SignalKind.SHARES, post_id, reposts + quotes)]
    return [*counted, *(_answers(talk, post_id) if replies else [])]


def _answers(talk: Talk, post_id: str) -> list[Signal]:
    asked = {"uri": post_id, "depth": 1, "parent_height": 0}
    answer = talk.ask(lambda client: client.app.bsky.feed.get_post_thread(asked))
    nodes = list_of(member(member(answer.body, "thread"), "replies"))
    posts, _ = Reader(talk.did).posts([member(one, "post") for one in nodes])
    return [Signal(SignalKind.ANSWERED, post_id, post=post) for post in posts if not post.is_own]
