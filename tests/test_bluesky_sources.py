"""What sources on Bluesky bring: pages that only go backwards, feeds, and conversations of any size and shape."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bluesky_server import POST, BlueskyServer, Record
from hostile import mutated, places
from test_conformance_bluesky import LocalWorld, problem

from connectors import _line
from connectors.base import ConnectorError, Cursor, Fault, Followed, Page, SourceKind
from connectors.bluesky import BlueskyConnector
from connectors.fault_proxy import FaultProxy, Trouble

MENTIONS = Followed(SourceKind.MENTIONS)


@pytest.fixture
def server() -> Iterator[BlueskyServer]:
    with BlueskyServer() as server:
        yield server


@pytest.fixture
def proxy(server: BlueskyServer) -> Iterator[FaultProxy]:
    with FaultProxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def world(server: BlueskyServer, proxy: FaultProxy) -> LocalWorld:
    return LocalWorld(server, proxy)


def fetch(world: LocalWorld, cursor: Cursor | None = None, followed: Followed = MENTIONS) -> Page:
    """Read as a process that has just started: nothing is known but the cursor."""
    kept = None if cursor is None else Cursor(json.loads(json.dumps(cursor)))
    return BlueskyConnector().fetch(world.call, followed, kept)


def all_of(world: LocalWorld, cursor: Cursor | None, followed: Followed = MENTIONS) -> tuple[list[str], Page]:
    seen: list[str] = []
    for _ in range(60):
        page = fetch(world, cursor, followed)
        seen += [post.id for post in page.posts]
        cursor = page.cursor
        if page.complete:
            return seen, page
    raise AssertionError("It never came to an end.")


class TestGoingBackwards:
    def test_a_restart_on_every_page_loses_and_repeats_nothing(self, server: BlueskyServer, world: LocalWorld) -> None:
        server.page = 10
        world.make_mention("The first")
        cursor = fetch(world).cursor
        wanted = [world.make_mention(f"Number {number}") for number in range(35)]
        seen, page = all_of(world, cursor)
        assert sorted(seen) == sorted(wanted)
        assert not page.gap
        late = [world.make_mention("Late"), world.make_mention("Later")]
        assert all_of(world, page.cursor)[0] == late

    def test_what_is_written_during_the_walk_comes_with_the_next_one(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        server.page = 10
        world.make_mention("The first")
        cursor = fetch(world).cursor
        wanted = [world.make_mention(f"Number {number}") for number in range(25)]
        page = fetch(world, cursor)
        assert not page.complete
        wanted.append(world.make_mention("Meanwhile"))
        rest, last = all_of(world, page.cursor)
        more, _ = all_of(world, last.cursor)
        assert sorted([*(post.id for post in page.posts), *rest, *more]) == sorted(wanted)

    def test_known_posts_that_were_all_deleted_do_not_lead_back_through_history(
        self, server: BlueskyServer, proxy: FaultProxy, world: LocalWorld
    ) -> None:
        server.page = 10
        old = [world.make_mention(f"Old {number}") for number in range(40)]
        for number, uri in enumerate(old):
            server.records[uri].indexed_at -= timedelta(days=2, minutes=-number)
        gone = [world.make_mention(f"Gone {number}") for number in range(10)]
        cursor = fetch(world).cursor
        for uri in gone:
            del server.records[uri]
        proxy.seen.clear()
        new = world.make_mention("New")
        seen, page = all_of(world, cursor)
        assert new in seen
        assert len(proxy.seen) == 1
        assert not page.gap

    def test_a_cursor_that_leads_nowhere_is_a_gap(self, proxy: FaultProxy, world: LocalWorld) -> None:
        world.make_mention("The first")
        cursor = fetch(world).cursor
        unreadable = {"uri": f"at://{world.maya.did}/{POST}/3k2a", "reason": "mention"}
        for notices in ([unreadable], []):
            body = {"notifications": notices, "cursor": "stuck"}
            proxy.next_answer(Trouble(status=200, body=json.dumps(body)), to_write=False)
        page = fetch(world, cursor)
        assert not page.complete
        assert len(page.skipped) == 1
        page = fetch(world, page.cursor)
        assert page.complete
        assert page.gap

    @pytest.mark.parametrize(
        "cursor", ["", "{", "[]", "7", '{"known": 7, "at": []}', '{"before": {"a": 1}}', "[" * 9999]
    )
    def test_a_broken_cursor_starts_anew(self, world: LocalWorld, cursor: str) -> None:
        wanted = world.make_mention("Hello")
        page = fetch(world, Cursor(cursor))
        assert [post.id for post in page.posts] == [wanted]
        assert page.complete


class TestSources:
    def test_search_tag_account_and_thread_are_followed(self, server: BlueskyServer, world: LocalWorld) -> None:
        tagged = server.post(world.maya, "A battery that lasts #akku")
        answer = server.post(world.maya, "And another", parent=tagged)
        there = f"https://bsky.app/profile/{world.maya.handle}"
        for kind, query, wanted in [
            (SourceKind.SEARCH, "battery", [tagged]),
            (SourceKind.HASHTAG, "#akku", [tagged]),
            (SourceKind.FEED, world.maya.handle, [tagged, answer]),
            (SourceKind.FEED, there, [tagged, answer]),
            (SourceKind.THREAD, answer, [tagged, answer]),
            (SourceKind.THREAD, f"{there}/post/{answer.rpartition('/')[2]}", [tagged, answer]),
        ]:
            page = fetch(world, None, Followed(kind, query))
            assert [post.id for post in page.posts] == wanted
            assert not fetch(world, page.cursor, Followed(kind, query)).posts

    @pytest.mark.parametrize(
        ("query", "method"),
        [
            ("https://bsky.app/profile/maya.test/lists/3kl", "getListFeed"),
            ("https://bsky.app/profile/maya.test/feed/batteries", "getFeed"),
            ("at://did:plc:maya/app.bsky.graph.list/3kl", "getListFeed"),
            ("at://did:plc:maya/app.bsky.feed.generator/batteries", "getFeed"),
        ],
    )
    def test_lists_and_feeds_are_followed_without_what_is_only_repeated(
        self, server: BlueskyServer, world: LocalWorld, query: str, method: str
    ) -> None:
        followed = Followed(SourceKind.FEED, query)
        world.make_mention("Old, and repeated")
        wanted = [world.make_mention("New"), world.make_mention("Newer")]
        page = fetch(world, None, followed)
        assert [post.id for post in page.posts] == wanted
        assert server.asked[-1] == f"app.bsky.feed.{method}"
        wanted.append(world.make_mention("Newest"))
        assert [post.id for post in fetch(world, page.cursor, followed).posts] == wanted[2:]

    def test_an_offered_feed_is_not_walked_back(self, server: BlueskyServer, world: LocalWorld) -> None:
        server.page = 3
        followed = Followed(SourceKind.FEED, "at://did:plc:maya/app.bsky.feed.generator/batteries")
        cursor = fetch(world, None, followed).cursor
        for number in range(9):
            world.make_mention(f"Number {number}")
        page = fetch(world, cursor, followed)
        assert page.complete
        assert not page.gap

    @pytest.mark.parametrize(
        ("kind", "query"),
        [
            (SourceKind.SEARCH, " "),
            (SourceKind.SEARCH, "x" * 501),
            (SourceKind.HASHTAG, "two words"),
            (SourceKind.FEED, "nobody.test"),
            (SourceKind.FEED, "no handle"),
            (SourceKind.THREAD, "https://evil.example/profile/a/post/b"),
            (SourceKind.THREAD, "at://x/y"),
            (SourceKind.WEBHOOK, ""),
        ],
    )
    def test_what_cannot_be_followed_says_so(self, world: LocalWorld, kind: SourceKind, query: str) -> None:
        with pytest.raises(ConnectorError) as error:
            fetch(world, None, Followed(kind, query))
        assert error.value.fault is Fault.INVALID

    def test_a_mention_by_two_ways_is_one_post(self, server: BlueskyServer, world: LocalWorld) -> None:
        ours = server.post(world.us, "We are here")
        both = server.post(world.maya, "@harbour.test hello", mention=world.us, parent=ours)
        assert [post.id for post in fetch(world).posts] == [both]


def _asked(uri: str) -> dict[str, list[str]]:
    return {"uri": [uri], "depth": ["9"], "parentHeight": ["0"]}


class TestConversations:
    def test_a_giant_thread_is_read_whole_and_in_order(self, server: BlueskyServer, world: LocalWorld) -> None:
        root = world.make_mention("The first")
        wide = [server.post(world.maya, f"Wide {number}", parent=root) for number in range(4_400)]
        deep = [root]
        for number in range(600):
            deep.append(server.post(world.maya, f"Deep {number}", parent=deep[-1]))
        found = BlueskyConnector().thread(replace(world.call, timeout=60), deep[-1])
        ids = [post.id for post in found.posts]
        assert (found.root_id, found.truncated, len(ids)) == (root, False, 5_001)
        assert set(ids) == {*wide, *deep}
        assert [one for one in ids if one in set(deep)] == deep

    def test_a_thread_too_deep_says_that_it_is_not_whole(self, server: BlueskyServer, world: LocalWorld) -> None:
        deep = [world.make_mention("The first")]
        for number in range(1_500):
            deep.append(server.post(world.maya, f"Deep {number}", parent=deep[-1]))
        found = BlueskyConnector().thread(replace(world.call, timeout=60), deep[-1])
        ids = {post.id for post in found.posts}
        assert found.truncated
        assert {deep[0], deep[-1], deep[-2]} <= ids

    def test_a_first_post_that_is_gone_leaves_the_rest(self, server: BlueskyServer, world: LocalWorld) -> None:
        root, middle, last = world.make_thread(["A question", "More of it", "And more"])
        del server.records[root]
        found = BlueskyConnector().thread(world.call, last)
        assert (found.root_id, [post.id for post in found.posts]) == (root, [middle, last])
        assert found.truncated
        del server.records[last]
        with pytest.raises(ConnectorError) as error:
            BlueskyConnector().thread(world.call, last)
        assert error.value.fault is Fault.GONE

    def test_a_spoiled_thread_keeps_what_can_be_read(
        self, proxy: FaultProxy, server: BlueskyServer, world: LocalWorld
    ) -> None:
        first, second, third = world.make_thread(["One", "Two", "Three"])
        call = replace(world.call, account_id="")
        _, whole = server.answer("getPostThread", _asked(first), None, call.secrets["session"].split(":::")[2])
        interesting = [one for one in places(whole) if {"replies", "post", "thread", "replyCount"} & set(one[-2:])]
        for path in interesting:
            for hostile in (None, 7, "x", [], {}, [None], {"post": {}, "replies": "x"}):
                body = json.dumps(mutated(whole, path, hostile, False))
                posts = {"posts": [server.view(server.records[first])]}
                for one in (json.dumps(posts), body):
                    proxy.next_answer(Trouble(status=200, body=one), to_write=False)
                found = BlueskyConnector().thread(call, first)
                assert {post.id for post in found.posts} <= {first, second, third}
                if len(path) > 2:
                    assert found.posts, path

    def test_a_circle_of_answers_ends(self, proxy: FaultProxy, server: BlueskyServer, world: LocalWorld) -> None:
        one, other = world.make_mention("One"), world.make_mention("Other")
        for uri, above in ((one, other), (other, one)):
            reference = {"uri": above, "cid": "bafy"}
            server.records[uri].value["reply"] = {"parent": reference, "root": reference}
        nested = {"post": server.view(server.records[one]), "replies": [{"post": server.view(server.records[other])}]}
        posts = {"posts": [server.view(server.records[one])]}
        for body in (posts, {"thread": nested}):
            proxy.next_answer(Trouble(status=200, body=json.dumps(body)), to_write=False)
        found = BlueskyConnector().thread(world.call, one)
        assert {post.id for post in found.posts} == {one, other}

    def test_a_clock_that_is_off_makes_no_post_younger_than_when_it_was_seen(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        seen = datetime.now(UTC)
        for written in ("2999-01-01T00:00:00Z", "not a time", "9999-12-31T23:59:59-14:00"):
            uri = f"at://{world.maya.did}/{POST}/3k{abs(hash(written)) % 10**9}"
            server.records[uri] = Record(uri, {"$type": POST, "text": "Hi", "createdAt": written}, seen)
            (state,) = BlueskyConnector().refresh(world.call, (uri,))
            assert state.post is not None
            assert state.post.created_at == seen


class TestLies:
    @pytest.mark.parametrize(
        "body", ['{"error": "x"}', "[]", "null", '{"notifications": {}}', '{"notifications": [', "7"]
    )
    def test_a_success_that_is_none_fails(self, proxy: FaultProxy, world: LocalWorld, body: str) -> None:
        proxy.next_answer(Trouble(status=200, body=body), to_write=False)
        with pytest.raises(ConnectorError) as error:
            fetch(world)
        assert error.value.fault is Fault.TRANSIENT

    def test_no_other_host_is_told_the_token(self, proxy: FaultProxy, world: LocalWorld) -> None:
        with FaultProxy(proxy.upstream) as elsewhere:
            away = {"Location": f"{elsewhere.url}/xrpc/app.bsky.notification.listNotifications"}
            proxy.next_answer(Trouble(status=302, headers=away), to_write=False)
            with pytest.raises(ConnectorError):
                fetch(world)
            assert not elsewhere.seen

    def test_a_rate_limit_without_headers_is_waited_out(self, proxy: FaultProxy, world: LocalWorld) -> None:
        proxy.next_answer(problem(429, "RateLimitExceeded", "Rate Limit Exceeded"), to_write=False)
        call = world.call
        with pytest.raises(ConnectorError) as error:
            BlueskyConnector().fetch(call, MENTIONS, None)
        assert error.value.retry_at == call.now + timedelta(minutes=5)

    @pytest.mark.parametrize("status", [500, 502, 429, 400, 401, 404])
    def test_nothing_is_asked_twice(self, proxy: FaultProxy, world: LocalWorld, status: int) -> None:
        proxy.next_answer(Trouble(status=status, body='{"error": "Nope"}'), to_write=False)
        with pytest.raises(ConnectorError) as error:
            fetch(world)
        assert error.value.fault is not Fault.GONE
        assert len(proxy.seen) == 1

    def test_an_answer_without_end_is_refused(
        self, proxy: FaultProxy, world: LocalWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_line, "LARGEST_ANSWER", 10_000)
        proxy.next_answer(Trouble(status=200, body='{"notifications": []}' + " " * 20_000), to_write=False)
        with pytest.raises(ConnectorError) as error:
            fetch(world)
        assert error.value.fault is Fault.TRANSIENT

    @pytest.mark.parametrize("home", ["http://example.org", "https://u:p@example.org", "ftp://x", "", "https://"])
    def test_only_safe_addresses_are_spoken_to(self, world: LocalWorld, home: str) -> None:
        with pytest.raises(ConnectorError) as error:
            BlueskyConnector().fetch(replace(world.call, base_url=home), MENTIONS, None)
        assert error.value.fault is Fault.INVALID
