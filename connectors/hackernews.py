"""Hacker News: stories and comments found by search, read with their threads, answered by hand in one's own words."""

from datetime import timedelta

from connectors import _hackernews_sources
from connectors._conversation import rooted
from connectors._hackernews_parse import PAGE, is_gone, item, tree
from connectors._hackernews_sources import WIRE, own_name, read
from connectors._listening import ListenOnly
from connectors._reading import Unreadable, is_mapping, member, optional_id, text_in
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
    PostStatus,
    Spec,
    Thread,
)

_GUIDELINES = "https://news.ycombinator.com/newsguidelines.html"
_SEARCH = "https://hn.algolia.com/api"
_API = "https://github.com/HackerNews/API"
_NOBODY = "anyone"

SPEC = Spec(
    name="hackernews",
    title="Hacker News",
    capabilities=frozenset({Capability.SEARCH, Capability.THREAD, Capability.HANDOFF}),
    identities=frozenset({Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(minutes=5),
    policy=Policy(
        ai_text_allowed=False,
        purge_within=timedelta(hours=24),
        sources=(_GUIDELINES, _API, _SEARCH),
    ),
    options={"user_name": "The name under which this person writes on Hacker News, if they do."},
)


class HackerNewsConnector(ListenOnly):
    """Reads Hacker News through its search at hn.algolia.com. Nothing is ever written there by a program."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """Ask whether the search answers, and whether the name that was recorded exists."""
        name = own_name(call)
        try:
            if name:
                known = member(read(call, f"/users/{_checked(name)}"), "username")
            else:
                known = read(call, "/search_by_date", {"hitsPerPage": "1"}) and _NOBODY
        except ConnectorError as error:
            return WIRE.health(error)
        if not text_in(known):
            return Health(Condition.DOWN, detail="Hacker News' search did not say what it was asked.")
        return Health(Condition.OK, name or _NOBODY, name or _NOBODY, "news.ycombinator.com")

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _hackernews_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        """Read the whole story around an item, which the search gives as one tree."""
        raw = read(call, f"/items/{_checked(post_id)}")
        story = optional_id(member(raw, "story_id"))
        if story is not None and story != post_id:
            raw = read(call, f"/items/{story}")
        if not is_mapping(raw):
            raise ConnectorError(Fault.TRANSIENT, "Hacker News' search answered with something else than a thread.")
        found = tree(raw, own_name(call))
        return Thread(found.root_id or post_id, rooted(found.posts, found.root_id or post_id))

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read each alone. Who edits leaves no trace but the text, so an edited item is live with its present text."""
        return tuple(_state(call, one) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        del call
        if not post.is_public:
            return No("hackernews.open_to_all", "Only what is open to all is answered from a team.", _GUIDELINES)
        reason = (
            "Hacker News takes no replies through an API, and its guidelines forbid comments that a program wrote or "
            "edited. Write it there yourself, in your own words, and say whom you work for."
        )
        return Handoff(post.url or f"{PAGE}{post.id}", "hackernews.own_words", reason, _GUIDELINES)


def _state(call: Call, post_id: str) -> PostState:
    try:
        raw = read(call, f"/items/{_checked(post_id)}")
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return PostState(post_id, PostStatus.DELETED)
        raise
    if is_mapping(raw) and is_gone(raw):
        return PostState(post_id, PostStatus.DELETED)
    try:
        return PostState(post_id, PostStatus.LIVE, item(raw, own_name(call)))
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, f"Hacker News told of item {post_id} in a way we cannot read.") from error


def _checked(post_id: str) -> str:
    if optional_id(post_id) is None:
        raise ConnectorError(Fault.INVALID, "This is no id of an item.")
    return post_id
