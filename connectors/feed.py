"""Feeds of blogs, forums and comment systems, RSS and Atom: read as they change, answered by hand on the website."""

from datetime import timedelta

from connectors import _feed_sources
from connectors._feed_wire import WIRE, address_of, host_of
from connectors._listening import ListenOnly
from connectors._wire import Request
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
    No,
    Page,
    Permission,
    Policy,
    Post,
    PostState,
    Spec,
    Thread,
)

_RSS = "https://www.rssboard.org/rss-specification"
_ATOM = "https://www.rfc-editor.org/rfc/rfc4287"
_DISCLOSURE = "https://www.ftc.gov/business-guidance/resources/ftcs-endorsement-guides-what-people-are-asking"

SPEC = Spec(
    name="feed",
    title="The feed",
    capabilities=frozenset({Capability.FEED, Capability.HANDOFF}),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(0),
    policy=Policy(
        purge_within=timedelta(hours=24),
        sources=(_RSS, _ATOM, _DISCLOSURE, "each website's own rules for comments"),
    ),
    options={"own_names": "The names under which we write in these feeds, with commas between them."},
)


class FeedConnector(ListenOnly):
    """Reads the feeds of one website. The account's address is the website's, or that of one feed."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """Ask the account's address whether it answers. There is no account on a website that one only reads."""
        try:
            host = host_of(call)
            WIRE.ask_raw(call, Request("GET", address_of(call, "")))
        except ConnectorError as error:
            return WIRE.health(error)
        return Health(Condition.OK, host, host, host)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _feed_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        """A feed shows what is new, and no conversation."""
        del call, post_id
        raise ConnectorError(Fault.INVALID, "A feed shows no conversations: open the page to read it.")

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        return _feed_sources.refresh(call, post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        del call
        if not post.is_public:
            return No("feed.open_to_all", "Only what is open to all is answered from a team.", _ATOM)
        if not post.url:
            return No("feed.no_page", "The feed names no page for this entry, so there is nowhere to answer it.", _ATOM)
        reason = "A feed can only be read. Answer on the page itself, where the website takes comments."
        return Handoff(post.url, "feed.read_only", reason, _ATOM)
