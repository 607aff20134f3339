"""Instagram: comments below our media, media that tag us, mentions by webhook, and answers by our account."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from connectors import _instagram_nodes, _instagram_sources, _instagram_webhook
from connectors._graph_text import as_public, units
from connectors._graph_wire import VERSION_OPTION, node
from connectors._instagram_sources import GRAPH
from connectors._reading import id_of, member, optional_id, text_in
from connectors._text import one_line
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

LONGEST = 2_200
"""What a comment holds. Meta does not say what it counts: UTF-16 units are never fewer than its characters."""

MOST_HASHTAGS = 30

_REPLIES = "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment/replies"
_MENTIONS = "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentions"
_TERMS = "https://developers.facebook.com/terms/dfc_platform_terms/"
_POLICIES = "https://developers.facebook.com/devpolicy/"
_REVIEW = "https://developers.facebook.com/docs/instagram-platform/app-review"
_GUIDELINES = "https://help.instagram.com/477434105621119"
_HASHTAG = re.compile(r"(?<![\w&#])#\w*[^\W\d]\w*")

SPEC = Spec(
    name="instagram",
    title="Instagram",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.FEED,
            Capability.THREAD,
            Capability.REPLY,
            Capability.DELETE,
            Capability.METRICS,
            Capability.WEBHOOK,
            Capability.HANDOFF,
        }
    ),
    identities=frozenset({Identity.BRAND}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(seconds=30),
    policy=Policy(
        opt_out_words=frozenset({"stop", "unsubscribe"}),
        purge_within=timedelta(hours=24),
        sources=(_TERMS, _POLICIES, _REVIEW, _GUIDELINES, _REPLIES, _MENTIONS),
    ),
    secrets={
        "access_token": "App dashboard → Instagram → API setup with Instagram login → Generate token, with "
        "instagram_business_basic and instagram_business_manage_comments. It lives for 60 days.",
        "app_secret": "App dashboard → Instagram → Instagram app secret: it proves each request to be ours, and "
        "webhooks to be Meta's.",
    },
    options={
        "graph_version": VERSION_OPTION,
        "user_id": "The number of the Instagram account, when its token comes from a Facebook login.",
    },
    optional_secrets=frozenset({"app_secret"}),
)


class InstagramConnector:
    """Speaks for one professional account per call. The public sees the account as the author, whoever approved."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        named = call.options.get("user_id", "").strip()
        try:
            path, own_id = (node(named), "id") if named else ("/me", "user_id")
            person = GRAPH.read(call, path, {"fields": f"{own_id},username"}).body
        except ConnectorError as error:
            if error.fault is Fault.INVALID and "nonexisting field" in error.detail:
                return Health(Condition.DENIED, detail="This token is no professional Instagram account's.")
            return GRAPH.wire.health(error)
        identity = optional_id(member(person, own_id))
        handle = one_line(text_in(member(person, "username")))
        if identity is None or not handle:
            return Health(Condition.DOWN, detail="Instagram did not say who we are.")
        return Health(Condition.OK, identity, handle, f"instagram.com/{handle}", LONGEST)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _instagram_sources.fetch(call, followed, cursor)

    def receive(self, call: Call, delivery: Delivery) -> tuple[Post, ...]:
        """Check the signature of a webhook's request and return its posts; raises `ConnectorError(AUTH)`."""
        return _instagram_webhook.receive(call, delivery)

    def thread(self, call: Call, post_id: str) -> Thread:
        return _instagram_nodes.thread(call, post_id)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read each alone: of several at once one that is gone would fail all."""
        return tuple(_instagram_nodes.state_of(call, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not post.is_public:
            return No("instagram.open_to_all", "Only what is open to all is answered from a team.", _REPLIES)
        if post.venue != f"instagram.com/{call.handle}":
            reason = "Below other people's media we cannot read our own answer back, so a person posts it."
            return Handoff(post.url, "instagram.own_media_only", reason, _MENTIONS)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(units(self.render(text, context)), context.max_length or LONGEST)

    def render(self, text: str, context: ReplyContext) -> str:
        """Instagram shows plain text, and notifies whom we answer without a mention."""
        del context
        return as_public(text)

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Answer a comment, once. Instagram moves an answer to an answer up to the first comment."""
        if units(intent.text) > LONGEST:
            return Rejected(Fault.TOO_LONG, f"A comment holds {LONGEST} characters; this one has more.")
        if len(_HASHTAG.findall(intent.text)) > MOST_HASHTAGS:
            return Rejected(Fault.INVALID, f"A comment holds {MOST_HASHTAGS} hashtags; this one has more.")
        try:
            path = f"{node(intent.parent.id)}/replies"
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        answer = GRAPH.write(call, "POST", path, {"message": intent.text})
        if isinstance(answer, Rejected | Unknown):
            return answer
        identity = id_of(answer.body)
        if identity is None:
            return Unknown(f"Instagram answered {answer.status}, but with no receipt that can be read.")
        return Posted(Receipt(identity, intent.parent.url))

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        return _instagram_nodes.find_own_reply(call, intent)

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        del call, post_id, text
        return Rejected(Fault.INVALID, "Instagram lets nobody edit a comment: delete it and answer again.")

    def delete(self, call: Call, post_id: str) -> Outcome:
        return GRAPH.remove(call, post_id, lambda: _instagram_nodes.state_of(call, post_id))

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        return tuple(signal for one in post_ids for signal in _instagram_nodes.signals_of(call, one))
