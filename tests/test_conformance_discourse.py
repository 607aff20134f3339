"""The Discourse connector passes the kit against a server that answers as Discourse does and enforces its rules."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import discourse_server
import pytest
from discourse_server import DiscourseServer

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.discourse import DiscourseConnector


def problem(status: int, said: str, **further: object) -> Trouble:
    return Trouble(status=status, body=json.dumps({"errors": [said], **further}))


ELSEWHERE = Post("1", "Hello", Author("2", "sam"), datetime(2026, 1, 1, tzinfo=UTC), venue="forum.example/c/quiet")
REFUSALS = {
    Fault.AUTH: problem(403, discourse_server.BAD_KEY, error_type="invalid_access"),
    Fault.FORBIDDEN_BY_POLICY: problem(403, discourse_server.FORBIDDEN, error_type="invalid_access"),
    Fault.DUPLICATE: problem(422, discourse_server.DUPLICATE, action="create_post"),
    Fault.GONE: problem(422, discourse_server.GONE, action="create_post"),
    Fault.TOO_LONG: problem(422, "Body is limited to 32000 characters; you entered 32001.", action="create_post"),
    Fault.INVALID: problem(422, "Body is too short (minimum is 20 characters)", action="create_post"),
    Fault.RATE_LIMITED: problem(429, "Slow down", error_type="rate_limit", extras={"wait_seconds": 31}),
}


class DiscourseWorld:
    """A forum behind a proxy that can lose its answers. We are Harbour; Maya speaks to us."""

    connector = DiscourseConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (ELSEWHERE,)
    cannot: Mapping[Ability, str] = {}

    def __init__(self, forum: DiscourseServer, proxy: FaultProxy) -> None:
        self._forum = forum
        self._proxy = proxy
        self._us, self._maya = forum.user("harbour"), forum.user("maya")
        self.call = Call(
            proxy.url,
            {"api_key": self._us.key},
            datetime.now(UTC),
            account_id=str(self._us.id),
            handle="harbour",
            options={"closed_categories": "quiet"},
        )

    def make_mention(self, text: str) -> str:
        return str(self._forum.write(self._maya, f"@harbour {text}").id)

    def make_private_mention(self, text: str) -> str:
        message = self._forum.topic("Between us", category_id=None, members=(self._us, self._maya))
        return str(self._forum.write(self._maya, f"@harbour {text}", message).id)

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        first = self._forum.write(self._maya, f"@harbour {texts[0]}")
        made = [first]
        for text in texts[1:]:
            made.append(self._forum.write(self._maya, text, first.topic, reply_to=made[-1].number))
        return [str(one.id) for one in made]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._forum.edit(self._forum.posts[int(post_id)], text)

    def delete_parent(self, post_id: str) -> None:
        self._forum.remove(self._forum.posts[int(post_id)])

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        """What Discourse shows: nothing but the Markdown's signs for "less than" and "and" differ from its source."""
        public = [one for one in self._forum.posts.values() if not one.deleted_at and not one.user_deleted]
        shown = [(one, one.raw.replace("&lt;", "<").replace("&amp;", "&")) for one in public]
        return [Stored(str(one.id), text) for one, text in shown if one.author is self._us]


class TestDiscourse(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[DiscourseWorld]:
        with DiscourseServer() as forum, FaultProxy(forum.url) as proxy:
            yield DiscourseWorld(forum, proxy)
