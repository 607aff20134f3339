"""Reddit: our inbox, subreddits, searches and whole comment trees; off until its written approval is recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import praw

from connectors import _reddit_sources, _reddit_tree
from connectors._consent import CodeGrant
from connectors._consent import wire as consent_wire
from connectors._line import Answer, NoAnswer
from connectors._reading import Json, Unreadable, is_mapping
from connectors._reddit_parse import (
    Reader,
    bare_id,
    children_of,
    comment_text,
    data_of,
    edited_at,
    full_name,
    handle_of,
    name_of,
    status_of,
    subreddit_of,
    time_of,
)
from connectors._reddit_sources import in_order, link_of, look_up, must_be_name, own_name
from connectors._reddit_wire import SITE, USER_AGENT, allowance, ask, exchange, refused_within, verdict
from connectors._text import clean, same
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

LIMIT = 10_000
"""Characters that Reddit takes of a comment."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far Reddit's clock and ours may be apart when we look for a reply of ours."""

_PAGES_BACK = 10
_BUILDER_POLICY = "https://support.reddithelp.com/hc/en-us/articles/42728983564564 (Responsible Builder Policy)"

AUTHORIZATION = CodeGrant(
    wire=consent_wire("Reddit"),
    scopes="identity read history privatemessages submit edit",
    asks="to read its inbox, subreddits and history, and to comment when a person of ours has confirmed the text",
    authorize="/api/v1/authorize",
    token="/api/v1/access_token",  # noqa: S106
    revocation="/api/v1/revoke_token",
    site=SITE,
    app={
        "client_id": "reddit.com/prefs/apps → your approved web app → the line under its name.",
        "client_secret": "The same page: secret. Its redirect uri must be our callback address.",
    },
    more={"duration": "permanent"},
    basic=True,
    user_agent=USER_AGENT,
)
"""The refresh token stays; access tokens last an hour, and the connector fetches them in passing."""

SPEC = Spec(
    name="reddit",
    title="Reddit",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.SEARCH,
            Capability.FEED,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
            Capability.HANDOFF,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(seconds=30),
    policy=Policy(
        operator_approval_required=True,
        ai_approval_required=True,
        label_required=True,
        opt_out_words=frozenset({"stop", "unsubscribe", "opt out"}),
        purge_within=timedelta(hours=48),
        sources=(_BUILDER_POLICY, "https://redditinc.com/policies/data-api-terms", "each subreddit's own rules"),
    ),
    authorization=AUTHORIZATION,
    secrets={
        "client_id": "reddit.com/prefs/apps → your approved app → the line under its name.",
        "client_secret": "The same page: secret.",
        "refresh_token": "From the sign-in of the account that replies, duration permanent, "
        "scopes identity read history privatemessages submit edit.",
    },
    options={
        "platform_approval": "Reddit's written approval: who gave it, and when. Without it Reddit stays off.",
        "allowed_subreddits": "When set, the only subreddits in which we answer.",
        "closed_subreddits": "Subreddits in which nobody of ours answers.",
        "handoff_subreddits": "Subreddits whose rules ban bots: a person posts there by hand.",
    },
)


class RedditConnector:
    """Speaks to Reddit as one account, through PRAW."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """Who are we there? Asked without the approval too, since an account is connected before it is recorded."""
        try:
            body = ask(call, "api/v1/me").body
        except ConnectorError as error:
            conditions = {Fault.AUTH: Condition.REAUTH, Fault.FORBIDDEN_BY_POLICY: Condition.DENIED}
            return Health(conditions.get(error.fault, Condition.DOWN), venue="reddit.com", detail=error.detail)
        told = body if is_mapping(body) else {}
        identity, handle = bare_id(told.get("id")), handle_of(told.get("name"))
        if identity is None or not handle:
            return Health(Condition.DOWN, venue="reddit.com", detail="Reddit did not say who we are.")
        if told.get("is_suspended") is True:
            return Health(Condition.DENIED, f"t2_{identity}", handle, "reddit.com", detail="The account is suspended.")
        return Health(Condition.OK, f"t2_{identity}", handle, "reddit.com", LIMIT)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        _must_be_approved(call)
        return _reddit_sources.fetch(call, _reader(call), followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        _must_be_approved(call)
        return _reddit_tree.thread(call, _reader(call), link_of(call, must_be_name(post_id)), post_id)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Works without the approval as well: what was deleted upstream must go here, whatever became of it."""
        found = {name_of(thing): thing for thing in look_up(call, list(map(must_be_name, post_ids)))}
        return tuple(_state(_reader(call), one, found.get(one)) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not _is_approved(call):
            return No("reddit.platform_approval", _NOT_APPROVED, _BUILDER_POLICY)
        if not post.is_public:
            return No(
                "reddit.open_to_all", "Only posts that are open to all are answered from a team.", _BUILDER_POLICY
            )
        venue = subreddit_of(post)
        rules = f"https://www.reddit.com/r/{venue}/about/rules" if venue else _BUILDER_POLICY
        allowed = _subreddits(call, "allowed_subreddits")
        if venue in _subreddits(call, "closed_subreddits") or (allowed and venue not in allowed):
            reason = f"r/{venue} is not among the subreddits in which we answer."
            return No("reddit.closed_subreddit", reason, rules)
        if venue in _subreddits(call, "handoff_subreddits"):
            reason = f"r/{venue} bans automated accounts: a person posts there by hand."
            return Handoff(post.url, "reddit.handoff_subreddit", reason, rules)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(len(self.render(text, context)), context.max_length or LIMIT)

    def render(self, text: str, context: ReplyContext) -> str:
        """Reddit keeps Markdown as it was typed, and tells the author of the parent by itself."""
        del context
        return clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        parent, text = intent.parent.id, intent.text
        if not _is_approved(call):
            return Rejected(Fault.FORBIDDEN_BY_POLICY, _NOT_APPROVED)
        if full_name(parent) is None:
            return Rejected(Fault.INVALID, "This is no post on Reddit.")
        return _write(call, lambda reddit: _thing(reddit, parent).reply(text), _posted)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        path, after = f"user/{own_name(call)}/comments", ""
        for _ in range(_PAGES_BACK):
            further = {"after": after} if after else {}
            body = ask(call, path, sort="new", limit=100, **further).body
            things = children_of(body)
            if things is None:
                raise ConnectorError(Fault.TRANSIENT, "Reddit answered with something else than a listing.")
            for thing in things:
                if (receipt := _sought(thing, intent)) is not None:
                    return receipt
            previous, after = after, full_name((data_of(body) or {}).get("after")) or ""
            if after in ("", previous) or _all_before(things, intent):
                return None
        raise ConnectorError(Fault.TRANSIENT, "Reddit has too many newer comments of ours to look through.")

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        if full_name(post_id) is None:
            return Rejected(Fault.INVALID, "This is no post on Reddit.")
        return _write(call, lambda reddit: _thing(reddit, post_id).edit(text), _posted)

    def delete(self, call: Call, post_id: str) -> Outcome:
        if full_name(post_id) is None:
            return Rejected(Fault.INVALID, "This is no post on Reddit.")
        outcome = _write(
            call, lambda reddit: _thing(reddit, post_id).delete(), lambda answer, at: _deleted(answer, at, post_id)
        )
        if isinstance(outcome, Rejected) and outcome.fault is Fault.GONE:
            return Posted(Receipt(post_id))
        return outcome

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        found = {name_of(thing): thing for thing in look_up(call, list(map(must_be_name, post_ids)))}
        return tuple(signal for one in post_ids for signal in _signals(call, one, found.get(one)))


_NOT_APPROVED = "Reddit lets a business use its API only with Reddit's written approval. An admin records it first."


def _is_approved(call: Call) -> bool:
    return bool(call.options.get("platform_approval", "").strip())


def _must_be_approved(call: Call) -> None:
    if not _is_approved(call):
        raise ConnectorError(Fault.FORBIDDEN_BY_POLICY, _NOT_APPROVED)


def _reader(call: Call) -> Reader:
    return Reader(call.account_id, handle_of(call.handle))


def _subreddits(call: Call, option: str) -> frozenset[str]:
    names = call.options.get(option, "").replace(",", " ").casefold().split()
    return frozenset(name.strip("/").removeprefix("r/") for name in names)


def _thing(reddit: praw.Reddit, post_id: str) -> praw.models.Comment:
    """PRAW's comment or submission; both are replied to, edited and deleted alike."""
    kind, _, identity = post_id.partition("_")
    return cast(praw.models.Comment, reddit.comment(identity) if kind == "t1" else reddit.submission(identity))


def _state(reader: Reader, post_id: str, thing: Json) -> PostState:
    if thing is None:
        return PostState(post_id, PostStatus.DELETED)
    if (gone := status_of(thing)) is not None:
        return PostState(post_id, gone)
    try:
        post = reader.post(thing)
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, f"Reddit sent a post that cannot be read. {error}") from error
    if not post.is_public:
        return PostState(post_id, PostStatus.HIDDEN)
    return PostState(post_id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)


def _write(
    call: Call, operation: Callable[[praw.Reddit], object], judged: Callable[[Answer, datetime], Outcome]
) -> Outcome:
    """Send one request and say what became of it. Only what certainly never left, or was refused, is rejected."""
    try:
        answer = exchange(call, operation)
    except NoAnswer as error:
        return Unknown(str(error)) if error.sent else Rejected(error.fault, str(error))
    return judged(answer, call.now) if answer.is_success else verdict(answer, call)


def _posted(answer: Answer, now: datetime) -> Outcome:
    """Read the receipt first: Reddit may complain of its rate limit and have posted all the same."""
    inner = answer.body.get("json") if is_mapping(answer.body) else None
    data = data_of(inner) or {}
    things = data.get("things")
    thing = things[0] if isinstance(things, list) and things else None
    name = name_of(thing) or full_name(data.get("name")) or full_name(data.get("id"))
    name = name or (f"t1_{bare_id(data.get('id'))}" if bare_id(data.get("id")) else None)
    if name is None:
        return refused_within(answer, now) or Unknown(f"Reddit answered {answer.status}, but showed no comment.")
    inside = data_of(thing) or {}
    try:
        text, posted_at = comment_text(inside), time_of(inside.get("created_utc"))
    except Unreadable:
        return Posted(Receipt(name), allowance=allowance(answer, now))
    return Posted(Receipt(name, _address(inside), posted_at), text, allowance(answer, now))


def _deleted(answer: Answer, now: datetime, post_id: str) -> Outcome:
    if not is_mapping(answer.body):
        return Unknown(f"Reddit answered {answer.status}, but with nothing that can be read.")
    return refused_within(answer, now) or Posted(Receipt(post_id), allowance=allowance(answer, now))


def _address(data: object) -> str:
    link = data.get("permalink") if is_mapping(data) else None
    safe = isinstance(link, str) and link.startswith("/r/") and link.isprintable() and " " not in link
    return f"https://www.reddit.com{link}" if safe else ""


def _sought(thing: Json, intent: ReplyIntent) -> Receipt | None:
    """The receipt when this is the reply: same parent, same words, not before we tried."""
    name, data = name_of(thing), data_of(thing) or {}
    if name is None or full_name(data.get("parent_id")) != intent.parent.id:
        return None
    try:
        posted_at, text = time_of(data.get("created_utc")), comment_text(data)
    except Unreadable:
        return None
    if posted_at < intent.attempted_at - CLOCK_SKEW or not same(text, intent.text):
        return None
    return Receipt(name, _address(data), posted_at)


def _all_before(things: list[Json], intent: ReplyIntent) -> bool:
    times: list[datetime] = []
    for thing in things:
        try:
            times.append(time_of((data_of(thing) or {}).get("created_utc")))
        except Unreadable:
            continue
    return bool(times) and max(times) < intent.attempted_at - CLOCK_SKEW


def _signals(call: Call, post_id: str, thing: Json) -> list[Signal]:
    if thing is None or status_of(thing) is not None:
        return [Signal(SignalKind.REMOVED, post_id)]
    data = data_of(thing) or {}
    score = data.get("score")
    likes = score - 1 if isinstance(score, int) and not isinstance(score, bool) else 0
    signals = [Signal(SignalKind.LIKES, post_id, max(likes, 0))]
    if edited_at(data) is not None:
        signals.append(Signal(SignalKind.EDITED, post_id))
    link = full_name(data.get("link_id"))
    if link is None or not post_id.startswith("t1_"):
        return signals
    article, comment = link.removeprefix("t3_"), post_id.removeprefix("t1_")
    body = ask(call, f"comments/{article}", comment=comment, depth=2, limit=100, sort="old").body
    listing = children_of(body[1]) if isinstance(body, list) and len(body) == 2 else None
    ours = next((one for one in listing or [] if name_of(one) == post_id), None)
    posts, _ = _reader(call).posts(children_of((data_of(ours) or {}).get("replies")) or [])
    answers = (post for post in in_order(posts) if post.parent_id == post_id and not post.is_own)
    return [*signals, *(Signal(SignalKind.ANSWERED, post_id, post=post) for post in answers)]
