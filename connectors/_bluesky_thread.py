"""The conversation around a post on Bluesky, from its first post down, however wide or deep it is."""

from dataclasses import dataclass, field
from typing import NamedTuple

from connectors._bluesky_parse import checked, uri_of
from connectors._bluesky_wire import Talk, listed
from connectors._line import Answer
from connectors._reading import Json, count_of, is_mapping, list_of, member
from connectors.base import ConnectorError, Fault

_DEPTH = 100
"""Levels that are asked for at once. Bluesky would give 1,000, nested deeper than JSON can be read here."""

_MOST_REQUESTS = 12
"""What one reading of a thread may cost; a branch that was not read makes it truncated."""


class Conversation(NamedTuple):
    """The posts of a thread as Bluesky sent them, and the last answer."""

    root: str
    views: list[Json]
    is_whole: bool
    answer: Answer


@dataclass(slots=True)
class _Found:
    """What has been read of a thread so far. `deeper` are branches that Bluesky has more of."""

    views: dict[str, Json] = field(default_factory=dict)
    deeper: list[str] = field(default_factory=list)
    is_whole: bool = True

    def add(self, node: Json) -> None:
        """Take in a nested answer, without recursion."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            uri = uri_of(member(node, "post"))
            if is_mapping(node) and uri is not None and (uri not in self.views or node.get("replies")):
                self.views[uri] = node["post"]
                self._note_what_is_missing(uri, node)
            waiting += [one for one in (*list_of(member(node, "replies")), member(node, "parent")) if is_mapping(one)]

    def _note_what_is_missing(self, uri: str, node: Json) -> None:
        replies = member(node, "replies")
        counted = count_of(member(member(node, "post"), "replyCount"))
        if counted and not isinstance(replies, list):
            self.deeper.append(uri)
        elif isinstance(replies, list) and len(replies) < counted:
            self.is_whole = False


def conversation(talk: Talk, uri: str) -> Conversation:
    """Read the whole thread of a post; raises `ConnectorError`, with `GONE` when the post cannot be read."""
    root = _root_of(talk, uri)
    found = _Found()
    try:
        answer = _nested(talk, root, 0)
    except ConnectorError as error:
        if error.fault is not Fault.GONE or root == uri:
            raise
        found.is_whole = False
        answer = _nested(talk, uri, _DEPTH)
    found.add(member(answer.body, "thread"))
    requests = 1
    while found.deeper and requests < _MOST_REQUESTS:
        before = len(found.views)
        answer = _nested(talk, found.deeper.pop(), 0)
        found.add(member(answer.body, "thread"))
        found.is_whole &= len(found.views) > before
        requests += 1
    if uri not in found.views:
        answer = _nested(talk, uri, _DEPTH)
        found.add(member(answer.body, "thread"))
    return Conversation(root, list(found.views.values()), found.is_whole and not found.deeper, answer)


def view_of(talk: Talk, uri: str) -> Json:
    """Return a post as Bluesky shows it to us now; raises `ConnectorError` with `GONE` when it does not."""
    for view in views_of(talk, [uri]):
        if uri_of(view) == uri:
            return view
    raise ConnectorError(Fault.GONE, "Bluesky no longer shows this post.")


def views_of(talk: Talk, uris: list[str]) -> list[Json]:
    """Look up to 25 posts up; what Bluesky does not show us is not among them."""
    answer = talk.ask(lambda client: client.app.bsky.feed.get_posts({"uris": uris}))
    return listed(answer, "posts")


def _root_of(talk: Talk, uri: str) -> str:
    view = view_of(talk, uri)
    return checked(member(member(member(member(view, "record"), "reply"), "root"), "uri")) or uri


def _nested(talk: Talk, uri: str, parents: int) -> Answer:
    asked = {"uri": uri, "depth": _DEPTH, "parent_height": parents}
    return talk.ask(lambda client: client.app.bsky.feed.get_post_thread(asked))
