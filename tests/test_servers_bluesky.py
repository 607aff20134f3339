"""The Bluesky connector passes the kit, and what the host promises holds, against Bluesky's own development network."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

import pytest
from servers.bluesky import Person, eventually, network

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.bluesky import BlueskyConnector
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance

pytestmark = pytest.mark.servers

_numbers = count(1)


def problem(status: int, name: str, message: str, **headers: str) -> Trouble:
    body = f'{{"error": "{name}", "message": "{message}"}}'
    return Trouble(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


class BlueskyWorld:
    """The network behind a proxy that can lose its answers. We are the harbour; Maya speaks to us, Shy only to some."""

    connector = BlueskyConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = {
        Fault.AUTH: problem(400, "InvalidToken", "Token could not be verified"),
        Fault.FORBIDDEN_BY_POLICY: problem(401, "AccountTakedown", "Account has been taken down"),
        Fault.GONE: problem(400, "InvalidRequest", "Could not find repo: did:plc:x"),
        Fault.TOO_LONG: problem(400, "InvalidRequest", "grapheme too big (maximum 300, got 301) at $.record.text"),
        Fault.INVALID: problem(400, "InvalidRequest", "Input/rkey must be a valid Record Key"),
        Fault.RATE_LIMITED: problem(429, "RateLimitExceeded", "Rate Limit Exceeded", ratelimit_reset="4070908800"),
    }
    cannot: Mapping[Ability, str] = {
        Ability.EDIT_PARENT: "Bluesky tells nobody that a post was edited; another test shows that we see it.",
        Ability.PARENT_CHECK: "Bluesky takes replies to posts that are gone; the connector looks before it writes.",
    }

    def __init__(self, people: "People", proxy: FaultProxy) -> None:
        self._us, self._maya, self._shy = people.us, people.maya, people.shy
        self._proxy = proxy
        self._secrets = people.secrets
        self.forbidden: Sequence[Post] = (uninvited(people.maya),)

    @property
    def call(self) -> Call:
        return Call(
            self._proxy.url,
            dict(self._secrets),
            datetime.now(UTC),
            account_id=self._us.did,
            handle=self._us.handle,
            save_secrets=self._secrets.update,
        )

    def make_mention(self, text: str) -> str:
        return self._maya.post(f"@{self._us.handle} {text}", mention=self._us)

    def make_private_mention(self, text: str) -> str:
        return self._shy.post(f"@{self._us.handle} {text}", mention=self._us)

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self.make_mention(texts[0])]
        for text in texts[1:]:
            made.append(self._maya.post(text, parent=made[-1]))
        eventually(lambda: self._us.sees(made[-1]))
        return made

    def edit_parent(self, post_id: str, text: str) -> None:
        self._maya.rewrite(post_id, text)

    def delete_parent(self, post_id: str) -> None:
        self._maya.delete(post_id)
        eventually(lambda: not self._us.sees(post_id))

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        return [Stored(one["uri"], one["value"]["text"]) for one in self._us.posts()]


class People:
    """Accounts for one run of these tests, and the session that the host keeps for ours."""

    def __init__(self, home: str) -> None:
        number = next(_numbers)
        self.us, self.maya, self.shy = (Person(home, f"{name}{number}") for name in ("harbour", "maya", "shy"))
        self.shy.hide_from_logged_out()
        self.secrets = {"identifier": self.us.email, "app_password": self.us.app_password()}
        call = Call(home, self.secrets, datetime.now(UTC), save_secrets=self.secrets.update)
        BlueskyConnector().check(call)
        assert "session" in self.secrets

    def close(self) -> None:
        for person in (self.us, self.maya, self.shy):
            person.close()


def uninvited(author: Person) -> Post:
    """A post that speaks of us, and not to us."""
    uri = f"at://{author.did}/app.bsky.feed.post/3mabcdefghijk"
    return Post(uri, "Harbour is bad", Author(author.did, author.handle), datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    with network() as home:
        yield home


@pytest.fixture(scope="module")
def people(home: str) -> Iterator[People]:
    people = People(home)
    yield people
    people.close()


@pytest.fixture
def proxy(home: str) -> Iterator[FaultProxy]:
    with FaultProxy(home) as proxy:
        yield proxy


class TestBluesky(ConnectorConformance, PromisesConformance):
    @pytest.fixture(autouse=True)
    def _slow_machines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Seven servers answer one request here, and a reply reads its parent first, within the same time."""
        for module in ("conformance", "conformance_promises"):
            monkeypatch.setattr(f"connectors.{module}.IMPATIENT", 2.0)

    @pytest.fixture
    def world(self, people: People, proxy: FaultProxy) -> BlueskyWorld:
        return BlueskyWorld(people, proxy)
