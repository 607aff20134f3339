"""The Bluesky connector passes the kit, and what the host promises holds, against Bluesky's own development network."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from servers.bluesky import Network, Person, eventually, network
from test_conformance_bluesky import CANNOT, REFUSALS

from connectors.base import (
    Author,
    Call,
    Condition,
    Cursor,
    Fault,
    Followed,
    Post,
    Posted,
    PostStatus,
    Rejected,
    SignalKind,
    SourceKind,
)
from connectors.bluesky import BlueskyConnector
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.conformance_world import Scene

pytestmark = pytest.mark.servers

_numbers = count(1)


class BlueskyWorld:
    """The network behind a proxy that can lose its answers. We are the harbour; Maya speaks to us, Shy only to some."""

    connector = BlueskyConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    cannot: Mapping[Ability, str] = CANNOT

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
def bluesky() -> Iterator[Network]:
    with network() as running:
        yield running


@pytest.fixture(scope="module")
def home(bluesky: Network) -> str:
    return bluesky.home


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


FACET = "app.bsky.richtext.facet"
FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.fixture
def world(people: People, proxy: FaultProxy) -> BlueskyWorld:
    return BlueskyWorld(people, proxy)


@pytest.fixture
def scene(world: BlueskyWorld) -> Scene:
    return Scene(world)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * 300, True),
        ("x" * 301, False),
        (FAMILY * 100, True),
        (FAMILY * 120, True),
        (FAMILY * 121, False),
        (FAMILY * 130, False),
        ("क्षि" * 249 + "x", True),
        ("क्षि" * 250 + "x", False),
        ("각" * 300, True),
        ("각" * 301, False),
        ("e\u0301" * 300, True),
        ("e\u0301" * 301, False),
        ("🇩🇪" * 301, False),
        ("a\n\n" * 100 + "b", False),
    ],
)
def test_our_count_is_the_server_s(scene: Scene, text: str, fits: bool) -> None:
    parent = scene.mention()
    assert scene.connector.measure(text, scene.context(parent)).fits is fits
    outcome = scene.connector.reply(scene.call, scene.intent(parent, text))
    assert isinstance(outcome, Posted if fits else Rejected), outcome
    if isinstance(outcome, Rejected):
        assert outcome.fault is Fault.TOO_LONG


def test_the_same_reply_twice_is_one_post_with_one_version(scene: Scene, people: People) -> None:
    intent = scene.intent(scene.mention())
    first, second = (scene.posted(intent) for _ in range(2))
    later = scene.posted(replace(intent, attempted_at=intent.attempted_at + timedelta(minutes=2)))
    assert first.receipt.id == second.receipt.id == later.receipt.id
    versions = [one for one in people.us.posts() if one["uri"] == first.receipt.id]
    assert len(versions) == 1
    written = datetime.fromisoformat(versions[0]["value"]["createdAt"])
    assert abs(written - intent.attempted_at) < timedelta(milliseconds=1)
    other = scene.connector.reply(scene.call, replace(intent, text="Something else."))
    assert isinstance(other, Rejected)
    assert other.fault is Fault.DUPLICATE
    assert people.us.posts()[0]["value"]["text"] != "Something else."


def test_a_reply_to_what_is_gone_is_not_even_written(scene: Scene) -> None:
    intent = scene.intent(scene.mention())
    scene.world.delete_parent(intent.parent.id)
    outcome, sent = scene.sends(lambda: scene.connector.reply(scene.call, intent))
    assert isinstance(outcome, Rejected)
    assert (outcome.fault, sent) == (Fault.GONE, 0)


def test_a_post_that_was_rewritten_is_read_with_its_new_text(scene: Scene, people: People) -> None:
    post = scene.mention("Does it float?")
    scene.world.edit_parent(post.id, "Does it sink?")
    eventually(lambda: "sink" in str(people.us.ask("app.bsky.feed.getPosts", uris=[post.id])))
    (state,) = scene.connector.refresh(scene.call, (post.id,))
    assert state.post is not None
    assert state.post.text == "Does it sink?"


def test_a_reply_links_what_it_names_and_stands_in_its_conversation(scene: Scene, people: People) -> None:
    first, second = scene.world.make_thread(["A question", "More of it"])
    text = f"👋 Hé @{people.maya.handle}, see https://example.org/ä?x=1 #akku"
    ours = scene.posted(scene.intent(scene.arrived(first), text)).receipt.id
    eventually(lambda: people.maya.sees(ours))
    told = people.maya.ask("app.bsky.notification.listNotifications", limit=10)["notifications"]
    assert {one["reason"] for one in told if one["uri"] == ours} & {"reply", "mention"}
    value = next(one["value"] for one in people.us.posts() if one["uri"] == ours)
    features = [facet["features"][0] for facet in value["facets"]]
    assert [feature["$type"].rpartition("#")[2] for feature in features] == ["mention", "link", "tag"]
    assert features[0]["did"] == people.maya.did
    thread = scene.connector.thread(scene.call, second)
    assert (thread.root_id, {post.id for post in thread.posts}) == (first, {first, second, ours})


def test_a_closed_conversation_is_not_written_to(scene: Scene, people: People) -> None:
    post = scene.mention()
    gate = {"$type": "app.bsky.feed.threadgate", "post": post.id, "allow": [], "createdAt": "2026-11-21T00:00:00Z"}
    people.maya.put("app.bsky.feed.threadgate", post.id.rpartition("/")[2], gate)
    eventually(lambda: "replyDisabled" in str(people.us.ask("app.bsky.feed.getPosts", uris=[post.id])))
    outcome, sent = scene.sends(lambda: scene.connector.reply(scene.call, scene.intent(post)))
    assert isinstance(outcome, Rejected)
    assert (outcome.fault, sent) == (Fault.FORBIDDEN_BY_POLICY, 0)


def test_who_blocks_us_is_hidden_and_not_written_to(scene: Scene, people: People, home: str) -> None:
    sam = Person(home, f"sam{next(_numbers)}")
    post = scene.arrived(sam.post(f"@{people.us.handle} hello", mention=people.us))
    block = {"$type": "app.bsky.graph.block", "subject": people.us.did, "createdAt": "2026-11-21T00:00:00Z"}
    sam.put("app.bsky.graph.block", "3mabcdefghijk", block)
    sam.close()
    eventually(lambda: scene.connector.refresh(scene.call, (post.id,))[0].status is PostStatus.HIDDEN)
    outcome, sent = scene.sends(lambda: scene.connector.reply(scene.call, scene.intent(post)))
    assert isinstance(outcome, Rejected)
    assert (outcome.fault in (Fault.GONE, Fault.FORBIDDEN_BY_POLICY), sent) == (True, 0)


def test_what_comes_of_a_reply_is_seen(scene: Scene, people: People) -> None:
    ours = scene.posted(scene.intent(scene.mention())).receipt.id
    eventually(lambda: people.maya.sees(ours))
    answer = people.maya.post("Thank you!", parent=ours)
    view = people.maya.ask("app.bsky.feed.getPosts", uris=[ours])["posts"][0]
    like = {"$type": "app.bsky.feed.like", "subject": {"uri": ours, "cid": view["cid"]}, "createdAt": view["indexedAt"]}
    people.maya.put("app.bsky.feed.like", "3mabcdefghijk", like)
    eventually(lambda: people.us.sees(answer) and _likes(people, ours) == 1)
    signals = scene.connector.outcomes(scene.call, (ours,))
    assert [one.value for one in signals if one.kind is SignalKind.LIKES] == [1]
    assert [one.post.id for one in signals if one.post is not None] == [answer]
    assert scene.arrived(answer).parent_id == ours


def _likes(people: People, uri: str) -> int:
    found: int = people.us.ask("app.bsky.feed.getPosts", uris=[uri])["posts"][0]["likeCount"]
    return found


def test_more_than_a_page_of_mentions_is_read_across_restarts(scene: Scene, people: People) -> None:
    cursor = scene.now_read()
    wanted = [scene.world.make_mention(f"Number {number}") for number in range(130)]
    eventually(lambda: people.us.sees(wanted[-1]))
    seen: list[str] = []
    for is_last in (False, True):
        page = BlueskyConnector().fetch(scene.call, scene.world.followed, cursor)
        assert (page.complete, page.gap) == (is_last, False)
        cursor = Cursor(json.loads(json.dumps(page.cursor)))
        seen += [post.id for post in page.posts]
    assert sorted(seen) == sorted(wanted)


def test_a_session_is_renewed_without_the_password(scene: Scene, people: People, proxy: FaultProxy) -> None:
    late = replace(scene.call, now=datetime.now(UTC) + timedelta(days=1))
    before = people.secrets["session"]
    scene.connector.fetch(late, scene.world.followed, None)
    assert [one.path for one in proxy.writes] == ["/xrpc/com.atproto.server.refreshSession"]
    assert people.secrets["session"] != before
    assert scene.connector.check(scene.call).condition is Condition.OK


def test_search_tag_and_account_are_followed(scene: Scene, people: People) -> None:
    word = f"battery{next(_numbers)}"
    tag = {"index": {"byteStart": 0, "byteEnd": len(word) + 1}, "features": [{"$type": f"{FACET}#tag", "tag": word}]}
    tagged = people.maya.post(f"#{word} lasts", facets=[tag])
    eventually(lambda: people.us.sees(tagged))
    for kind, query in [
        (SourceKind.SEARCH, word),
        (SourceKind.HASHTAG, word),
        (SourceKind.FEED, people.maya.handle),
        (SourceKind.THREAD, f"https://bsky.app/profile/{people.maya.handle}/post/{tagged.rpartition('/')[2]}"),
    ]:
        page = scene.connector.fetch(scene.call, Followed(kind, query), None)
        assert tagged in [post.id for post in page.posts], kind
        assert not scene.connector.fetch(scene.call, Followed(kind, query), page.cursor).posts


def test_a_deep_conversation_is_read_to_its_end(scene: Scene, people: People) -> None:
    posts = [scene.world.make_mention("The first")]
    for number in range(130):
        posts.append(people.maya.post(f"Deep {number}", parent=posts[-1]))
    eventually(lambda: people.us.sees(posts[-1]))
    thread = scene.connector.thread(scene.call, posts[-1])
    assert [post.id for post in thread.posts] == posts
    assert not thread.truncated


def test_a_reply_that_moderators_took_down_is_seen_as_removed(scene: Scene, people: People, bluesky: Network) -> None:
    ours = scene.posted(scene.intent(scene.mention())).receipt.id
    eventually(lambda: people.maya.sees(ours))
    bluesky.take_down(ours)
    eventually(lambda: not people.maya.sees(ours))
    later = replace(scene.call, now=datetime.now(UTC) + timedelta(minutes=30))
    assert [one.kind for one in scene.connector.outcomes(later, (ours,))] == [SignalKind.REMOVED]
    assert scene.connector.refresh(later, (ours,))[0].status is PostStatus.HIDDEN


def test_the_network_is_open_to_this_machine_alone(bluesky: Network) -> None:
    assert bluesky.listens_at() == {"0100007F"}
