"""X: our mentions, searches and conversations, and replies where their author called us in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import tweepy

from connectors import _x_sources
from connectors._consent import CodeGrant, Homes
from connectors._consent import wire as consent_wire
from connectors._line import Answer, NoAnswer
from connectors._reading import Json, Unreadable, count_of, is_mapping, member, time_of
from connectors._x_parse import VENUE, Reader, checked, handle_of, id_of, newest_version, related, text_of
from connectors._x_sources import COST_OF_READING, FIELDS, lookup, must_be_id, own_id
from connectors._x_text import LIMIT, as_public, length, same
from connectors._x_wire import HOME, PUBLIC_SITES, allowance, ask, exchange, verdict
from connectors.base import (
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

CLOCK_SKEW = timedelta(minutes=2)
"""How far X's clock and ours may be apart when we look for a reply of ours."""

_AT_ONCE = 100
"""How many posts X looks up in one request."""

_PAGES_BACK = 10
"""How many pages of our own newest posts we look through for one: as many as X lets an account write in a day."""

_RULES = "https://docs.x.com/developer-guidelines"
_CHANGES = "https://docs.x.com/changelog (2026-02-23)"

AUTHORIZATION = CodeGrant(
    wire=consent_wire("X"),
    scopes="tweet.read tweet.write users.read offline.access",
    asks="to read what it can read, and to post when a person of ours has confirmed the text",
    authorize="/i/oauth2/authorize",
    token="/2/oauth2/token",  # noqa: S106
    revocation="/2/oauth2/revoke",
    site="https://x.com",
    app={
        "client_id": "console.x.com → your app → Keys and tokens → OAuth 2.0 Client ID.",
        "client_secret": "The same page: OAuth 2.0 Client Secret. The app must be a web app with our callback address.",
    },
    homes=Homes("https://x.com", HOME, PUBLIC_SITES),
    basic=True,
    renews=True,
)
"""Tokens last two hours, and a refresh token works once (docs.x.com/fundamentals/authentication/oauth-2-0)."""

SPEC = Spec(
    name="x",
    title="X",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.SEARCH,
            Capability.THREAD,
            Capability.REPLY,
            Capability.DELETE,
            Capability.METRICS,
            Capability.HANDOFF,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.SERVER_REFUSAL,
    settle=timedelta(seconds=30),
    policy=Policy(
        summons_required=True,
        ai_approval_required=True,
        max_replies_per_interaction=1,
        cross_account_duplicate_ban=True,
        opt_out_words=frozenset({"stop", "unsubscribe", "opt out"}),
        purge_within=timedelta(hours=24),
        cost_per_reply=Decimal("0.01"),
        cost_per_reply_with_link=Decimal("0.20"),
        cost_per_read=COST_OF_READING,
        sources=(_CHANGES, _RULES, "https://docs.x.com/developer-terms/policy", "https://docs.x.com/x-api/pricing"),
    ),
    authorization=AUTHORIZATION,
    secrets={
        "consumer_key": "console.x.com → your app → Keys and tokens → API Key.",
        "consumer_secret": "The same page: API Key Secret.",
        "access_token": "The same page: Access Token of the account that replies, with “Read and write”.",
        "access_token_secret": "The same page: Access Token Secret.",
    },
    options={
        "plan": "“enterprise” when your contract lets the account reply unasked; else only where it was called in."
    },
)


class XConnector:
    """Speaks to X as one account, through tweepy."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            person = member(ask(call, lambda client: client.get_me(user_auth=True)).body, "data")
        except ConnectorError as error:
            conditions = {Fault.AUTH: Condition.REAUTH, Fault.FORBIDDEN_BY_POLICY: Condition.DENIED}
            return Health(conditions.get(error.fault, Condition.DOWN), venue=VENUE, detail=error.detail)
        identity = id_of(person)
        if identity is None or not handle_of(person):
            return Health(Condition.DOWN, venue=VENUE, detail="X did not say who we are.")
        return Health(Condition.OK, identity, handle_of(person), VENUE, LIMIT)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _x_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        return _x_sources.thread(call, must_be_id(post_id))

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read many at once. An edit on X is a new post, so the newest version is read for those that were edited."""
        states: dict[str, PostState] = {}
        edited: dict[str, str] = {}
        for start in range(0, len(post_ids), _AT_ONCE):
            _read_together(call, post_ids[start : start + _AT_ONCE], states, edited)
        newer: dict[str, PostState] = {}
        versions = tuple(dict.fromkeys(edited.values()))
        for start in range(0, len(versions), _AT_ONCE):
            _read_together(call, versions[start : start + _AT_ONCE], newer, {})
        for post_id, version in edited.items():
            states[post_id] = _edited(post_id, newer[version])
        return tuple(states[one] for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        """X's rule is relative to the account: a post that names the brand does not let an employee's account in."""
        if not post.is_public:
            return No("x.open_to_all", "Only posts that are open to all are answered from a team.", _RULES)
        by_hand = f"https://x.com/intent/post?in_reply_to={post.id}" if checked(post.id) else post.url
        if not call.account_id:
            return Handoff(by_hand, "x.unknown_account", "We do not know yet who we are on X.", _CHANGES)
        is_ours = post.author.id == call.account_id
        if is_ours or call.account_id in post.mentioned or call.options.get("plan") == "enterprise":
            return Yes()
        who = f"@{call.handle}" if call.handle else "this account"
        reason = f"X lets {who} reply only where the author named it, or quoted it and left replies open to everyone."
        return Handoff(by_hand, "x.summoned", reason, _CHANGES)

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(length(self.render(text, context)), context.max_length or LIMIT)

    def render(self, text: str, context: ReplyContext) -> str:
        """X itself puts the name of whom we answer before a reply, outside of its text and its length."""
        del context
        return as_public(text)

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        parent = checked(intent.parent.id)
        if parent is None:
            return Rejected(Fault.INVALID, "This is no id on X.")
        return _write(call, lambda client: client.create_tweet(text=intent.text, in_reply_to_tweet_id=parent), _posted)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        """Look through our own newest posts; X shows its own short links there, with where they lead."""
        us, token = own_id(call), None
        since = (intent.attempted_at - CLOCK_SKEW).replace(microsecond=0)
        for _ in range(_PAGES_BACK):
            answer = ask(call, _own_posts(us, since, token))
            meta = member(answer.body, "meta")
            listed = member(answer.body, "data")
            if not isinstance(listed, list):
                if member(meta, "result_count") == 0:
                    return None
                raise ConnectorError(Fault.TRANSIENT, "X answered with something else than a list of posts.")
            for raw in listed:
                if (receipt := _sought(raw, intent)) is not None:
                    return receipt
            previous, token = token, member(meta, "next_token")
            if not isinstance(token, str) or token == previous:
                return None
        raise ConnectorError(Fault.TRANSIENT, "X has too many newer posts of ours to look through.")

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        del call, post_id, text
        return Rejected(Fault.FORBIDDEN_BY_POLICY, "X lets nobody edit a reply to others. Delete it and reply again.")

    def delete(self, call: Call, post_id: str) -> Outcome:
        if checked(post_id) is None:
            return Rejected(Fault.INVALID, "This is no id on X.")
        outcome = _write(call, lambda client: client.delete_tweet(post_id), lambda answer: _deleted(answer, post_id))
        if isinstance(outcome, Rejected) and outcome.fault is Fault.GONE:
            return Posted(Receipt(post_id))
        return outcome

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        signals: list[Signal] = []
        for start in range(0, len(post_ids), _AT_ONCE):
            asked = [must_be_id(one) for one in post_ids[start : start + _AT_ONCE]]
            reader = lookup(call, asked)
            found = {id_of(raw): raw for raw in reader.raw}
            withheld = _withheld(reader.body)
            for one in asked:
                signals += _counts(one, found[one]) if one in found else _removed(one, withheld)
                signals += _answers(call, one, found.get(one))
        return tuple(signals)


def _read_together(call: Call, post_ids: tuple[str, ...], states: dict[str, PostState], edited: dict[str, str]) -> None:
    """Note how each post is now; what X neither shows nor calls gone makes the whole answer worthless."""
    reader = lookup(call, [must_be_id(one) for one in dict.fromkeys(post_ids)])
    states |= {one: PostState(one, status) for one, status in _withheld(reader.body).items()}
    for raw in reader.raw:
        identity = id_of(raw)
        if identity not in post_ids:
            continue
        try:
            states[identity] = _state(reader.post(raw))
        except Unreadable as error:
            raise ConnectorError(Fault.TRANSIENT, f"X sent a post that cannot be read. {error}") from error
        if (version := newest_version(raw)) is not None and version != identity:
            edited[identity] = version
    if missing := [one for one in post_ids if one not in states]:
        raise ConnectorError(Fault.TRANSIENT, f"X did not say what became of {len(missing)} posts.")


def _withheld(body: Json) -> dict[str, PostStatus]:
    """What X says of posts that it does not show: gone, or hidden from us."""
    errors = member(body, "errors")
    told: dict[str, PostStatus] = {}
    for one in errors if isinstance(errors, list) else []:
        identity = checked(member(one, "resource_id")) or checked(member(one, "value"))
        kind = str(member(one, "type")).rpartition("/")[2]
        if identity is not None and member(one, "resource_type") in (None, "tweet"):
            if kind == "resource-not-found":
                told[identity] = PostStatus.DELETED
            elif kind == "not-authorized-for-resource":
                told[identity] = PostStatus.HIDDEN
    return told


def _state(post: Post) -> PostState:
    if not post.is_public:
        return PostState(post.id, PostStatus.HIDDEN)
    return PostState(post.id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)


def _edited(post_id: str, newest: PostState) -> PostState:
    """The state of a post whose newest version goes by another id: it stays the post that we know."""
    if newest.post is None:
        return PostState(post_id, newest.status)
    edited_at = newest.post.edited_at or newest.post.created_at
    return PostState(post_id, PostStatus.EDITED, replace(newest.post, id=post_id, edited_at=edited_at))


def _write(
    call: Call, operation: Callable[[tweepy.Client], object], judged: Callable[[Answer], Posted | Unknown]
) -> Outcome:
    """Send one request and say what became of it. Only what certainly never left, or was refused, is rejected."""
    try:
        answer = exchange(call, operation)
    except NoAnswer as error:
        return Unknown(str(error)) if error.sent else Rejected(error.fault, str(error))
    return judged(answer) if answer.is_success else verdict(answer, call)


def _posted(answer: Answer) -> Posted | Unknown:
    identity = id_of(member(answer.body, "data"))
    if identity is None:
        return Unknown(f"X answered {answer.status}, but with no receipt that can be read.")
    return Posted(Receipt(identity, f"https://x.com/i/status/{identity}"), allowance=allowance(answer))


def _deleted(answer: Answer, post_id: str) -> Posted | Unknown:
    if member(member(answer.body, "data"), "deleted") is not True:
        return Unknown(f"X answered {answer.status}, but did not say that the post is gone.")
    return Posted(Receipt(post_id), allowance=allowance(answer))


def _own_posts(us: str, since: datetime, token: Json) -> Callable[[tweepy.Client], object]:
    range_ = {"start_time": since, "max_results": _AT_ONCE, "exclude": ["retweets"]}
    further = {"pagination_token": token} if token else {}
    fields = {"tweet_fields": FIELDS["tweet_fields"]}
    return lambda client: client.get_users_tweets(us, user_auth=True, **range_, **further, **fields)


def _sought(raw: Json, intent: ReplyIntent) -> Receipt | None:
    """The receipt when this is the reply: same parent, same words, not before we tried."""
    identity = id_of(raw)
    if identity is None or not is_mapping(raw) or related(raw, "replied_to") != intent.parent.id:
        return None
    try:
        posted_at, text = time_of(raw.get("created_at")), text_of(raw)
    except Unreadable:
        return None
    if posted_at < intent.attempted_at - CLOCK_SKEW or not same(text, intent.text):
        return None
    return Receipt(identity, f"https://x.com/i/status/{identity}", posted_at)


def _counts(post_id: str, raw: Json) -> list[Signal]:
    metrics = member(raw, "public_metrics")
    shares = count_of(member(metrics, "retweet_count")) + count_of(member(metrics, "quote_count"))
    likes = Signal(SignalKind.LIKES, post_id, count_of(member(metrics, "like_count")))
    return [likes, Signal(SignalKind.SHARES, post_id, shares)]


def _removed(post_id: str, withheld: dict[str, PostStatus]) -> list[Signal]:
    return [Signal(SignalKind.REMOVED, post_id)] if post_id in withheld else []


def _answers(call: Call, post_id: str, raw: Json) -> list[Signal]:
    """What was said after our post: a search of its conversation, and only where X counts an answer, as it costs."""
    conversation = checked(member(raw, "conversation_id"))
    if conversation is None or not count_of(member(member(raw, "public_metrics"), "reply_count")):
        return []
    query = f"conversation_id:{conversation}"
    body = ask(
        call,
        lambda client: client.search_recent_tweets(query, since_id=post_id, max_results=100, user_auth=True, **FIELDS),
    ).body
    posts, _ = Reader(call.account_id, body).posts()
    answers = (post for post in posts if post.parent_id == post_id and not post.is_own)
    return [Signal(SignalKind.ANSWERED, post_id, post=post) for post in answers]
