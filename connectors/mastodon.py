"""Mastodon, and every server that speaks its API: mentions, hashtags, searches, threads, and replies from a click."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from connectors._consent import CodeGrant
from connectors._consent import wire as consent_wire
from connectors._line import Answer, NoAnswer
from connectors._mastodon_parse import handle_of, text_of
from connectors._mastodon_sources import checked_id, fetch, reader, status_id, surroundings
from connectors._mastodon_text import length
from connectors._mastodon_wire import Client, allowance, ask, exchange, host_of, verdict
from connectors._reading import Json, Unreadable, count_of, id_of, is_mapping, time_of
from connectors._text import clean, plain, same, web_address
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

USUAL_LENGTH = 500
"""What an instance takes that was never asked."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far the clocks of an instance and ours may be apart when we look for a reply of ours."""

_AT_ONCE = 20
"""How many posts Mastodon reads in one request."""

_PAGES_BACK = 25
"""How many pages of our own posts we look through for one: more than Mastodon lets an account write in a day."""

_DOCUMENTATION = "https://docs.joinmastodon.org/methods/statuses/"

AUTHORIZATION = CodeGrant(
    wire=consent_wire("Mastodon"),
    scopes="read write:statuses",
    asks="to read what it can read, and to write posts when a person of ours has confirmed them",
    authorize="/oauth/authorize",
    token="/oauth/token",  # noqa: S106
    revocation="/oauth/revoke",
    registers="/api/v1/apps",
)
"""We register with each instance when somebody first connects there. PKCE counts since Mastodon 4.3."""

SPEC = Spec(
    name="mastodon",
    title="Mastodon",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.HASHTAG,
            Capability.SEARCH,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.KEY,
    settle=timedelta(seconds=30),
    policy=Policy(
        purge_within=timedelta(hours=24),
        opt_out_words=frozenset({"stop", "unsubscribe", "#nobot"}),
        sources=(_DOCUMENTATION, "the instance's own rules, /api/v1/instance/rules"),
    ),
    authorization=AUTHORIZATION,
    secrets={"access_token": "Preferences → Development → New application (read, write:statuses) → Your access token."},
    options={
        "visibility": "“unlisted” (the default: seen in the thread and on the profile) or “public” (in timelines too).",
        "handoff_instances": "Instances whose rules ask companies not to post by API: a person posts there by hand.",
        "closed_instances": "Instances whose people do not want companies to answer them at all.",
    },
)


class MastodonConnector:
    """Speaks to one instance per call, through Mastodon.py."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            account = ask(call, lambda client: client.account_verify_credentials()).body
        except ConnectorError as error:
            conditions = {Fault.AUTH: Condition.REAUTH, Fault.FORBIDDEN_BY_POLICY: Condition.DENIED}
            return Health(conditions.get(error.fault, Condition.DOWN), venue=host_of(call), detail=error.detail)
        identity = id_of(account)
        if identity is None or not is_mapping(account):
            return Health(Condition.DOWN, venue=host_of(call), detail=f"{host_of(call)} did not say who we are.")
        if account.get("suspended") is True:
            return Health(
                Condition.DENIED, identity, handle_of(account), host_of(call), detail="The account is suspended."
            )
        return Health(Condition.OK, identity, handle_of(account), host_of(call), _longest(call))

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        found = surroundings(call, status_id(call, post_id))
        posts, _ = reader(call).posts(found.statuses)
        root = id_of(found.statuses[0]) or post_id
        return Thread(root, tuple(replace(post, root_id=root) for post in posts), truncated=not found.is_whole)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read many at once; what is not among the answers is asked for alone before it is called gone."""
        known: dict[str, Post] = {}
        for start in range(0, len(post_ids), _AT_ONCE):
            known |= _read_together(call, post_ids[start : start + _AT_ONCE])
        return tuple(_state(known[one]) if one in known else _read_alone(call, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not post.is_public:
            return No(
                "mastodon.open_to_all", "Only posts that are open to all are answered from a team.", _DOCUMENTATION
            )
        venue = post.venue.casefold()
        if venue in _instances(call, "closed_instances"):
            reason = f"{post.venue} does not want companies to answer its people."
            return No("mastodon.closed_instance", reason, f"https://{post.venue}/about")
        if venue in _instances(call, "handoff_instances"):
            reason = f"The rules of {post.venue} ask that a person posts by hand."
            return Handoff(post.url, "mastodon.handoff_instance", reason, f"https://{post.venue}/about")
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(length(self.render(text, context)), context.max_length or USUAL_LENGTH)

    def render(self, text: str, context: ReplyContext) -> str:
        """Put the author's handle before the text: without it Mastodon tells nobody that they were answered."""
        body = clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
        handle = f"@{context.parent.author.handle.removeprefix('@')}"
        first = body.split(maxsplit=1)[0] if body else ""
        if context.parent.is_own or first.rstrip(",:").casefold() == handle.casefold():
            return body
        return f"{handle} {body}".rstrip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        visibility = "public" if call.options.get("visibility") == "public" else "unlisted"
        return _write(
            call,
            lambda client: client.status_post(
                intent.text, in_reply_to_id=intent.parent.id, visibility=visibility, idempotency_key=intent.key
            ),
        )

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        account = call.account_id or id_of(ask(call, lambda client: client.account_verify_credentials()).body)
        if account is None:
            raise ConnectorError(Fault.TRANSIENT, f"{host_of(call)} did not say who we are.")
        oldest = None
        for _ in range(_PAGES_BACK):
            answer = ask(call, _own_posts(checked_id(account), oldest))
            statuses = _listed(answer)
            if (receipt := _sought(statuses, intent)) is not None:
                return receipt
            if not statuses or _all_before(statuses, intent):
                return None
            previous, oldest = oldest, id_of(statuses[-1])
            if oldest in (None, previous):
                return None
        raise ConnectorError(Fault.TRANSIENT, f"{host_of(call)} has too many newer posts of ours to look through.")

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        return _write(call, lambda client: client.status_update(checked_id(post_id), text))

    def delete(self, call: Call, post_id: str) -> Outcome:
        outcome = _write(call, lambda client: client.status_delete(checked_id(post_id)), gone=Receipt(post_id))
        return replace(outcome, text=None) if isinstance(outcome, Posted) else outcome

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        return tuple(signal for post_id in post_ids for signal in _signals(call, checked_id(post_id)))


def _longest(call: Call) -> int | None:
    """Ask the instance for its limit: in its present form, else in the form that older servers know."""
    for version in ("v2", "v1"):
        try:
            answer = ask(call, _instance(version))
        except ConnectorError:
            continue
        value: Json = answer.body
        for name in ("configuration", "statuses", "max_characters"):
            value = value.get(name) if is_mapping(value) else None
        if count_of(value):
            return count_of(value)
    return None


def _instance(version: str) -> Callable[[Client], object]:
    return lambda client: client.instance_v2() if version == "v2" else client.instance_v1()


def _read_together(call: Call, post_ids: tuple[str, ...]) -> Mapping[str, Post]:
    """Read what can be read in one request; nothing on servers that do not know this request."""
    wanted = [checked_id(one) for one in post_ids]
    if len(wanted) < 2:
        return {}
    try:
        answer = ask(call, lambda client: client.statuses(list(wanted)))
    except ConnectorError as error:
        if error.fault in (Fault.GONE, Fault.INVALID):
            return {}
        raise
    posts, _ = reader(call).posts(answer.body if isinstance(answer.body, list) else [])
    return {post.id: post for post in posts}


def _read_alone(call: Call, post_id: str) -> PostState:
    try:
        body = ask(call, lambda client: client.status(checked_id(post_id))).body
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return PostState(post_id, PostStatus.DELETED)
        if error.fault is Fault.FORBIDDEN_BY_POLICY:
            return PostState(post_id, PostStatus.HIDDEN)
        raise
    try:
        return _state(reader(call).post(body))
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, f"{host_of(call)} sent a post that cannot be read. {error}") from error


def _state(post: Post) -> PostState:
    if not post.is_public:
        return PostState(post.id, PostStatus.HIDDEN)
    return PostState(post.id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)


def _instances(call: Call, option: str) -> frozenset[str]:
    return frozenset(call.options.get(option, "").replace(",", " ").casefold().split())


def _write(call: Call, operation: Callable[[Client], object], *, gone: Receipt | None = None) -> Outcome:
    """Send one request and say what became of it. Only what certainly never left, or was refused, is rejected."""
    try:
        answer = exchange(call, operation)
    except ConnectorError as error:
        return Rejected(error.fault, error.detail, error.retry_at)
    except NoAnswer as error:
        return Unknown(str(error)) if error.sent else Rejected(error.fault, str(error))
    if answer.is_success:
        return _posted(answer, call)
    judged = verdict(answer, call)
    if gone is not None and isinstance(judged, Rejected) and judged.fault is Fault.GONE:
        return Posted(gone, allowance=allowance(answer))
    return judged


def _posted(answer: Answer, call: Call) -> Outcome:
    receipt = _receipt(answer.body)
    if receipt is None:
        return Unknown(f"{host_of(call)} answered {answer.status}, but with no receipt that can be read.")
    try:
        text = text_of(answer.body) if is_mapping(answer.body) else None
    except Unreadable:
        text = None
    return Posted(receipt, text, allowance(answer))


def _receipt(status: Json) -> Receipt | None:
    identity = id_of(status)
    if identity is None or not is_mapping(status):
        return None
    try:
        posted_at = time_of(status.get("created_at"))
    except Unreadable:
        posted_at = None
    return Receipt(identity, web_address(status.get("url")) or web_address(status.get("uri")), posted_at)


def _own_posts(account: str, oldest: str | None) -> Callable[[Client], object]:
    return lambda client: client.account_statuses(account, exclude_reblogs=True, max_id=oldest, limit=40)


def _listed(answer: Answer) -> list[Json]:
    if not isinstance(answer.body, list):
        raise ConnectorError(Fault.TRANSIENT, "The server answered with something else than a list.")
    return answer.body


def _sought(statuses: list[Json], intent: ReplyIntent) -> Receipt | None:
    """The reply among our own posts: same parent, same words, not before we tried."""
    for status in statuses:
        if not is_mapping(status) or id_of({"id": status.get("in_reply_to_id")}) != intent.parent.id:
            continue
        receipt = _receipt(status)
        content = status.get("content")
        in_time = receipt is not None and receipt.posted_at is not None and receipt.posted_at >= _earliest(intent)
        if in_time and isinstance(content, str) and same(plain(content), intent.text):
            return receipt
    return None


def _all_before(statuses: list[Json], intent: ReplyIntent) -> bool:
    receipts = map(_receipt, statuses)
    times = [receipt.posted_at for receipt in receipts if receipt is not None and receipt.posted_at is not None]
    return bool(times) and max(times) < _earliest(intent)


def _earliest(intent: ReplyIntent) -> datetime:
    return intent.attempted_at - CLOCK_SKEW


def _signals(call: Call, post_id: str) -> list[Signal]:
    try:
        status = ask(call, lambda client: client.status(post_id)).body
        context = ask(call, lambda client: client.status_context(post_id)).body
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return [Signal(SignalKind.REMOVED, post_id)]
        raise
    signals: list[Signal] = []
    if is_mapping(status):
        signals.append(Signal(SignalKind.LIKES, post_id, count_of(status.get("favourites_count"))))
        signals.append(Signal(SignalKind.SHARES, post_id, count_of(status.get("reblogs_count"))))
        if status.get("edited_at"):
            signals.append(Signal(SignalKind.EDITED, post_id))
    after = context.get("descendants") if is_mapping(context) else None
    posts, _ = reader(call).posts(after if isinstance(after, list) else [])
    answers = (post for post in posts if post.parent_id == post_id and not post.is_own)
    return [*signals, *(Signal(SignalKind.ANSWERED, post_id, post=post) for post in answers)]
