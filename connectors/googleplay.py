"""Google Play: the reviews of one app, with their stars, and the developer's one answer below each."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from connectors._google import SERVICE_ACCOUNT, Google
from connectors._googleplay_parse import Reader, Review, is_ours, moment, path_of, reply_id, review_id
from connectors._line import Answer
from connectors._mark import Found, Mark, page_of
from connectors._reading import Json, Unreadable, list_of, member, optional_id, text_in
from connectors._text import clean, one_line, plain, same
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
    Skipped,
    SourceKind,
    Spec,
    Thread,
    Unknown,
    Yes,
)

LONGEST = 350
"""What an answer holds. Google does not say what it counts: UTF-16 units are never fewer than its characters."""

KEPT_FOR = timedelta(days=7)
"""The list holds what was written or changed within a week, and nothing older."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far Google's clock and ours may be apart."""

_AT_ONCE = 100
_MOST_PAGES = 10
"""So many pages are read at one look: an app may be asked 200 times an hour."""

_PACKAGE = re.compile(r"[A-Za-z]\w{0,99}(\.[A-Za-z]\w{0,99}){1,10}", re.ASCII)
_TAG = re.compile(r"<(/?[a-zA-Z!][^<>]*)>")
_BLANKS = re.compile(r"[ \t]+(?=\n|$)")

_REVIEWS = "https://developers.google.com/android-publisher/reply-to-reviews"
_REFERENCE = "https://developers.google.com/android-publisher/api-ref/rest/v3/reviews/reply"
_RATINGS = "https://support.google.com/googleplay/android-developer/answer/9898684"
_TERMS = "https://developers.google.com/terms"

PLAY = Google.of(
    "Google Play",
    "https://www.googleapis.com/auth/androidpublisher",
    words=((f"{LONGEST} characters", Fault.TOO_LONG), ("too long", Fault.TOO_LONG)),
    window=timedelta(hours=1),
)

SPEC = Spec(
    name="googleplay",
    title="Google Play",
    capabilities=frozenset({Capability.FEED, Capability.REPLY, Capability.EDIT, Capability.METRICS}),
    identities=frozenset({Identity.BRAND}),
    # A review has one answer: the same one sent again stands in its own place.
    duplicate_protection=DuplicateProtection.CLIENT_ID,
    settle=timedelta(seconds=30),
    policy=Policy(
        max_replies_per_interaction=1,
        purge_within=timedelta(hours=24),
        sources=(_REVIEWS, _REFERENCE, _RATINGS, _TERMS),
    ),
    secrets={
        SERVICE_ACCOUNT: "Google Cloud → IAM → Service accounts → Keys → Add key → JSON: the whole file. Then Play "
        "Console → Users and permissions → invite the account's address, with “Reply to reviews”.",
        "access_token": "An OAuth access token for the scope androidpublisher, where somebody else renews it.",
    },
    options={"package_name": "The app's package name, as in the address of its page: com.example.app."},
    renewed=frozenset({"access_token", "access_token_expires"}),
    optional_secrets=frozenset({SERVICE_ACCOUNT, "access_token"}),
)


class GooglePlayConnector:
    """Speaks for one app per account, named in the account's options."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """Ask for one review, which needs the same permission as all that we do."""
        try:
            package = _package(call)
            PLAY.ask(call, path_of(package), {"maxResults": "1"})
        except ConnectorError as error:
            return PLAY.wire.health(error)
        return Health(Condition.OK, package, package, f"play.google.com/{package}", LONGEST)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        """Walk back from the review that was changed last to where we stood; raises `ConnectorError`."""
        if followed.kind is not SourceKind.FEED:
            raise ConnectorError(Fault.INVALID, f"Google Play cannot follow a {followed.kind.value}.")
        mark = Mark.opened(cursor)
        found = _walked(call, mark)
        return page_of(found, mark, call.now)

    def thread(self, call: Call, post_id: str) -> Thread:
        """Return a review and our answer: there is never more."""
        review = _review(call, review_id(post_id))
        return Thread(review.post.id, tuple(post for post in (review.post, review.answer) if post is not None))

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Google does not say that a review was edited; its present stars and words do."""
        return tuple(_state(call, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not post.is_public:
            return No("googleplay.open_to_all", "Only what is open to all is answered from a team.", _REVIEWS)
        if post.venue != f"play.google.com/{call.options.get('package_name', call.account_id).strip()}":
            return No("googleplay.own_app_only", "A developer answers the reviews of their own app alone.", _REVIEWS)
        if post.is_own:
            return No("googleplay.one_answer", "A review has one answer: ours is changed, not answered.", _REFERENCE)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(_length(self.render(text, context)), context.max_length or LONGEST)

    def render(self, text: str, context: ReplyContext) -> str:
        """Google takes out what looks like an HTML tag: other brackets keep it."""
        del context
        text = clean(text.replace("\r\n", "\n").replace("\r", "\n"))
        return _BLANKS.sub("", _TAG.sub(r"‹\1›", text)).strip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Answer a review that has no answer: what a colleague wrote by hand would silently be replaced by ours."""
        if _length(intent.text) > LONGEST:
            return _too_long()
        try:
            review = _review(call, intent.parent.id)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        if review.answer is not None:
            what = "This review is answered already, and ours would replace that answer: change it instead."
            return Rejected(Fault.DUPLICATE, what)
        return _answered(call, intent.parent.id, intent.text)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        answer = _review(call, intent.parent.id).answer
        if answer is None or answer.created_at < intent.attempted_at - CLOCK_SKEW or not same(answer.text, intent.text):
            return None
        return Receipt(answer.id, answer.url, answer.created_at)

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        """A second answer takes the place of the first."""
        return _too_long() if _length(text) > LONGEST else _answered(call, review_id(post_id), text)

    def delete(self, call: Call, post_id: str) -> Outcome:
        del call, post_id
        what = "Google Play's API takes no answer back: change its text, or delete it by hand in the Play Console."
        return Rejected(Fault.FORBIDDEN_BY_POLICY, what)

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        """A review that was changed after our answer is its author's answer; `value` holds its stars."""
        return tuple(signal for one in post_ids if (signal := _signal(call, one)) is not None)


def _walked(call: Call, mark: Mark) -> Found:
    package = _package(call)
    reader, asked = Reader(package, call.handle), {"maxResults": str(_AT_ONCE)}
    found: list[Review] = []
    skipped: list[Skipped] = []
    reached, tokens = False, set[str]()
    for _ in range(_MOST_PAGES):
        body = PLAY.ask(call, path_of(package), asked).body
        reviews, unread = reader.reviews(_rows(body))
        found, skipped = found + reviews, skipped + unread
        token = text_in(member(member(body, "tokenPagination"), "nextPageToken"))
        stood = any(mark.is_past(review.post.created_at) for review in reviews)
        reached = not token or token in tokens or mark.after is None or stood
        if reached:
            break
        tokens.add(token)
        asked = {**asked, "token": token}
    is_kept = mark.after is None or mark.after > call.now - KEPT_FOR
    return Found([review.post for review in found], skipped, reached=reached and is_kept)


def _rows(body: Json) -> list[Json]:
    """Where there are no reviews Google leaves the list out."""
    rows = member(body, "reviews")
    if rows is not None and not isinstance(rows, list):
        raise ConnectorError(Fault.TRANSIENT, "Google Play answered with something else than a list of reviews.")
    return list_of(rows)


def _review(call: Call, identity: str) -> Review:
    """Read one review, however old; raises `ConnectorError`."""
    package = _package(call)
    if optional_id(identity) is None:
        raise ConnectorError(Fault.INVALID, "This is no id of a review.")
    body = PLAY.ask(call, path_of(package, identity), {}).body
    try:
        review = Reader(package, call.handle).review(body)
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, "Google Play sent a review that cannot be read.") from error
    if review.post.id != identity:
        raise ConnectorError(Fault.TRANSIENT, "Google Play sent another review than we asked for.")
    return review


def _found(call: Call, post_id: str) -> Review | None:
    try:
        return _review(call, review_id(post_id))
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return None
        raise


def _state(call: Call, post_id: str) -> PostState:
    review = _found(call, post_id)
    post = None if review is None else review.answer if is_ours(post_id) else review.post
    return PostState(post_id, PostStatus.DELETED if post is None else PostStatus.LIVE, post)


def _signal(call: Call, post_id: str) -> Signal | None:
    review = _found(call, post_id)
    if review is None or review.answer is None:
        return Signal(SignalKind.REMOVED, post_id)
    if review.post.created_at <= review.answer.created_at:
        return None
    return Signal(SignalKind.ANSWERED, post_id, value=review.stars, post=review.post)


def _answered(call: Call, identity: str, text: str) -> Outcome:
    try:
        path = f"{path_of(_package(call), identity)}:reply"
    except ConnectorError as error:
        return Rejected(error.fault, error.detail)
    if optional_id(identity) is None:
        return Rejected(Fault.INVALID, "This is no id of a review.")
    answer = PLAY.write(call, "POST", path, {}, {"replyText": text})
    if not isinstance(answer, Answer):
        return answer
    result = member(answer.body, "result")
    stored = text_in(member(result, "replyText"))
    if not stored:
        return Unknown(f"Google Play answered {answer.status}, but with no receipt that can be read.")
    receipt = Receipt(reply_id(identity), Reader(_package(call), "").address_of(identity), _edited(result))
    return Posted(receipt, plain(stored) if _TAG.search(stored) else stored)


def _edited(result: Json) -> datetime | None:
    try:
        return moment(member(result, "lastEdited"))
    except Unreadable:
        return None


def _package(call: Call) -> str:
    """Return the app that an account speaks for; raises `ConnectorError`."""
    package = (call.options.get("package_name") or call.account_id).strip()
    if not _PACKAGE.fullmatch(package):
        said = f"“{one_line(package)[:60]}” is no package name" if package else "The account names no app"
        raise ConnectorError(Fault.INVALID, f"{said}: set its option package_name, such as com.example.app.")
    return package


def _too_long() -> Rejected:
    return Rejected(Fault.TOO_LONG, f"An answer to a review holds {LONGEST} characters; this one has more.")


def _length(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
