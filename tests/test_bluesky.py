"""Bluesky as people meet it: sessions that are kept, replies that are one record, and what is seen of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from bluesky_server import POST, BlueskyServer
from test_conformance_bluesky import LocalWorld, problem

from connectors.base import (
    Author,
    Capability,
    Condition,
    ConnectorError,
    Fault,
    Followed,
    Handoff,
    Identity,
    No,
    Post,
    Posted,
    PostStatus,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SignalKind,
    SourceKind,
    Yes,
)
from connectors.bluesky import BlueskyConnector
from connectors.fault_proxy import FaultProxy, Trouble

CONNECTOR = BlueskyConnector()
MENTIONS = Followed(SourceKind.MENTIONS)
STALE = problem(400, "ExpiredToken", "Token has expired")


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
    world = LocalWorld(server, proxy)
    server.asked.clear()
    return world


def read(world: LocalWorld, post_id: str) -> Post:
    (state,) = CONNECTOR.refresh(world.call, (post_id,))
    assert state.post is not None
    return state.post


def intent_for(world: LocalWorld, text: str = "It lasts twelve hours.", parent: Post | None = None) -> ReplyIntent:
    return intent_for_post(parent or read(world, world.make_mention("How long does it last?")), text)


def intent_for_post(parent: Post, text: str = "It lasts twelve hours.") -> ReplyIntent:
    identity, now = uuid4(), datetime.now(UTC)
    return ReplyIntent(identity, CONNECTOR.new_key(identity, now), parent, text, now)


def stored(server: BlueskyServer, outcome: object) -> dict[str, Any]:
    assert isinstance(outcome, Posted), outcome
    return server.records[outcome.receipt.id].value


class TestSessions:
    def test_a_kept_session_is_used_and_no_password_is_asked_again(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        for _ in range(3):
            CONNECTOR.fetch(world.call, MENTIONS, None)
        assert CONNECTOR.check(world.call).condition is Condition.OK
        assert not {one for one in server.asked if "Session" in one} - {"com.atproto.server.getSession"}

    def test_a_session_that_ends_soon_is_renewed_and_handed_to_the_host(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        before = dict(world.secrets)
        late = replace(world.call, now=datetime.now(UTC) + timedelta(hours=1, minutes=59))
        CONNECTOR.fetch(late, MENTIONS, None)
        assert [one for one in server.asked if "Session" in one] == ["com.atproto.server.refreshSession"]
        assert world.secrets["session"] != before.pop("session")
        assert before.items() <= world.secrets.items()

    def test_a_session_that_cannot_be_renewed_is_opened_anew(self, server: BlueskyServer, world: LocalWorld) -> None:
        server.revoked |= {world.secrets["session"].split(":::")[2], world.secrets["session"].split(":::")[3]}
        CONNECTOR.fetch(world.call, MENTIONS, None)
        asked = [one.rpartition(".")[2] for one in server.asked]
        assert asked == ["listNotifications", "refreshSession", "createSession", "listNotifications"]

    def test_a_write_that_meets_an_ended_session_is_not_sent_again(
        self, proxy: FaultProxy, server: BlueskyServer, world: LocalWorld
    ) -> None:
        intent, before = intent_for(world), world.secrets["session"]
        proxy.next_answer(STALE)
        outcome = CONNECTOR.reply(world.call, intent)
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.TRANSIENT
        assert not server.of(world.us)
        assert world.secrets["session"] != before
        assert isinstance(CONNECTOR.reply(world.call, intent), Posted)
        assert [one for one in server.asked if "putRecord" in one] == ["com.atproto.repo.putRecord"]

    def test_a_wrong_password_asks_for_a_person_and_a_busy_door_for_patience(
        self, proxy: FaultProxy, world: LocalWorld
    ) -> None:
        del world.secrets["session"]
        proxy.next_answer(problem(429, "RateLimitExceeded", "Rate Limit Exceeded"))
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(world.call, MENTIONS, None)
        assert error.value.fault is Fault.RATE_LIMITED
        assert error.value.retry_at is not None
        wrong = replace(world.call, secrets={**world.secrets, "app_password": "abcd-wrong"})
        assert CONNECTOR.check(wrong).condition is Condition.REAUTH

    @pytest.mark.parametrize("kept", ["", "x", ":::" * 4, "a:::b:::c:::d:::e f", "a:::b:::\ud800:::d:::e", "a:::" * 9])
    def test_a_session_that_makes_no_sense_is_opened_anew(
        self, server: BlueskyServer, world: LocalWorld, kept: str
    ) -> None:
        health = CONNECTOR.check(replace(world.call, secrets={**world.secrets, "session": kept}))
        assert (health.condition, health.account_id, health.max_length) == (Condition.OK, world.us.did, 300)
        assert server.asked[0] == "com.atproto.server.createSession"

    def test_a_token_without_a_readable_end_is_tried(self, server: BlueskyServer, world: LocalWorld) -> None:
        world.secrets["session"] = ":::".join(["harbour.test", world.us.did, "not.a.token", "nor.this.one", "x"])
        CONNECTOR.fetch(world.call, MENTIONS, None)
        assert server.asked[-1] == "app.bsky.notification.listNotifications"

    def test_secrets_of_another_account_post_nothing_in_its_name(
        self, server: BlueskyServer, proxy: FaultProxy, world: LocalWorld
    ) -> None:
        intent = intent_for(world)
        sam = server.person("sam")
        other = LocalWorld.secrets_of(sam)
        CONNECTOR.check(replace(world.call, account_id="", secrets=other, save_secrets=other.update))
        assert "session" in other
        proxy.seen.clear()
        outcome = CONNECTOR.reply(replace(world.call, secrets=other), intent)
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.AUTH
        assert not server.of(sam)
        assert [one.path for one in proxy.writes] == ["/xrpc/com.atproto.server.createSession"]

    @pytest.mark.parametrize("did", ["", "x", "did:plc:a/../b", "did:plc:x y", 7])
    def test_a_server_that_says_nonsense_of_who_we_are_is_not_believed(
        self, server: BlueskyServer, proxy: FaultProxy, world: LocalWorld, did: object
    ) -> None:
        del world.secrets["session"]
        opened = {"did": did, "handle": "harbour.test", "accessJwt": "a.b.c", "refreshJwt": "d.e.f"}
        proxy.next_answer(Trouble(status=200, body=json.dumps(opened)))
        outcome = CONNECTOR.reply(world.call, intent_for_post(SPOKEN))
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.TRANSIENT
        assert "session" not in world.secrets

    def test_an_account_that_was_taken_down_is_denied(self, world: LocalWorld) -> None:
        world.us.active = False
        health = CONNECTOR.check(world.call)
        assert health.condition is Condition.DENIED
        assert "takendown" in health.detail


class TestReplies:
    def test_the_same_reply_twice_is_one_post_with_one_version(self, server: BlueskyServer, world: LocalWorld) -> None:
        intent = intent_for(world)
        first = CONNECTOR.reply(world.call, intent)
        version = server.of(world.us)[0].cid
        second = CONNECTOR.reply(world.call, intent)
        assert isinstance(first, Posted)
        assert first == second
        assert [one.cid for one in server.of(world.us)] == [version]

    def test_a_later_attempt_finds_the_first_and_leaves_its_record_as_it_is(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        intent = intent_for(world)
        CONNECTOR.reply(world.call, intent)
        before = server.of(world.us)[0].cid
        later = replace(intent, attempted_at=intent.attempted_at + timedelta(minutes=3))
        outcome = CONNECTOR.reply(world.call, later)
        assert isinstance(outcome, Posted)
        assert [one.cid for one in server.of(world.us)] == [before]
        assert abs(datetime.fromisoformat(stored(server, outcome)["createdAt"]) - intent.attempted_at) < timedelta(
            milliseconds=1
        )

    def test_another_record_under_the_key_is_never_written_over(self, server: BlueskyServer, world: LocalWorld) -> None:
        intent = intent_for(world)
        CONNECTOR.reply(world.call, intent)
        other = CONNECTOR.reply(world.call, replace(intent, text="Something else."))
        assert isinstance(other, Rejected)
        assert other.fault is Fault.DUPLICATE
        assert [one.value["text"] for one in server.of(world.us)] == ["It lasts twelve hours."]

    def test_a_reply_names_the_versions_of_its_parent_and_of_the_first_post(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        first, second = world.make_thread(["A question", "More of it"])
        reply = stored(server, CONNECTOR.reply(world.call, intent_for(world, parent=read(world, second))))["reply"]
        assert (reply["parent"]["uri"], reply["parent"]["cid"]) == (second, server.records[second].cid)
        assert (reply["root"]["uri"], reply["root"]["cid"]) == (first, server.records[first].cid)

    @pytest.mark.parametrize(("spoil", "fault"), [("gone", Fault.GONE), ("closed", Fault.FORBIDDEN_BY_POLICY)])
    def test_where_nobody_would_see_a_reply_none_is_written(
        self, server: BlueskyServer, proxy: FaultProxy, world: LocalWorld, spoil: str, fault: Fault
    ) -> None:
        intent = intent_for(world)
        if spoil == "gone":
            world.delete_parent(intent.parent.id)
        else:
            server.records[intent.parent.id].replies_closed = True
        outcome = CONNECTOR.reply(world.call, intent)
        assert isinstance(outcome, Rejected)
        assert outcome.fault is fault
        assert not proxy.writes

    def test_links_tags_and_names_are_told_by_their_bytes(self, server: BlueskyServer, world: LocalWorld) -> None:
        text = "👋 Hé @maya.test, @nobody.test: see https://example.org/ä?x=1 and #Akku, or acme.com."
        record = stored(server, CONNECTOR.reply(world.call, intent_for(world, text)))
        raw = text.encode()
        told = {
            raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(): one["features"][0]
            for one in record["facets"]
        }
        assert told["@maya.test"]["did"] == world.maya.did
        assert told["https://example.org/ä?x=1"]["uri"] == "https://example.org/ä?x=1"
        assert told["#Akku"]["tag"] == "Akku"
        assert told["acme.com"]["uri"] == "https://acme.com"
        assert len(told) == 4

    def test_a_tag_that_bluesky_would_refuse_is_only_text(self, server: BlueskyServer, world: LocalWorld) -> None:
        text = f"#{'a' * 65} #{'क्षि' * 60} #short"
        record = stored(server, CONNECTOR.reply(world.call, intent_for(world, text)))
        assert [one["features"][0]["tag"] for one in record["facets"]] == ["short"]

    def test_a_name_that_cannot_be_looked_up_now_keeps_the_reply_back(
        self, proxy: FaultProxy, world: LocalWorld
    ) -> None:
        intent = intent_for(world, "Ask @maya.test")
        lookup = problem(502, "UpstreamFailure", "Upstream Failure")
        proxy.next_answer(replace(lookup, status=200, body=json.dumps(self._parent(world, intent))), to_write=False)
        proxy.next_answer(lookup, to_write=False)
        outcome = CONNECTOR.reply(world.call, intent)
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.TRANSIENT
        assert not proxy.writes

    @staticmethod
    def _parent(world: LocalWorld, intent: ReplyIntent) -> dict[str, Any]:
        return {"posts": [world._server.view(world._server.records[intent.parent.id])]}

    @pytest.mark.parametrize("key", ["", "../../x", "self", "3k", "0" * 13, "zzzzzzzzzzzzz"])
    def test_a_key_that_bluesky_did_not_define_is_refused(self, proxy: FaultProxy, world: LocalWorld, key: str) -> None:
        intent = replace(intent_for(world), key=key)
        assert isinstance(CONNECTOR.reply(world.call, intent), Rejected)
        assert CONNECTOR.find_own_reply(world.call, intent) is None
        assert not proxy.writes

    def test_nothing_is_edited_and_nobody_elses_post_is_deleted(self, proxy: FaultProxy, world: LocalWorld) -> None:
        theirs = world.make_mention("Hello")
        assert Capability.EDIT not in CONNECTOR.spec.capabilities
        for outcome in (CONNECTOR.edit(world.call, theirs, "x"), CONNECTOR.delete(world.call, theirs)):
            assert isinstance(outcome, Rejected)
            assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
        assert not proxy.writes

    def test_the_points_that_are_left_are_told_as_replies_that_are_left(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        intent = intent_for(world)
        server.headers = {
            "ratelimit-remaining": "10",
            "ratelimit-reset": "4070908800",
            "ratelimit-policy": "5000;w=3600",
        }
        outcome = CONNECTOR.reply(world.call, intent)
        assert isinstance(outcome, Posted)
        assert outcome.allowance is not None
        assert (outcome.allowance.remaining, outcome.allowance.resets_at) == (3, datetime(2099, 1, 1, tzinfo=UTC))
        page = CONNECTOR.fetch(world.call, MENTIONS, None)
        assert page.allowance is not None
        assert page.allowance.remaining == 10


US, THEM = "did:plc:us", "did:plc:them"
SPOKEN = Post(f"at://{THEM}/{POST}/3k2a", "Acme is bad", Author(THEM, "sam.example"), datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("post", "allowed"),
    [
        (SPOKEN, False),
        (replace(SPOKEN, mentioned=frozenset({"did:plc:other"})), False),
        (replace(SPOKEN, parent_id=f"at://{THEM}/{POST}/3k2b"), False),
        (replace(SPOKEN, root_id=f"at://{US}/{POST}/3k2b", parent_id=f"at://{THEM}/{POST}/3k2c"), False),
        (replace(SPOKEN, parent_id="at://../x"), False),
        (replace(SPOKEN, mentioned=frozenset({US})), True),
        (replace(SPOKEN, parent_id=f"at://{US}/{POST}/3k2b"), True),
        (replace(SPOKEN, id=f"at://{US}/{POST}/3k2a", is_own=True), True),
    ],
)
def test_only_who_tagged_or_answered_us_is_answered(world: LocalWorld, post: Post, allowed: bool) -> None:
    permission = CONNECTOR.can_reply(replace(world.call, account_id=US), post)
    assert isinstance(permission, Yes if allowed else Handoff)
    if isinstance(permission, Handoff):
        assert permission.url == f"https://bsky.app/profile/{THEM}/post/3k2a"
        assert permission.rule == "bluesky.tagged"
    assert isinstance(CONNECTOR.can_reply(replace(world.call, account_id=""), post), Handoff)
    assert isinstance(CONNECTOR.can_reply(world.call, replace(post, is_public=False)), No)


class TestWhatBecomesOfPosts:
    def test_refresh_tells_live_edited_deleted_and_hidden(self, server: BlueskyServer, world: LocalWorld) -> None:
        live, edited, deleted, hidden, closed = (world.make_mention(f"Number {number}") for number in range(5))
        before = read(world, edited).text
        world.edit_parent(edited, "Changed my mind")
        world.delete_parent(deleted)
        server.records[hidden].is_shown = False
        world.maya.labels.append("!no-unauthenticated")
        assert CONNECTOR.refresh(world.call, (closed,))[0].status is PostStatus.HIDDEN
        world.maya.labels.clear()
        states = CONNECTOR.refresh(world.call, (hidden, deleted, edited, live))
        assert [one.id for one in states] == [hidden, deleted, edited, live]
        assert [one.status.value for one in states] == ["hidden", "deleted", "live", "live"]
        assert states[2].post is not None
        assert (before, states[2].post.text) == ("@harbour.test Number 1", "Changed my mind")

    def test_a_new_reply_that_is_not_shown_yet_is_not_taken_for_removed(
        self, server: BlueskyServer, world: LocalWorld
    ) -> None:
        outcome = CONNECTOR.reply(world.call, intent_for(world))
        assert isinstance(outcome, Posted)
        ours = outcome.receipt.id
        server.records[ours].is_shown = False
        assert CONNECTOR.refresh(world.call, (ours,))[0].status is PostStatus.LIVE
        assert CONNECTOR.outcomes(world.call, (ours,)) == ()
        later = replace(world.call, now=datetime.now(UTC) + timedelta(minutes=20))
        assert [one.kind for one in CONNECTOR.outcomes(later, (ours,))] == [SignalKind.REMOVED]

    def test_outcomes_count_and_bring_the_answers(self, server: BlueskyServer, world: LocalWorld) -> None:
        outcome = CONNECTOR.reply(world.call, intent_for(world))
        assert isinstance(outcome, Posted)
        ours = outcome.receipt.id
        server.post(world.maya, "Thank you!", parent=ours)
        server.records[ours].likes = 7
        signals = CONNECTOR.outcomes(world.call, (ours,))
        assert [(one.kind, one.value) for one in signals[:2]] == [(SignalKind.LIKES, 7), (SignalKind.SHARES, 0)]
        assert [one.post.text for one in signals[2:] if one.post is not None] == ["Thank you!"]

    def test_many_are_looked_up_in_few_requests(self, proxy: FaultProxy, world: LocalWorld) -> None:
        posts = tuple(world.make_mention(f"Number {number}") for number in range(60))
        assert [one.id for one in CONNECTOR.refresh(world.call, posts)] == list(posts)
        assert len(proxy.seen) == 3


def test_both_lengths_are_counted_and_the_nearer_one_is_told() -> None:
    context = ReplyContext(SPOKEN, Identity.BRAND)
    family = "👨‍👩‍👧‍👦"
    for text, used, limit, unit in [
        ("Hello, world! 👋", 15, 300, "graphemes"),
        ("x" * 301, 301, 300, "graphemes"),
        (family * 100, 2500, 3000, "bytes"),
        (family * 130, 3250, 3000, "bytes"),
    ]:
        measured = CONNECTOR.measure(text, context)
        assert (measured.used, measured.limit, measured.unit) == (used, limit, unit)
        assert measured.fits == (used <= limit)


def test_only_the_parts_of_atproto_that_are_needed_are_loaded() -> None:
    """The whole would load a firehose, websockets and half as much memory again."""
    program = "import connectors.bluesky, sys; print([one for one in sys.modules if one.startswith('atproto')])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "'atproto_client'" in found
    assert "'atproto'" not in found
    assert "firehose" not in found
