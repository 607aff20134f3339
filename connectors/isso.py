"""Comments kept by Isso below the pages of a website: what people write there, and replies from a click."""

from datetime import datetime, timedelta
from uuid import UUID

from connectors import _isso_sources
from connectors._isso_parse import Comment, Ref, comment_of, moment_of
from connectors._isso_sources import comments_of, must_be_ref, reader
from connectors._isso_wire import KEPT, WIRE, Kept, change, host_of, our_email, our_name, read, send, site_of, view
from connectors._line import Answer
from connectors._reading import count_of, is_mapping, member, text_in
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

LIMIT = 65_535
"""Characters that Isso takes of a comment."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far the clocks of a website and ours may be apart when we look for a reply of ours."""

_DOCUMENTATION = "https://isso-comments.de/docs/reference/server-api/"
_TOO_LATE = "Isso lets a comment be changed only for a while after it was written. Ask whoever runs the website."

SPEC = Spec(
    name="isso",
    title="Isso",
    capabilities=frozenset(
        {
            Capability.FEED,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(seconds=10),
    policy=Policy(
        opt_out_words=frozenset({"stop", "unsubscribe"}),
        purge_within=timedelta(hours=24),
        sources=(_DOCUMENTATION, "https://isso-comments.de/docs/reference/server-config/", "the website's own rules"),
    ),
    secrets={"email": "An e-mail address of ours. Isso tells our comments by it, sends answers there, never shows it."},
    options={
        "author": "The name that stands above our comments.",
        "website": "The address behind that name.",
        "site": "The address of the website whose comments these are, when Isso lives elsewhere.",
        "closed_pages": "Pages, by their paths, below which nobody of ours answers.",
    },
    renewed=frozenset({KEPT}),
)


class IssoConnector:
    """Speaks to one Isso server per call, over plain HTTP."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """Isso knows no accounts: we are who we say we are, and well when its server answers."""
        try:
            our_email(call)
            name, venue = our_name(call), host_of(call)
            settings = member(read(call, "/config"), "config")
        except ConnectorError as error:
            return WIRE.health(error)
        if not is_mapping(settings):
            return Health(Condition.DOWN, detail="At this address is no Isso server.")
        return Health(Condition.OK, name, name, venue, LIMIT)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _isso_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        return _isso_sources.thread(call, post_id)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read each page once, whatever is asked of it."""
        refs = [must_be_ref(one) for one in post_ids]
        pages = {page: comments_of(call, page)[0] for page in dict.fromkeys(ref.page for ref in refs)}
        return tuple(_state(call, ref, pages[ref.page]) for ref in refs)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not post.is_public:
            return No(
                "isso.open_to_all", "Only comments that are open to all are answered from a team.", _DOCUMENTATION
            )
        ref = Ref.of(post.id)
        if ref is None:
            return No("isso.unknown_page", "We do not know on which page the comment stands.", _DOCUMENTATION)
        if ref.page in call.options.get("closed_pages", "").replace(",", " ").split():
            return No("isso.closed_page", f"Nobody of ours answers below {ref.page}.", post.url or _DOCUMENTATION)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(len(self.render(text, context)), context.max_length or LIMIT)

    def render(self, text: str, context: ReplyContext) -> str:
        """Isso shows HTML as it was typed, and reads Markdown."""
        del context
        return clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Look whether the parent still stands, since Isso would take the reply as a new comment; then post, once."""
        try:
            ref = must_be_ref(intent.parent.id)
            body = {"text": intent.text, "parent": ref.number, **_signature(call)}
            parent = _found(ref, comments_of(call, ref.page)[0])
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        if parent is None or not parent.is_there:
            return Rejected(Fault.GONE, "Its author or a moderator took the comment away.")
        answer = send(call, ref.page, body)
        return answer if isinstance(answer, Rejected | Unknown) else _posted(call, answer, ref.page)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        """Look on the parent's page. What waits for moderators is shown to nobody, and cannot be found."""
        ref = must_be_ref(intent.parent.id)
        comments, _ = comments_of(call, ref.page, plain=True)
        parent = _found(ref, comments)
        root = parent.root if parent is not None else ref.number
        own, earliest = reader(call), intent.attempted_at - CLOCK_SKEW
        for one in reversed(comments):
            is_here = one.parent == root and one.ref.written >= earliest.timestamp() * 1000
            if is_here and own.is_own(one) and same(text_in(one.raw.get("text")), intent.text):
                return _receipt(call, one.ref)
        return None

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        """Isso knows its author by the cookie that came with a comment; without it nobody may."""
        ref = Ref.of(post_id)
        cookie = Kept(call).cookie_of(ref.key) if ref else ""
        if ref is None or not cookie:
            return Rejected(Fault.FORBIDDEN_BY_POLICY, _TOO_LATE)
        try:
            body = {"text": text, **_signature(call)}
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        body.pop("email", None)
        answer = change(call, "PUT", ref.number, cookie, body)
        return _too_late(answer) if isinstance(answer, Rejected | Unknown) else _posted(call, answer, ref.page)

    def delete(self, call: Call, post_id: str) -> Outcome:
        """Isso breaks over a comment that is gone already, so whatever it refuses is looked up on the page."""
        ref = Ref.of(post_id)
        cookie = Kept(call).cookie_of(ref.key) if ref else ""
        if ref is None or not cookie:
            return Rejected(Fault.FORBIDDEN_BY_POLICY, _TOO_LATE)
        answer = change(call, "DELETE", ref.number, cookie, {})
        if not isinstance(answer, Rejected | Unknown):
            return Posted(Receipt(post_id))
        try:
            found = _found(ref, comments_of(call, ref.page)[0])
        except ConnectorError:
            return _too_late(answer)
        is_gone = (found is None or not found.is_there) and not Kept(call).was_held(ref.key)
        return Posted(Receipt(post_id)) if is_gone else _too_late(answer)

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        refs = [must_be_ref(one) for one in post_ids]
        pages = {page: comments_of(call, page)[0] for page in dict.fromkeys(ref.page for ref in refs)}
        return tuple(signal for ref in refs for signal in _signals(call, ref, pages[ref.page]))


def _signature(call: Call) -> dict[str, object]:
    """Who we are, as it goes with every comment."""
    told: dict[str, object] = {"author": our_name(call), "email": our_email(call)}
    website = web_address(call.options.get("website", "").strip())
    return {**told, "website": website} if website else told


def _found(ref: Ref, comments: list[Comment]) -> Comment | None:
    return next((one for one in comments if one.ref == ref), None)


def _state(call: Call, ref: Ref, comments: list[Comment]) -> PostState:
    found = _found(ref, comments)
    if found is None:
        return PostState(ref.id, PostStatus.LIVE if _still_waits(call, ref) else PostStatus.DELETED)
    posts, _ = reader(call).posts(comments)
    post = next((one for one in posts if one.id == ref.id), None)
    if not found.is_there:
        return PostState(ref.id, PostStatus.DELETED)
    if post is None:
        raise ConnectorError(Fault.TRANSIENT, "Isso sent a comment that cannot be read.")
    return PostState(ref.id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)


def _still_waits(call: Call, ref: Ref) -> bool:
    """Whether a comment of ours waits for moderators. Isso tells by our cookie; once that is too old, nobody knows."""
    kept = Kept(call)
    if not kept.was_held(ref.key):
        return False
    try:
        view(call, ref.number, kept.cookie_of(ref.key))
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return False
        if error.fault is not Fault.FORBIDDEN_BY_POLICY:
            raise
    return True


def _posted(call: Call, answer: Answer, page: str) -> Outcome:
    comment = comment_of(page, answer.body)
    if not isinstance(comment, Comment) or not is_mapping(answer.body):
        return Unknown(f"Isso answered {answer.status}, but with no receipt that can be read.")
    held = answer.body.get("mode") == 2
    Kept(call).keep(comment.ref.key, answer, mark=text_in(answer.body.get("hash")), held=held)
    receipt = _receipt(call, comment.ref)
    if held:
        return PendingRemote(receipt, "The website's moderators look at it first.")
    text = answer.body.get("text")
    return Posted(receipt, plain(text) if isinstance(text, str) else None)


def _too_late(refused: Rejected | Unknown) -> Rejected | Unknown:
    if isinstance(refused, Rejected) and refused.fault is Fault.FORBIDDEN_BY_POLICY:
        return Rejected(refused.fault, _TOO_LATE)
    return refused


def _receipt(call: Call, ref: Ref) -> Receipt:
    return Receipt(ref.id, web_address(f"{site_of(call)}{ref.page}#isso-{ref.number}"), moment_of(ref.written))


def _signals(call: Call, ref: Ref, comments: list[Comment]) -> list[Signal]:
    found = _found(ref, comments)
    if found is None or not found.is_there:
        gone = found is not None or not _still_waits(call, ref)
        return [Signal(SignalKind.REMOVED, ref.id)] if gone else []
    signals = [Signal(SignalKind.LIKES, ref.id, count_of(found.raw.get("likes")))]
    if found.raw.get("modified"):
        signals.append(Signal(SignalKind.EDITED, ref.id))
    later = {one.ref.id for one in comments if one.root == found.root and one.ref.written > ref.written}
    posts, _ = reader(call).posts(comments)
    answers = [post for post in posts if post.id in later and not post.is_own]
    return [*signals, *(Signal(SignalKind.ANSWERED, ref.id, post=post) for post in answers)]
