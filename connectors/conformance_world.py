"""The world in which a connector is tested: what its server must be able to do, and the steps that checks share."""

import os
import socket
import threading
import time
from collections import UserDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import uuid4

import pytest

from connectors.base import (
    Call,
    Capability,
    Connector,
    Cursor,
    Fault,
    Followed,
    Outcome,
    Page,
    Post,
    Posted,
    PostStatus,
    ReplyContext,
    ReplyIntent,
)
from connectors.fault_proxy import Trouble

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds that a mention may take to arrive: on real platforms it does so later, so the kit polls."""

IMPATIENT = 0.6
"""Seconds of `Call.timeout` where a server keeps us waiting."""

GRACE = 1.0
"""Seconds beyond its time-out that a call may take on a busy machine."""


class Ability(StrEnum):
    """What a check needs of the world's server."""

    PRIVATE = "private"
    EDIT_PARENT = "edit_parent"
    EDIT_TIME = "edit_time"
    """The platform says that a post was edited; where it does not, an edited post is live with its present text."""

    DELETE_PARENT = "delete_parent"
    LENGTH = "length"
    PAGES = "pages"
    PARENT_CHECK = "parent_check"


@dataclass(frozen=True, slots=True)
class Stored:
    """A reply as the server has it; `text` is plain text."""

    id: str
    text: str


class World(Protocol):
    """A server with our account and someone else on it. Ids are the platform's, as the connector gives them.

    `followed` brings our mentions. `refusals` say, for each fault that the platform can name, the answer that names it.
    `forbidden` are posts that `can_reply` must refuse. `cannot` names what the server cannot do, and why.
    """

    @property
    def connector(self) -> Connector: ...

    @property
    def call(self) -> Call: ...

    @property
    def followed(self) -> Followed: ...

    @property
    def refusals(self) -> Mapping[Fault, Trouble]: ...

    @property
    def forbidden(self) -> Sequence[Post]: ...

    @property
    def cannot(self) -> Mapping[Ability, str]: ...

    def make_mention(self, text: str) -> str:
        """Let someone else address us, in words that contain `text`; return the post's id."""

    def make_private_mention(self, text: str) -> str:
        """The same, in a post that is not open to all."""

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        """Let someone else address us, and answer themselves; each post answers the one before."""

    def edit_parent(self, post_id: str, text: str) -> None:
        """Let the author change a post."""

    def delete_parent(self, post_id: str) -> None:
        """Let the author delete a post."""

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        """Spoil the answer to our next write, or to our next read."""

    def posts_sent(self) -> int:
        """How many requests of ours could have changed something, so far."""

    def own_replies(self) -> Sequence[Stored]:
        """What is public of our account, asked of the server and not of the connector."""


class Scene:
    """A world with the steps that checks share."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.connector = world.connector
        self._longest: int | None = None

    @property
    def call(self) -> Call:
        return replace(self.world.call, now=datetime.now(UTC))

    def needs(self, ability: Ability) -> None:
        if (reason := self.world.cannot.get(ability)) is not None:
            pytest.skip(reason)

    def has(self, capability: Capability) -> None:
        if capability not in self.connector.spec.capabilities:
            pytest.skip(f"{self.connector.spec.title} has no capability “{capability}”.")

    @property
    def edited_status(self) -> PostStatus:
        """What `refresh` says of a post that its author changed."""
        return PostStatus.LIVE if Ability.EDIT_TIME in self.world.cannot else PostStatus.EDITED

    def fetch(self, cursor: Cursor | None) -> Page:
        return self.connector.fetch(self.call, self.world.followed, cursor)

    def now_read(self) -> Cursor | None:
        """Return the cursor after everything there is."""
        self.arrived(self.world.make_mention("Where do we stand?"))
        page = self.fetch(None)
        while not page.complete:
            page = self.fetch(page.cursor)
        return page.cursor

    def arrived(self, post_id: str, cursor: Cursor | None = None) -> Post:
        """Return a post once the source brings it."""

        def look() -> Post | None:
            return next((post for post in self.fetch(cursor).posts if post.id == post_id), None)

        return _in_time(look, f"The mention {post_id} did not arrive")

    def shown_in_thread(self, post_id: str, reply_id: str) -> tuple[Post, ...]:
        """Return a thread once it shows our reply: a platform may index what it took only some moments later."""

        def look() -> tuple[Post, ...] | None:
            posts = self.connector.thread(self.call, post_id).posts
            return posts if any(post.id == reply_id for post in posts) else None

        return _in_time(look, f"The reply {reply_id} did not show in its thread")

    def mention(self, text: str = "How long does it last?") -> Post:
        return self.arrived(self.world.make_mention(text))

    def context(self, parent: Post) -> ReplyContext:
        self._longest = self._longest or self.connector.check(self.call).max_length
        return ReplyContext(parent, self.call.identity, self.call.handle, self._longest)

    def intent(self, parent: Post, text: str = "It lasts twelve hours.") -> ReplyIntent:
        identity, now = uuid4(), datetime.now(UTC)
        rendered = self.connector.render(text, self.context(parent))
        return ReplyIntent(identity, self.connector.new_key(identity, now), parent, rendered, now)

    def sends(self, act: Callable[[], Outcome]) -> tuple[Outcome, int]:
        """Return an outcome and how many writes it took."""
        before = self.world.posts_sent()
        outcome = act()
        return outcome, self.world.posts_sent() - before

    def posted(self, intent: ReplyIntent) -> Posted:
        outcome = self.connector.reply(self.call, intent)
        assert isinstance(outcome, Posted), outcome
        return outcome

    def stored(self, post_id: str) -> Stored | None:
        return next((one for one in self.world.own_replies() if one.id == post_id), None)


def _in_time(look: Callable[[], T | None], missing: str) -> T:
    """Return what `look` finds as soon as it finds something; what did not come is an error that says so."""
    wait = threading.Event()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = look()
        if found is not None:
            return found
        wait.wait(0.05)
    raise AssertionError(f"{missing} within {PATIENCE} s.")


class SleptError(AssertionError):
    """A connector waited by itself. Waiting belongs to the host."""


def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever sleeps in the thread of the test: a connector, or the library under it."""
    tester = threading.current_thread()
    sleep = time.sleep

    def refuse(seconds: float) -> None:
        if threading.current_thread() is tester:
            raise SleptError(f"The connector slept for {seconds} s.")
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", refuse)


class WatchedEnvironment(UserDict[str, str]):
    """Stands for the environment, and notes who looks."""

    def __init__(self) -> None:
        super().__init__(os.environ)
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> str:
        self.asked.append(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.append(str(name))
        return super().__contains__(name)


def normal(text: str) -> str:
    return " ".join(text.split())


def nowhere() -> str:
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
