"""The Isso connector passes the kit, and keeps what the host promises, against a real Isso server."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from servers import isso
from servers.isso import Isso

from connectors._isso_parse import Comment, Ref, comment_of
from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.isso import IssoConnector

pytestmark = pytest.mark.servers

_pages = itertools.count(1)


def page_saying(status: int, title: str, said: str) -> Trouble:
    """A refusal as Isso's web framework writes it."""
    body = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{said}</p>\n"
    return Trouble(status=status, body=body, headers={"Content-Type": "text/html; charset=utf-8"})


NOT_FOUND = "The requested URL was not found on the server. If you entered the URL manually please check your spelling."
SOMEONE = Author("x", "maya")
QUIET = Post(Ref(1, 1_700_000_000_000, "/quiet").id, "Hello", SOMEONE, datetime(2026, 1, 1, tzinfo=UTC))
REFUSALS = {
    Fault.AUTH: page_saying(401, "Unauthorized", "Say who you are."),
    Fault.GONE: page_saying(404, "Not Found", NOT_FOUND),
    Fault.TOO_LONG: page_saying(400, "Bad Request", "text is too long (maximum length: 65535)"),
    Fault.INVALID: page_saying(400, "Bad Request", "text is too short (minimum length: 3)"),
    Fault.FORBIDDEN_BY_POLICY: page_saying(403, "Forbidden", "edit time frame is still open"),
    Fault.RATE_LIMITED: page_saying(403, "Forbidden", "127.0.0.0: ratelimit exceeded (2, 1)"),
}


class IssoWorld:
    """Isso behind a proxy that can lose its answers, with a page of its own for each test."""

    connector = IssoConnector()
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (QUIET,)
    cannot: Mapping[Ability, str] = {Ability.PRIVATE: "Isso shows every comment to everybody, or to nobody."}

    def __init__(self, server: Isso, proxy: FaultProxy) -> None:
        self._server = server
        self._proxy = proxy
        self._page = f"/blog/page-{next(_pages)}/"
        self._secrets: Mapping[str, str] = {"email": "harbour@example.com"}
        self.followed = Followed(SourceKind.FEED, self._page)

    @property
    def call(self) -> Call:
        """What was kept of our comments comes back, as the host gives it."""
        options = {"author": "Harbour Lamps", "website": "https://harbour.example", "closed_pages": "/quiet"}
        return Call(
            self._proxy.url,
            self._secrets,
            datetime.now(UTC),
            account_id="Harbour Lamps",
            handle="Harbour Lamps",
            options={**options, "site": "https://blog.example"},
            save_secrets=self._save,
        )

    def make_mention(self, text: str) -> str:
        return self._id(self._server.comment(self._page, text))

    def make_private_mention(self, text: str) -> str:
        raise NotImplementedError(text)

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self._server.comment(self._page, texts[0])]
        for text in texts[1:]:
            made.append(self._server.comment(self._page, text, parent=made[-1]["id"]))
        return [self._id(one) for one in made]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._server.edit(self._number(post_id), text)

    def delete_parent(self, post_id: str) -> None:
        self._server.delete(self._number(post_id))

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        public = self._server.visible(self._page)
        return [Stored(self._id(one), one["text"]) for one in public if one["author"] == "Harbour Lamps"]

    def _save(self, renewed: Mapping[str, str]) -> None:
        self._secrets = dict(renewed)

    def _id(self, raw: Mapping[str, object]) -> str:
        comment = comment_of(self._page, raw)
        assert isinstance(comment, Comment)
        return comment.ref.id

    def _number(self, post_id: str) -> int:
        ref = Ref.of(post_id)
        assert ref is not None
        return ref.number


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Isso]:
    with isso.running(tmp_path_factory.mktemp("isso")) as server:
        yield server


class TestIsso(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self, server: Isso) -> Iterator[IssoWorld]:
        with FaultProxy(server.url) as proxy:
            yield IssoWorld(server, proxy)
