"""LinkedIn: comments below our organisation's posts, and answers by the organisation."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from connectors import _linkedin_sources
from connectors._conversation import rooted
from connectors._line import Answer
from connectors._linkedin_parse import Ref, likes_of, ref_in
from connectors._linkedin_sources import answers_below, reader
from connectors._linkedin_wire import VERSION, WIRE, ask, comments_path, organization_of, write
from connectors._reading import Json, Unreadable, member, text_in
from connectors._text import clean, one_line, same
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

LONGEST = 1_250
"""What a comment holds. LinkedIn does not say what it counts: UTF-16 units are never fewer than its characters."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far LinkedIn's clock and ours may be apart."""

_WHOLE_THREAD = 60
_BLANKS = re.compile(r"[ \t]+(?=\n|$)")

_COMMENTS = "https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api"
_STORAGE = "https://learn.microsoft.com/en-us/linkedin/marketing/data-storage-requirements"
_RESTRICTED = "https://learn.microsoft.com/en-us/linkedin/marketing/restricted-use-cases"
_TERMS = "https://www.linkedin.com/legal/l/marketing-api-terms"

SPEC = Spec(
    name="linkedin",
    title="LinkedIn",
    capabilities=frozenset(
        {
            Capability.FEED,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
            Capability.HANDOFF,
        }
    ),
    identities=frozenset({Identity.BRAND}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(minutes=1),
    policy=Policy(
        purge_within=timedelta(hours=24),
        sources=(_TERMS, _RESTRICTED, _STORAGE, _COMMENTS),
    ),
    secrets={
        "access_token": "An OAuth access token of an administrator of the page, of an app with the product Community "
        "Management API, for r_organization_social, w_organization_social and r_organization_admin. It lasts 60 days.",
    },
    options={
        "organization": "The number of the company's page, as in linkedin.com/company/12345/admin.",
        "version": f"The version of the API, as year and month, when it shall be another than {VERSION}.",
    },
)


class LinkedInConnector:
    """Speaks for one organisation per account. The public sees its page as the author, whoever approved."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            organization = organization_of(call)
            body = ask(call, f"/rest/organizations/{organization.rpartition(':')[2]}", {}).body
        except ConnectorError as error:
            return WIRE.health(error)
        name = one_line(text_in(member(body, "vanityName")) or text_in(member(body, "localizedName")))
        if not name:
            return Health(Condition.DOWN, detail="LinkedIn did not say which organisation we are.")
        return Health(Condition.OK, organization, name, f"linkedin.com/{organization}", LONGEST)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _linkedin_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        """Return the first comment with its answers: LinkedIn's threads are one level deep."""
        asked = _comment(call, post_id)[0]
        root_id = asked.root_id or asked.id
        root = asked if root_id == asked.id else _comment(call, root_id)[0]
        answers, _, is_whole = answers_below(call, root_id, most_pages=_WHOLE_THREAD)
        return Thread(root_id, rooted([root, *answers], root_id), truncated=not is_whole)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        return tuple(_state(call, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not post.is_public:
            return No("linkedin.open_to_all", "Only what is open to all is answered from a team.", _TERMS)
        organization = call.options.get("organization") or call.account_id
        if post.venue.rpartition(":")[2] != organization.strip().rpartition(":")[2] or Ref.of(post.id) is None:
            reason = "An organisation may comment through the API only below its own posts: somebody answers by hand."
            return Handoff(post.url, "linkedin.own_posts_only", reason, _COMMENTS)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(_length(self.render(text, context)), context.max_length or LONGEST)

    def render(self, text: str, context: ReplyContext) -> str:
        """LinkedIn shows plain text, and notifies whom we answer without a mention."""
        del context
        return _BLANKS.sub("", clean(text.replace("\r\n", "\n").replace("\r", "\n"))).strip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Comment below the first comment of the thread, once."""
        if _length(intent.text) > LONGEST:
            return _too_long()
        try:
            root, actor = _must_be_ref(_root_id(intent.parent)), organization_of(call)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        body = {"actor": actor, "object": root.about, "parentComment": root.id, "message": {"text": intent.text}}
        answer = write(call, "POST", comments_path(root.id), {}, body)
        if not isinstance(answer, Answer):
            return answer
        receipt = _receipt(answer, root)
        return receipt or Unknown(f"LinkedIn answered {answer.status}, but with no receipt that can be read.")

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        since = intent.attempted_at - CLOCK_SKEW
        try:
            answers, _, _ = answers_below(call, _must_be_ref(_root_id(intent.parent)).id, most_pages=_WHOLE_THREAD)
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
        return self._changed(call, post_id, "POST", {"patch": {"message": {"$set": {"text": text}}}})

    def delete(self, call: Call, post_id: str) -> Outcome:
        outcome = self._changed(call, post_id, "DELETE", None)
        is_gone = isinstance(outcome, Rejected) and outcome.fault is Fault.GONE
        return Posted(Receipt(post_id)) if is_gone else outcome

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        return tuple(signal for one in post_ids for signal in _signals(call, one))

    def _changed(self, call: Call, post_id: str, method: str, body: Json) -> Outcome:
        try:
            ref, actor = _must_be_ref(post_id), organization_of(call)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        path = comments_path(ref.about, ref.number)
        answer = write(call, method, path, {"actor": actor}, body, updates=body is not None)
        return Posted(Receipt(post_id, ref.url)) if isinstance(answer, Answer) else answer


def _comment(call: Call, post_id: str) -> tuple[Post, Json]:
    """Read one comment, and its raw self; raises `ConnectorError`."""
    ref = _must_be_ref(post_id)
    raw = ask(call, comments_path(ref.about, ref.number), {}).body
    try:
        post = reader(call).comment(raw)
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, "LinkedIn sent a comment that cannot be read.") from error
    if post.id != post_id:
        raise ConnectorError(Fault.TRANSIENT, "LinkedIn sent another comment than we asked for.")
    return post, raw


def _state(call: Call, post_id: str) -> PostState:
    try:
        post, _ = _comment(call, post_id)
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return PostState(post_id, PostStatus.DELETED)
        raise
    return PostState(post_id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)


def _signals(call: Call, post_id: str) -> list[Signal]:
    """Return what followed a comment of ours: likes, answers, or that it was taken away."""
    try:
        ours, raw = _comment(call, post_id)
        answers, _, _ = answers_below(call, ours.root_id or ours.id)
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return [Signal(SignalKind.REMOVED, post_id)]
        raise
    after = [post for post in answers if not post.is_own and post.created_at >= ours.created_at]
    likes = Signal(SignalKind.LIKES, post_id, likes_of(raw))
    return [likes, *(Signal(SignalKind.ANSWERED, post_id, post=post) for post in after)]


def _receipt(answer: Answer, root: Ref) -> Posted | None:
    """Read which comment was made: from the answer's body, else from its header."""
    number = answer.headers.get("x-restli-id", "")
    ref = ref_in(answer.body) or Ref.of(number) or Ref.of(Ref(root.about, number).id)
    if ref is None or ref == root:
        return None
    text = text_in(member(member(answer.body, "message"), "text"))
    return Posted(Receipt(ref.id, ref.url), text or None)


def _root_id(parent: Post) -> str:
    return parent.root_id or parent.parent_id or parent.id


def _must_be_ref(post_id: str) -> Ref:
    ref = Ref.of(post_id)
    if ref is None:
        raise ConnectorError(Fault.INVALID, "This is no name of a comment on LinkedIn.")
    return ref


def _too_long() -> Rejected:
    return Rejected(Fault.TOO_LONG, f"A comment holds {LONGEST} characters; this one has more.")


def _length(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
