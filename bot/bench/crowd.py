"""A platform without a network, for measuring what is ours: many people, who write much, often the same."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.base import (
    Author,
    Call,
    Condition,
    Cursor,
    Followed,
    Health,
    Page,
    Post,
    PostState,
    PostStatus,
    Thread,
)
from connectors.mastodon import MastodonConnector

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
_SAID = """
battery charger cable screen light night train holiday garden kitchen winter coffee update letter library novel
chapter page button cover shop parcel friend sister teacher weekend morning evening beach rain window table chair
paper pencil font margin download sync cloud account price offer student school office bus queue music story
language dictionary poem recipe travel mountain river island city village market bread summer autumn spring
""".split()  # noqa: SIM905 - a hundred quotation marks are not easier to read
_SELLING = frozenset(("price", "shop", "offer", "market", "account", "cloud", "download", "update"))
"""Strung together at random, these sound like an advert."""

_PLAIN = [word for word in _SAID if word not in _SELLING]
_OPENINGS = (
    "Does the Harbour Reader cope with",
    "My Harbour Reader stopped working after",
    "I love my Harbour Mini for",
    "Looking for an e-reader, is the Harbour any good with",
    "Harbour and",
    "You cannot use a Harbour reader without an account, and also",
)


class Crowd(MastodonConnector):
    """Mastodon's rules and limits, but the posts are at hand: read in pages, oldest first."""

    def __init__(self, posts: Sequence[Post] = (), *, page: int = 500) -> None:
        self.page = page
        self._posts = posts
        self._by_id = {post.id: post for post in posts}

    def check(self, call: Call) -> Health:
        del call
        return Health(Condition.OK, "harbour", "@harbour", "crowd.example", 500)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        del call, followed
        start = int(cursor) if cursor else 0
        end = start + self.page
        return Page(tuple(self._posts[start:end]), Cursor(str(end)), complete=end >= len(self._posts))

    def thread(self, call: Call, post_id: str) -> Thread:
        del call
        return Thread(post_id, (self._by_id[post_id],))

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        del call
        return tuple(PostState(one, PostStatus.LIVE, self._by_id[one]) for one in post_ids)


def posts(number: int, *, twins: int = 1, seed: int = 1) -> Iterator[Post]:
    """Yield posts that concern the company, each saying something of its own; or groups of `twins` that say nearly the
    same, one after the other. `group_of` tells which group a post belongs to."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable choice, nothing secret
    for group in range(-(-number // twins)):
        words = f"{dice.choice(_OPENINGS)} {' '.join(dice.choices(_SAID, k=dice.randrange(12, 30)))}"
        for place in range(min(twins, number - group * twins)):
            yield _post(group * twins + place, words + "!" * place)


def answer(number: int) -> str:
    """Return the text of a reply that no guideline is against and that is like no other."""
    dice = random.Random(number)  # noqa: S311 - a repeatable choice, nothing secret
    first, second = (" ".join(dice.choices(_PLAIN, k=6)) for _ in range(2))
    return f"Hi, the Harbour team here. Sorry for the trouble with {first}, and with {second}. What did you try so far?"


def group_of(post_id: str, twins: int) -> int:
    """Return the number of the group that a post belongs to."""
    return int(post_id) // twins


def _post(number: int, words: str) -> Post:
    name = f"someone{number % 5000}"
    return Post(
        id=str(number),
        text=words,
        author=Author(id=f"a{number % 5000}", handle=name, name=name.title(), url=f"https://crowd.example/@{name}"),
        created_at=BEGAN + timedelta(seconds=number),
        url=f"https://crowd.example/@{name}/{number}",
        root_id=str(number),
        language="en",
        venue="crowd.example",
    )
