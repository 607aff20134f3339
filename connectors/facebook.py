"""Facebook Pages: comments below our posts, visitors' posts, posts that tag us, and answers by the Page."""

from datetime import datetime, timedelta
from uuid import UUID

from connectors import _facebook_nodes, _facebook_sources, _facebook_webhook
from connectors._facebook_sources import GRAPH
from connectors._graph_text import as_public, units
from connectors._graph_wire import VERSION_OPTION, node
from connectors._reading import id_of, member, text_in
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

LONGEST = 8_000
"""What a comment holds. Meta does not say what it counts: UTF-16 units are never fewer than its characters."""

_COMMENTS = "https://developers.facebook.com/documentation/pages-api/comments-mentions"
_TERMS = "https://developers.facebook.com/terms/dfc_platform_terms/"
_POLICIES = "https://developers.facebook.com/devpolicy/"
_REVIEW = "https://developers.facebook.com/docs/app-review"
_SPAM = "https://transparency.meta.com/policies/community-standards/spam/"

SPEC = Spec(
    name="facebook",
    title="Facebook",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
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
    identities=frozenset({Identity.BRAND}),
    duplicate_protection=DuplicateProtection.SERVER_REFUSAL,
    settle=timedelta(seconds=30),
    policy=Policy(
        opt_out_words=frozenset({"stop", "unsubscribe"}),
        purge_within=timedelta(hours=24),
        sources=(_TERMS, _POLICIES, _REVIEW, _SPAM, _COMMENTS),
    ),
    secrets={
        "access_token": "The Page's access token: Meta Business Suite → System users → Generate token, with "
        "pages_read_engagement, pages_read_user_content, pages_manage_engagement; then GET /PAGE?fields=access_token.",
        "app_secret": "App dashboard → App settings → Basic → App secret: it proves each request to be ours, and "
        "webhooks to be Meta's.",
    },
    options={"graph_version": VERSION_OPTION},
    optional_secrets=frozenset({"app_secret"}),
)


class FacebookConnector:
    """Speaks for one Page per call. The public sees the Page as the author, whoever approved."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """Who are we there? Only a Page has a category: a person's token is told from a Page's by that."""
        try:
            page = GRAPH.read(call, "/me", {"fields": "id,name,username,category"}).body
        except ConnectorError as error:
            if error.fault is Fault.INVALID and "nonexisting field" in error.detail:
                return Health(Condition.DENIED, detail="This token is a person's: give the access token of the Page.")
            return GRAPH.wire.health(error)
        identity, name = id_of(page), one_line(text_in(member(page, "name")))
        if identity is None or not name:
            return Health(Condition.DOWN, detail="Facebook did not say which Page we are.")
        handle = one_line(text_in(member(page, "username"))) or name
        return Health(Condition.OK, identity, handle, f"facebook.com/{identity}", LONGEST)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _facebook_sources.fetch(call, followed, cursor)

    def receive(self, call: Call, delivery: Delivery) -> tuple[Post, ...]:
        """Check the signature of a webhook's request and return its posts; raises `ConnectorError(AUTH)`."""
        return _facebook_webhook.receive(call, delivery)

    def thread(self, call: Call, post_id: str) -> Thread:
        return _facebook_nodes.thread(call, post_id)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read each alone: of several at once one that is gone would fail all."""
        return tuple(_facebook_nodes.state_of(call, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        if not post.is_public:
            return No("facebook.open_to_all", "Only what is open to all is answered from a team.", _TERMS)
        if post.venue != f"facebook.com/{call.account_id}":
            reason = "A Page may comment through the API only on its own Page: somebody answers by hand, as the Page."
            return Handoff(post.url, "facebook.own_page_only", reason, _COMMENTS)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(units(self.render(text, context)), context.max_length or LONGEST)

    def render(self, text: str, context: ReplyContext) -> str:
        """Facebook shows plain text, and notifies whom we answer without a mention."""
        del context
        return as_public(text)

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Comment below what we answer, once. Facebook moves an answer to an answer up to the first comment."""
        if units(intent.text) > LONGEST:
            return Rejected(Fault.TOO_LONG, f"A comment holds {LONGEST} characters; this one has more.")
        try:
            path = f"{node(intent.parent.id)}/comments"
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        answer = GRAPH.write(call, "POST", path, {"message": intent.text})
        if isinstance(answer, Rejected | Unknown):
            return answer
        receipt = _facebook_nodes.receipt_in(answer.body)
        if receipt is None:
            return Unknown(f"Facebook answered {answer.status}, but with no receipt that can be read.")
        return Posted(receipt)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        return _facebook_nodes.find_own_reply(call, intent)

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        if units(text) > LONGEST:
            return Rejected(Fault.TOO_LONG, f"A comment holds {LONGEST} characters; this one has more.")
        return GRAPH.change(call, post_id, "POST", {"message": text})

    def delete(self, call: Call, post_id: str) -> Outcome:
        """Facebook refuses to delete what is gone with the same words as what is not ours, so a refusal is read up."""
        return GRAPH.remove(call, post_id, lambda: _facebook_nodes.state_of(call, post_id))

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        return tuple(signal for one in post_ids for signal in _facebook_nodes.signals_of(call, one))
