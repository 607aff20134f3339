"""Discourse forums: mentions, searches, tags, categories and topics, webhooks, and replies from a click."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from connectors import _discourse_pending, _discourse_sources, _discourse_topic, _discourse_webhook
from connectors._discourse_parse import is_gone, number_of, text_of
from connectors._discourse_states import States
from connectors._discourse_text import as_public, as_source
from connectors._discourse_wire import WIRE, checked_id, home_of, host_of, read, write
from connectors._line import Answer
from connectors._reading import (
    Json,
    Unreadable,
    count_of,
    id_of,
    member,
    optional_id,
    optional_time,
    text_in,
)
from connectors.base import (
    Call,
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    Delivery,
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
    Spec,
    Thread,
    Unknown,
    Yes,
)

USUAL_LENGTH = 32_000
"""What a forum takes whose settings cannot be read."""

_DOCUMENTATION = "https://docs.discourse.org/"
_LIMITS = "https://meta.discourse.org/t/available-settings-for-global-rate-limits-and-throttling/78612"
_WEBHOOKS = "https://meta.discourse.org/t/configure-webhooks-that-trigger-on-discourse-events/49045"

SPEC = Spec(
    name="discourse",
    title="Discourse",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.SEARCH,
            Capability.HASHTAG,
            Capability.FEED,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
            Capability.WEBHOOK,
            Capability.HANDOFF,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.SERVER_REFUSAL,
    settle=timedelta(seconds=30),
    policy=Policy(
        opt_out_words=frozenset({"stop", "unsubscribe"}),
        purge_within=timedelta(hours=24),
        sources=(_DOCUMENTATION, _LIMITS, _WEBHOOKS, "each forum's own guidelines, /faq, and terms, /tos"),
    ),
    secrets={
        "api_key": "Admin → API → New API key: user level “Single user”, the account that replies; scope “Global”, "
        "since no narrower one lets a key read its own notifications.",
        "webhook_secret": "Only for webhooks: Admin → API → Webhooks → Secret, as you set it there.",
    },
    options={
        "username": "The user name of the account that replies, when the key is for all users.",
        "closed_categories": "Categories, by the path in their address (support/printers), in which nobody answers.",
        "handoff_categories": "Categories whose rules ask that a person posts by hand.",
    },
    optional_secrets=frozenset({"webhook_secret"}),
)


class DiscourseConnector:
    """Speaks to one forum per call, over plain HTTP."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """Who are we there? Only a dead key is refused its own session, in whatever language the forum says so."""
        try:
            person = member(read(call, "/session/current.json"), "current_user")
        except ConnectorError as error:
            refused = error.fault in (Fault.AUTH, Fault.FORBIDDEN_BY_POLICY)
            condition = Condition.REAUTH if refused else WIRE.health(error).condition
            return Health(condition, venue=host_of(call), detail=error.detail)
        identity, name = id_of(person), text_in(member(person, "username"))
        if identity is None or not name:
            return Health(Condition.DOWN, venue=host_of(call), detail=f"{host_of(call)} did not say who we are.")
        return Health(Condition.OK, identity, name, host_of(call), _longest(call))

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _discourse_sources.fetch(call, followed, cursor)

    def receive(self, call: Call, delivery: Delivery) -> tuple[Post, ...]:
        """Check the signature of a webhook's request and return its post; raises `ConnectorError(AUTH)`."""
        return _discourse_webhook.receive(call, delivery)

    def delivery_id(self, delivery: Delivery) -> str:
        """Discourse signs no id, so a delivery is known by its whole body, which names the post and its last change."""
        return hashlib.sha256(delivery.body).hexdigest()

    def thread(self, call: Call, post_id: str) -> Thread:
        return _discourse_topic.thread(call, post_id)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read each alone: Discourse reads many at once only within one topic."""
        states = States(call)
        return tuple(states.of(one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not post.is_public:
            return No(
                "discourse.open_to_all", "Only posts that are open to all are answered from a team.", _DOCUMENTATION
            )
        path = post.venue.partition("/c/")[2].casefold()
        if path and path in _categories(call, "closed_categories"):
            return No("discourse.closed_category", f"Nobody of ours answers in “{path}”.", f"https://{post.venue}")
        if path and path in _categories(call, "handoff_categories"):
            reason = f"The rules of “{path}” ask that a person posts by hand."
            return Handoff(post.url, "discourse.handoff_category", reason, f"https://{post.venue}")
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        """Count what is sent: signs that Markdown would swallow are written longer."""
        return Length(len(as_source(self.render(text, context))), context.max_length or USUAL_LENGTH)

    def render(self, text: str, context: ReplyContext) -> str:
        """Discourse itself shows whom we answer, and notifies them."""
        del context
        return as_public(text)

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Read where the parent stands now, since moderators move posts between topics; then post, once."""
        try:
            parent = read(call, f"/posts/{checked_id(intent.parent.id)}.json")
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        topic_id, number = optional_id(member(parent, "topic_id")), number_of(member(parent, "post_number"))
        if is_gone(parent):
            return Rejected(Fault.GONE, "Its author or a moderator took the post away.")
        if topic_id is None or number is None:
            return Rejected(Fault.TRANSIENT, "Discourse did not say in which topic the post stands.")
        body: dict[str, object] = {"raw": as_source(intent.text), "topic_id": topic_id}
        # As Discourse's own page does: an answer to the first post answers the topic.
        body |= {"reply_to_post_number": number} if number > 1 else {}
        answer = write(call, "POST", "/posts.json", body)
        return answer if isinstance(answer, Rejected | Unknown) else _posted(call, answer, topic_id, intent.text)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        """Look through our own posts in the parent's topic, then through what waits for its moderators."""
        return _discourse_pending.find(call, intent)

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        if _discourse_pending.is_pending(post_id):
            return Rejected(Fault.INVALID, "It still waits for the forum's moderators.")
        change = {"post": {"raw": as_source(text)}}
        try:
            answer = write(call, "PUT", f"/posts/{checked_id(post_id)}.json", change)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        if isinstance(answer, Rejected | Unknown):
            return answer
        post = member(answer.body, "post")
        receipt = _receipt(call, post)
        if receipt is None:
            return Unknown(f"Discourse answered {answer.status}, but with no receipt that can be read.")
        return Posted(receipt, _text(post))

    def delete(self, call: Call, post_id: str) -> Outcome:
        """Discourse refuses to delete twice with the same words as a foreign post, so a refusal is read up."""
        try:
            path = _discourse_pending.path_of(post_id) or f"/posts/{checked_id(post_id)}.json"
            outcome = write(call, "DELETE", path)
            if not isinstance(outcome, Rejected | Unknown):
                return Posted(Receipt(post_id))
            refused = isinstance(outcome, Rejected) and outcome.fault in (Fault.FORBIDDEN_BY_POLICY, Fault.GONE)
            if refused and States(call).of(post_id).status is PostStatus.DELETED:
                return Posted(Receipt(post_id))
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        return outcome

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        states = States(call)
        return tuple(signal for one in post_ids for signal in states.signals(one))


def _longest(call: Call) -> int | None:
    try:
        return count_of(member(read(call, "/site/settings.json"), "max_post_length")) or None
    except ConnectorError:
        return None


def _categories(call: Call, option: str) -> frozenset[str]:
    named = call.options.get(option, "").replace(",", " ").casefold().split()
    return frozenset(one.strip("/").removeprefix("c/") for one in named)


def _posted(call: Call, answer: Answer, topic_id: str, text: str) -> Outcome:
    if member(answer.body, "action") == "enqueued":
        return _discourse_pending.queued(answer.body, topic_id, text)
    receipt = _receipt(call, answer.body)
    if receipt is None:
        return Unknown(f"Discourse answered {answer.status}, but with no receipt that can be read.")
    return Posted(receipt, _text(answer.body))


def _receipt(call: Call, raw: Json) -> Receipt | None:
    identity, topic = id_of(raw), optional_id(member(raw, "topic_id"))
    if identity is None or topic is None:
        return None
    number = number_of(member(raw, "post_number"))
    url = f"{home_of(call)}/t/{topic}/{number}" if number else ""
    return Receipt(identity, url, optional_time(member(raw, "created_at")))


def _text(raw: Json) -> str | None:
    try:
        return text_of(raw)
    except Unreadable:
        return None
