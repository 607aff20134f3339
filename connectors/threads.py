"""Threads: answers to our posts, mentions, searches and topics, and answers by our profile."""

from datetime import datetime, timedelta
from uuid import UUID

from connectors import _threads_nodes, _threads_sources, _threads_webhook
from connectors._graph_text import as_public
from connectors._graph_wire import node
from connectors._line import Answer
from connectors._reading import id_of, member, text_in
from connectors._text import one_line
from connectors._threads_parse import counted
from connectors._threads_sources import GRAPH, VERSION, us
from connectors.base import (
    Allowance,
    Call,
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    Delivery,
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

LONGEST = 500
"""Characters of a post; an emoji counts as its bytes."""

_POSTS = "https://developers.facebook.com/docs/threads/posts"
_REPLIES = "https://developers.facebook.com/documentation/threads/retrieve-and-manage-replies/create-replies"
_LIMITS = "https://developers.facebook.com/docs/threads/overview"
_TERMS = "https://developers.facebook.com/terms/dfc_platform_terms/"
_POLICIES = "https://developers.facebook.com/devpolicy/"

SPEC = Spec(
    name="threads",
    title="Threads",
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
            Capability.WEBHOOK,
        }
    ),
    identities=frozenset({Identity.BRAND}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(seconds=60),
    policy=Policy(
        opt_out_words=frozenset({"stop", "unsubscribe"}),
        purge_within=timedelta(hours=24),
        sources=(_TERMS, _POLICIES, _LIMITS, _POSTS, _REPLIES),
    ),
    secrets={
        "access_token": "App dashboard → Use cases → Threads → User token generator, with threads_basic, "
        "threads_content_publish, threads_read_replies, threads_manage_replies, threads_manage_mentions, "
        "threads_keyword_search, threads_delete and threads_manage_insights. It lives for 60 days.",
        "app_secret": "App dashboard → App settings → Basic → Threads app secret: it proves each request to be ours, "
        "and webhooks to be Meta's.",
    },
    options={"graph_version": f"The version of the Threads API, when it shall be another than {VERSION}."},
    optional_secrets=frozenset({"app_secret"}),
)


class ThreadsConnector:
    """Speaks for one profile per call. The public sees the profile as the author, whoever approved."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            person = GRAPH.read(call, "/me", {"fields": "id,username"}).body
        except ConnectorError as error:
            return GRAPH.wire.health(error)
        identity, handle = id_of(person), one_line(text_in(member(person, "username")))
        if identity is None or not handle:
            return Health(Condition.DOWN, detail="Threads did not say who we are.")
        return Health(Condition.OK, identity, handle, "threads.com", LONGEST)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _threads_sources.fetch(call, followed, cursor)

    def receive(self, call: Call, delivery: Delivery) -> tuple[Post, ...]:
        """Check the signature of a webhook's request and return its posts; raises `ConnectorError(AUTH)`."""
        return tuple(post for post in _threads_webhook.receive(call, delivery) if post.is_public)

    def thread(self, call: Call, post_id: str) -> Thread:
        return _threads_nodes.thread(call, post_id)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        return tuple(_threads_nodes.state_of(call, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        """Whether the token may answer below other people's posts is known to Threads alone."""
        del call
        if not post.is_public:
            return No("threads.open_to_all", "Only what is open to all is answered from a team.", _REPLIES)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(counted(self.render(text, context)), context.max_length or LONGEST)

    def render(self, text: str, context: ReplyContext) -> str:
        """Threads shows plain text, and notifies whom we answer without a mention."""
        del context
        return as_public(text)

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Post it in one request: Threads publishes a text as soon as its container is made, when asked to.

        Posted is only what can be read as a post; a container that was not published stays in doubt.
        """
        if counted(intent.text) > LONGEST:
            return Rejected(Fault.TOO_LONG, f"A post holds {LONGEST} characters; this one has more.")
        try:
            left = _threads_nodes.replies_left(call)
            path = f"{us(call)}/threads"
            node(intent.parent.id)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        if left is not None and left.remaining == 0:
            return Rejected(Fault.RATE_LIMITED, "Threads publishes no more answers of ours today.", left.resets_at)
        form = {"media_type": "TEXT", "text": intent.text, "reply_to_id": intent.parent.id}
        answer = GRAPH.write(call, "POST", path, {**form, "auto_publish_text": "true"})
        return answer if isinstance(answer, Rejected | Unknown) else _posted(call, answer, intent, left)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        return _threads_nodes.find_own_reply(call, intent)

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        del call, post_id, text
        return Rejected(Fault.INVALID, "Threads' API edits no posts: delete it and answer again.")

    def delete(self, call: Call, post_id: str) -> Outcome:
        return GRAPH.remove(call, post_id, lambda: _threads_nodes.state_of(call, post_id))

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        return tuple(signal for one in post_ids for signal in _threads_nodes.signals_of(call, one))


def _posted(call: Call, answer: Answer, intent: ReplyIntent, left: Allowance | None) -> Outcome:
    identity = id_of(answer.body)
    if identity is None:
        return Unknown(f"Threads answered {answer.status}, but with no receipt that can be read.")
    try:
        post = _threads_nodes.read_node(call, identity)
    except ConnectorError as error:
        return Unknown(f"Threads took the text, but does not show it as a post: {error.detail}")
    if post.parent_id != intent.parent.id:
        return Unknown("Threads took the text, but does not show it as an answer to this post.")
    spent = None if left is None else Allowance(left.remaining - 1, left.resets_at)
    return Posted(Receipt(post.id, post.url, post.created_at), post.text, spent)
