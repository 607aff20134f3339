"""A whole comment tree: Reddit sends the first 500 comments, and names the rest, which is asked for in parts.

PRAW's `replace_more` does the same, but gives the tree up over one comment that comes twice or without its parent.
"""

from collections import deque
from dataclasses import dataclass, field

from connectors._conversation import rooted
from connectors._reading import Json, is_mapping
from connectors._reddit_parse import Reader, bare_id, children_of, data_of, full_name, name_of
from connectors._reddit_wire import ask
from connectors.base import Call, ConnectorError, Fault, Thread

MOST_REQUESTS = 60
"""Requests that one tree may take: enough for 5,000 comments, and less than Reddit lets a client make in a minute."""

_AT_ONCE = 100
_FIRST = 500


@dataclass(slots=True)
class _Tree:
    """What was found so far. `missing` are ids of comments not seen; `branches` comments whose answers go deeper."""

    link: str
    things: dict[str, Json] = field(default_factory=dict)
    missing: deque[str] = field(default_factory=deque)
    branches: deque[str] = field(default_factory=deque)
    asked: set[str] = field(default_factory=set)

    def take(self, found: list[Json]) -> None:
        """Keep comments and note what is folded away below them; without recursion, as trees can be endlessly deep."""
        waiting = deque(found)
        while waiting:
            thing = waiting.popleft()
            if is_mapping(thing) and thing.get("kind") == "more":
                self._note(thing)
            elif (name := name_of(thing)) is not None:
                self.things.setdefault(name, thing)
                waiting.extend(children_of((data_of(thing) or {}).get("replies")) or ())

    def _note(self, more: Json) -> None:
        data = data_of(more) or {}
        listed = data.get("children")
        ids = [one for one in map(bare_id, listed if isinstance(listed, list) else []) if one is not None]
        parent = full_name(data.get("parent_id"))
        if not ids and parent is not None and parent not in self.asked:
            self.asked.add(parent)
            self.branches.append(parent)
        for one in ids:
            if one not in self.asked:
                self.asked.add(one)
                self.missing.append(one)


def thread(call: Call, reader: Reader, link: str, around: str | None = None) -> Thread:
    """Return the submission `link` with all of its comments in order; `around` is a comment that must be among them."""
    article = link.removeprefix("t3_")
    tree = _Tree(link)
    _read(call, tree, f"comments/{article}", limit=_FIRST, sort="old")
    if link not in tree.things:
        raise ConnectorError(Fault.GONE, "Reddit no longer shows this submission.")
    requests = 1
    if around is not None and around not in tree.things and around.startswith("t1_"):
        _read(
            call, tree, f"comments/{article}", comment=around.removeprefix("t1_"), context=8, limit=_FIRST, sort="old"
        )
        requests += 1
    while (tree.missing or tree.branches) and requests < MOST_REQUESTS:
        _go_on(call, tree)
        requests += 1
    posts, skipped = reader.posts(tree.things.values())
    is_whole = not tree.missing and not tree.branches and all(one.reason == "It was deleted." for one in skipped)
    return Thread(link, rooted(posts, link), truncated=not is_whole)


def _go_on(call: Call, tree: _Tree) -> None:
    if not tree.missing:
        parent = tree.branches.popleft()
        article, comment = tree.link.removeprefix("t3_"), parent.removeprefix("t1_")
        _read(call, tree, f"comments/{article}", comment=comment, limit=_FIRST, sort="old")
        return
    ids = [tree.missing.popleft() for _ in range(min(_AT_ONCE, len(tree.missing)))]
    body = ask(call, "api/morechildren", link_id=tree.link, children=",".join(ids), api_type="json", sort="old").body
    inner = body.get("json") if is_mapping(body) else None
    data = data_of(inner)
    things = data.get("things") if data is not None else None
    if not isinstance(things, list):
        raise ConnectorError(Fault.TRANSIENT, "Reddit answered with something else than comments.")
    tree.take(things)


def _read(call: Call, tree: _Tree, path: str, **parameters: str | int) -> None:
    body = ask(call, path, **parameters).body
    listings = [children_of(one) for one in body] if isinstance(body, list) else []
    if len(listings) != 2 or None in listings:
        raise ConnectorError(Fault.TRANSIENT, "Reddit answered with something else than a submission and its comments.")
    for listing in listings:
        tree.take(listing or [])
