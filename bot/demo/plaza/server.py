"""Plaza as a running server: a small public platform with a Mastodon-compatible API and a page for the public."""

import socket
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from bot.demo.plaza.api import Api
from bot.demo.plaza.content import addressed
from bot.demo.plaza.faults import Faults
from bot.demo.plaza.page import Page
from bot.demo.plaza.records import Account, Entry, State
from bot.demo.plaza.seed import COMPANY, furnish, seed
from bot.demo.plaza.store import Store


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Plaza:
    """A platform of our own on 127.0.0.1. With `path` it keeps what was said for the next start.

    `links` (label → address) stand at the top of its page. `faults` makes it misbehave.
    """

    def __init__(
        self,
        path: Path | None = None,
        port: int = 0,
        *,
        lively: bool = True,
        links: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.faults = Faults()
        self.links = dict(links or {})
        self._now = now
        self._port = port
        self._url = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._store = Store(path, now)
        furnish(self._store)
        if lively:
            seed(self._store, now())

    @property
    def url(self) -> str:
        """Where it is: page and API."""
        return self._url

    @property
    def token(self) -> str:
        """The token of the brand's account, @harbour."""
        return self.token_of("harbour")

    @property
    def tokens(self) -> Mapping[str, str]:
        """The tokens of the company's accounts, the brand's and the employees', by user name."""
        return {name: self.token_of(name) for name in COMPANY}

    def token_of(self, username: str) -> str:
        """Return a token that speaks for someone who is on Plaza."""
        return self._store.token_for(self._account(username))

    def account_id(self, username: str) -> str:
        return str(self._account(username).id)

    def post_as(
        self,
        name: str,
        text: str,
        in_reply_to: str | None = None,
        *,
        visibility: str = "public",
        at: datetime | None = None,
    ) -> str:
        """Post as a member of the public, who joins if new; return the post's id. An answer names whom it answers."""
        author = self._store.join(name)
        parent = self._entry(in_reply_to) if in_reply_to else None
        text = addressed(text, parent.account.username if parent and parent.account.id != author.id else None)
        return str(self._store.add_post(author, text, parent=parent, visibility=visibility, language="en", at=at).id)

    def edit(self, post_id: str, text: str) -> None:
        self._store.edit(self._entry(post_id), text)

    def delete(self, post_id: str) -> None:
        """Delete a post, as its author does."""
        self._store.set_state(self._entry(post_id), State.DELETED)

    def remove(self, post_id: str) -> None:
        """Remove a post, as a moderator does."""
        self._store.set_state(self._entry(post_id), State.REMOVED)

    def hide(self, post_id: str, *, hidden: bool = True) -> None:
        """Hide a post or show it again, as a moderator does."""
        self._store.set_state(self._entry(post_id), State.HIDDEN if hidden else State.LIVE)

    def like_as(self, name: str, post_id: str) -> None:
        self._store.like(self._entry(post_id), self._store.join(name), on=True)

    def posts_of(self, username: str) -> list[tuple[str, str, str | None]]:
        """Return the live posts of someone, oldest first: id, text, and the id of the post each answers."""
        account = self._account(username)
        entries = [one for one in self._store.all_by(account) if one.is_live]
        return [(str(one.id), one.text, str(one.parent_id) if one.parent_id else None) for one in entries]

    def start(self) -> Self:
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._url = f"http://127.0.0.1:{self._port}"
        settings = uvicorn.Config(
            self._app(), log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(settings)
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([listener],), name="plaza", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=10)
        self._server = self._thread = None
        self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _app(self) -> Starlette:
        api = Api(self._store, self.faults, self._now, lambda: self._url)
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        page = Page(self._store, self._now, self.links)
        return Starlette(routes=[*api.routes(), *page.routes()], middleware=[hosts])

    def _account(self, username: str) -> Account:
        account = self._store.account(username)
        if account is None:
            raise LookupError(f"Nobody on Plaza is called @{username}.")
        return account

    def _entry(self, post_id: str) -> Entry:
        entry = self._store.entry(int(post_id))
        if entry is None:
            raise LookupError(f"There is no post {post_id} on Plaza.")
        return entry
