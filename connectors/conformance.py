"""The test kit that every connector must pass, ours or a stranger's.

Subclass `ConnectorConformance` in a test module, under a name that pytest collects, and give it a fixture `world` that
returns a `World`: your connector, an account, and a server, real or your own fake, that can be made to misbehave.
`FaultProxy` puts the misbehaviour before any real server:

    class TestMyConnector(ConnectorConformance):
        @pytest.fixture
        def world(self, my_server: str) -> Iterator[World]:
            with FaultProxy(my_server) as proxy:
                yield MyWorld(proxy)

What a server cannot do is named in `World.cannot` with the reason, with which the checks that need it are skipped.
A connector without the capability to reply is asked the same, but for what is asked of replies.
`WebhookConformance` in `connectors.conformance_webhooks` is for what is sent to us instead.
`PromisesConformance` in `connectors.conformance_promises` asks besides, the way the host goes, what it promises people.
To see the values in a failing check: `pytest.register_assert_rewrite("connectors.conformance")` in your conftest.
"""

import json
import logging
import os
import time
import traceback
from dataclasses import replace

import pytest

from connectors.base import (
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Handoff,
    No,
    Post,
    Posted,
    PostStatus,
    Rejected,
    Unknown,
    Yes,
)
from connectors.conformance_world import (
    GRACE,
    IMPATIENT,
    PATIENCE,
    Ability,
    Scene,
    Stored,
    WatchedEnvironment,
    World,
    no_sleep,
    normal,
    nowhere,
)
from connectors.fault_proxy import FaultProxy, Mishap, Trouble

__all__ = ["Ability", "Conformance", "ConnectorConformance", "FaultProxy", "Mishap", "Stored", "Trouble", "World"]

_ANSWERS_LOST = {
    "500": Trouble(status=500),
    "502": Trouble(status=502, body="<html>Bad gateway</html>"),
    "503": Trouble(status=503),
    "504": Trouble(status=504, body=""),
    "drop": Trouble(Mishap.DROP),
    "hang": Trouble(Mishap.HANG),
    "drip": Trouble(Mishap.DRIP),
    "truncate": Trouble(Mishap.TRUNCATE),
    "nonsense": Trouble(status=200, body="<html>Welcome!</html>"),
    "empty": Trouble(status=200, body=""),
}

_LOST = pytest.mark.parametrize("trouble", list(_ANSWERS_LOST.values()), ids=list(_ANSWERS_LOST))


class Conformance:
    """The fixtures that all checks use: nothing sleeps, a `world` of yours, and the `scene` in it."""

    @pytest.fixture(autouse=True)
    def _nothing_sleeps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        no_sleep(monkeypatch)

    @pytest.fixture
    def world(self) -> World:
        """To be overridden by every test class."""
        raise NotImplementedError("Give your test class a fixture “world”.")

    @pytest.fixture
    def scene(self, world: World) -> Scene:
        return Scene(world)


class ReadingConformance(Conformance):
    """What is asked of a connector's reads."""

    def test_check_says_who_we_are(self, scene: Scene) -> None:
        health = scene.connector.check(scene.call)
        assert health.condition is Condition.OK, health
        assert health.account_id == scene.call.account_id
        assert health.handle

    def test_check_never_raises_and_tells_a_dead_token_from_a_dead_server(self, scene: Scene) -> None:
        if scene.call.secrets:
            wrong = dict.fromkeys(scene.call.secrets, "wrong")
            assert scene.connector.check(replace(scene.call, secrets=wrong)).condition is Condition.REAUTH
        health = scene.connector.check(replace(scene.call, base_url=nowhere()))
        assert health.condition is Condition.DOWN
        assert health.detail

    def test_a_mention_arrives_with_its_text_and_its_author(self, scene: Scene) -> None:
        post = scene.mention("Is it true that it lasts a week & a day?")
        assert "Is it true that it lasts a week & a day?" in post.text
        assert post.author.id
        assert post.author.handle
        assert not post.is_own
        assert post.is_public
        assert post.created_at.utcoffset() is not None

    def test_the_same_cursor_brings_the_same_posts_and_survives_json(self, scene: Scene) -> None:
        cursor = scene.now_read()
        wanted = [scene.world.make_mention(f"Number {number}") for number in range(3)]
        scene.arrived(wanted[-1], cursor)
        first = [post.id for post in scene.fetch(cursor).posts]
        again = None if cursor is None else Cursor(json.loads(json.dumps(cursor)))
        assert [post.id for post in scene.fetch(again).posts] == first
        assert first[-3:] == wanted

    def test_nothing_is_lost_across_pages_and_the_oldest_comes_first(self, scene: Scene) -> None:
        scene.needs(Ability.PAGES)
        cursor = scene.now_read()
        wanted = [scene.world.make_mention(f"Number {number}") for number in range(45)]
        seen: list[Post] = []
        until = time.monotonic() + PATIENCE
        while wanted[-1] not in [post.id for post in seen] and time.monotonic() < until:
            page = scene.fetch(cursor)
            cursor = page.cursor
            assert not page.gap
            assert list(page.posts) == sorted(page.posts, key=lambda post: post.created_at)
            seen += page.posts
        assert [one for one in dict.fromkeys(post.id for post in seen) if one in wanted] == wanted
        assert scene.fetch(cursor).complete

    def test_what_is_not_open_to_all_never_comes_in(self, scene: Scene) -> None:
        scene.needs(Ability.PRIVATE)
        cursor = scene.now_read()
        secret = scene.world.make_private_mention("between us")
        scene.arrived(scene.world.make_mention("for all"), cursor)
        page = scene.fetch(cursor)
        assert secret not in [post.id for post in page.posts]
        assert "between us" not in repr(page)

    def test_a_thread_puts_parents_before_answers_and_marks_our_own(self, scene: Scene) -> None:
        scene.has(Capability.THREAD)
        first, *others = scene.world.make_thread(["A question", "More of it", "And more"])
        parent = scene.arrived(first)
        thread = scene.connector.thread(scene.call, others[-1])
        ids = [post.id for post in thread.posts]
        assert thread.root_id == first
        assert set(ids) >= {first, *others}
        assert all(ids.index(post.parent_id) < ids.index(post.id) for post in thread.posts if post.parent_id in ids)
        assert not any(post.is_own for post in thread.posts if post.id in (first, *others))
        if Capability.REPLY in scene.connector.spec.capabilities:
            ours = scene.posted(scene.intent(parent)).receipt.id
            around = {post.id: post.is_own for post in scene.shown_in_thread(first, ours)}
            assert around[ours]
            assert not any(around[one] for one in (first, *others))

    def test_refresh_tells_what_became_of_a_post_in_the_order_asked(self, scene: Scene) -> None:
        scene.needs(Ability.EDIT_PARENT)
        scene.needs(Ability.DELETE_PARENT)
        live, edited, deleted = (scene.mention(f"Number {number}").id for number in range(3))
        scene.world.edit_parent(edited, "Changed my mind")
        scene.world.delete_parent(deleted)
        states = scene.connector.refresh(scene.call, (deleted, live, edited))
        assert [state.id for state in states] == [deleted, live, edited]
        assert [state.status for state in states] == [PostStatus.DELETED, PostStatus.LIVE, scene.edited_status]
        assert states[0].post is None
        assert states[2].post is not None
        assert "Changed my mind" in states[2].post.text

    @_LOST
    def test_a_read_that_fails_says_so_and_keeps_to_its_time(self, scene: Scene, trouble: Trouble) -> None:
        scene.world.next_answer(trouble, to_write=False)
        begun = time.monotonic()
        with pytest.raises(ConnectorError) as error:
            scene.connector.fetch(replace(scene.call, timeout=IMPATIENT), scene.world.followed, None)
        assert error.value.fault is Fault.TRANSIENT
        assert time.monotonic() - begun < IMPATIENT + GRACE

    def test_a_read_beyond_the_rate_limit_says_when_to_come_back(self, scene: Scene) -> None:
        scene.world.next_answer(scene.world.refusals[Fault.RATE_LIMITED], to_write=False)
        with pytest.raises(ConnectorError) as error:
            scene.fetch(None)
        assert error.value.fault is Fault.RATE_LIMITED
        assert error.value.retry_at is not None
        assert error.value.retry_at > scene.call.now


class WritingConformance(Conformance):
    """What is asked of a connector's writes; nothing of one that only listens."""

    @pytest.fixture(autouse=True)
    def _replies(self, scene: Scene, request: pytest.FixtureRequest) -> None:
        # A subclass of several kits shares this fixture: only the checks of this one are about replies.
        if request.function.__name__ in vars(WritingConformance):
            scene.has(Capability.REPLY)

    def test_render_is_what_becomes_public_and_is_the_same_every_time(self, scene: Scene) -> None:
        text = "It lasts twelve hours & a bit.\n\nSee https://example.org/battery <really>"
        intent = scene.intent(scene.mention(), text)
        assert scene.intent(intent.parent, text).text == intent.text
        posted = scene.posted(intent)
        stored = scene.stored(posted.receipt.id)
        assert stored is not None
        assert normal(stored.text) == normal(intent.text)
        assert posted.text is None or normal(posted.text) == normal(intent.text)

    def test_measure_agrees_with_the_server_at_the_limit_and_beyond(self, scene: Scene) -> None:
        scene.needs(Ability.LENGTH)
        parent = scene.mention()
        context = scene.context(parent)
        limit = scene.connector.measure("x", context).limit
        room = limit - scene.connector.measure("x", context).used + 1
        fits, beyond = scene.intent(parent, "x" * room), scene.intent(parent, "x" * (room + 1))
        assert scene.connector.measure("x" * room, context).fits
        assert not scene.connector.measure("x" * (room + 1), context).fits
        scene.posted(fits)
        refused = scene.connector.reply(scene.call, beyond)
        assert isinstance(refused, Rejected)
        assert refused.fault is Fault.TOO_LONG

    @_LOST
    def test_a_reply_is_one_request_whatever_comes_back(self, scene: Scene, trouble: Trouble) -> None:
        intent = scene.intent(scene.mention())
        scene.world.next_answer(trouble)
        begun = time.monotonic()
        impatient = replace(scene.call, timeout=IMPATIENT)
        outcome, sent = scene.sends(lambda: scene.connector.reply(impatient, intent))
        assert sent == 1
        assert isinstance(outcome, Unknown), outcome
        assert outcome.detail
        assert time.monotonic() - begun < IMPATIENT + GRACE
        assert scene.connector.find_own_reply(scene.call, intent) is None

    @_LOST
    def test_a_reply_that_was_stored_before_the_answer_was_lost_is_adopted(
        self, scene: Scene, trouble: Trouble
    ) -> None:
        intent = scene.intent(
            scene.mention(), "Stored, and the answer lost: “twelve hours” – https://example.org/b?x=1&y=2"
        )
        scene.world.next_answer(replace(trouble, stored=True))
        impatient = replace(scene.call, timeout=IMPATIENT)
        outcome, sent = scene.sends(lambda: scene.connector.reply(impatient, intent))
        assert sent == 1
        assert isinstance(outcome, Unknown), outcome
        receipt = scene.connector.find_own_reply(scene.call, intent)
        assert receipt is not None
        assert scene.stored(receipt.id) is not None

    def test_another_reply_of_ours_is_never_mistaken_for_a_lost_one(self, scene: Scene) -> None:
        parent, other = scene.mention(), scene.mention()
        intent = scene.intent(parent)
        scene.posted(scene.intent(other))
        scene.posted(scene.intent(parent, "Something else entirely."))
        assert scene.connector.find_own_reply(scene.call, intent) is None

    def test_every_fault_is_named(self, scene: Scene) -> None:
        parent = scene.mention()
        assert {Fault.AUTH, Fault.GONE, Fault.RATE_LIMITED, Fault.TOO_LONG} <= set(scene.world.refusals)
        for fault, trouble in scene.world.refusals.items():
            scene.world.next_answer(trouble)
            outcome, sent = scene.sends(lambda: scene.connector.reply(scene.call, scene.intent(parent)))
            assert sent == 1
            assert isinstance(outcome, Rejected), (fault, outcome)
            assert outcome.fault is fault
            assert outcome.detail
            assert (outcome.retry_at is not None) == (fault is Fault.RATE_LIMITED)

    def test_a_reply_to_a_server_that_is_not_there_is_certainly_not_posted(self, scene: Scene) -> None:
        intent = scene.intent(scene.mention())
        outcome = scene.connector.reply(replace(scene.call, base_url=nowhere()), intent)
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.TRANSIENT

    def test_a_reply_to_what_is_gone_is_refused(self, scene: Scene) -> None:
        scene.needs(Ability.DELETE_PARENT)
        scene.needs(Ability.PARENT_CHECK)
        intent = scene.intent(scene.mention())
        scene.world.delete_parent(intent.parent.id)
        outcome, sent = scene.sends(lambda: scene.connector.reply(scene.call, intent))
        assert sent <= 1, "A connector may look first, and then sends nothing."
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.GONE

    def test_an_edit_changes_what_is_public_in_one_request(self, scene: Scene) -> None:
        scene.has(Capability.EDIT)
        intent = scene.intent(scene.mention())
        ours = scene.posted(intent).receipt.id
        better = scene.connector.render("It lasts thirteen hours.", scene.context(intent.parent))
        outcome, sent = scene.sends(lambda: scene.connector.edit(scene.call, ours, better))
        assert (type(outcome), sent) == (Posted, 1)
        stored = scene.stored(ours)
        assert stored is not None
        assert normal(stored.text) == normal(better)
        scene.world.next_answer(Trouble(status=503))
        outcome, sent = scene.sends(lambda: scene.connector.edit(scene.call, ours, better))
        assert (type(outcome), sent) == (Unknown, 1)

    def test_a_deletion_is_one_request_and_already_gone_counts_as_done(self, scene: Scene) -> None:
        scene.has(Capability.DELETE)
        ours = scene.posted(scene.intent(scene.mention())).receipt.id
        scene.world.next_answer(Trouble(Mishap.DROP))
        outcome, sent = scene.sends(lambda: scene.connector.delete(scene.call, ours))
        assert (type(outcome), sent) == (Unknown, 1)
        outcome, sent = scene.sends(lambda: scene.connector.delete(scene.call, ours))
        assert (type(outcome), sent) == (Posted, 1)
        # Who reads before writing sees that there is nothing to delete.
        outcome, sent = scene.sends(lambda: scene.connector.delete(scene.call, ours))
        assert isinstance(outcome, Posted)
        assert sent <= 1
        assert scene.stored(ours) is None


class MannersConformance(Conformance):
    """What is asked of a connector besides."""

    def test_the_spec_is_complete(self, scene: Scene) -> None:
        spec = scene.connector.spec
        assert spec.name
        assert spec.title
        assert spec.identities
        assert spec.settle.total_seconds() >= 0
        assert all(spec.secrets.values()), "Each secret says where to find it."
        assert set(scene.call.secrets) <= set(spec.secrets) | spec.renewed
        assert spec.policy.sources, "A policy says where it was read."

    def test_a_refusal_gives_its_rule_and_its_source(self, scene: Scene) -> None:
        assert isinstance(scene.connector.can_reply(scene.call, scene.mention()), Yes | No | Handoff)
        private = replace(scene.mention(), is_public=False)
        for post in (private, *scene.world.forbidden):
            answer = scene.connector.can_reply(scene.call, post)
            assert isinstance(answer, No | Handoff), post
            assert answer.rule
            assert answer.reason
            assert answer.source

    def test_permission_is_decided_without_the_network(self, scene: Scene) -> None:
        post = scene.mention()
        scene.connector.can_reply(replace(scene.call, base_url=nowhere()), post)

    def test_nothing_is_read_from_the_environment(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        intent = scene.intent(scene.mention())
        replies = Capability.REPLY in scene.connector.spec.capabilities
        watched = WatchedEnvironment()
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, nowhere())
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", watched)
            scene.fetch(None)
            outcome = scene.connector.reply(scene.call, intent)
        assert isinstance(outcome, Posted if replies else Rejected)
        assert watched.asked == []

    def test_no_secret_is_told_to_logs_errors_or_reprs(self, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        intent = scene.intent(scene.mention())
        told = [repr(scene.call)]
        for trouble in (Trouble(status=500), Trouble(Mishap.DROP), Trouble(status=401), Trouble(status=200, body="?")):
            scene.world.next_answer(trouble)
            told.append(repr(scene.connector.reply(scene.call, intent)))
            scene.world.next_answer(trouble, to_write=False)
            with pytest.raises(ConnectorError) as error:
                scene.fetch(None)
            told += traceback.format_exception(error.value)
        told.append(repr(scene.connector.reply(scene.call, intent)))
        everything = "\n".join([*told, caplog.text])
        assert not [name for name, secret in scene.call.secrets.items() if secret in everything]

    def test_a_secret_that_no_request_can_carry_is_refused_without_being_told(self, scene: Scene) -> None:
        spoiled = {name: f"{secret}\r\nX-Evil: 1 é" for name, secret in scene.call.secrets.items()}
        outcome, sent = scene.sends(
            lambda: scene.connector.reply(replace(scene.call, secrets=spoiled), scene.intent(scene.mention()))
        )
        assert (type(outcome), sent) == (Rejected, 0)
        assert not [secret for secret in scene.call.secrets.values() if secret in repr(outcome)]

    def test_what_is_no_capability_is_refused_without_asking(self, scene: Scene) -> None:
        """A connector that only listens takes no reply; and where nothing can be changed, nothing is tried."""
        intent = scene.intent(scene.mention())
        connector, has = scene.connector, scene.connector.spec.capabilities
        acts = {
            Capability.REPLY: lambda: connector.reply(scene.call, intent),
            Capability.EDIT: lambda: connector.edit(scene.call, intent.parent.id, intent.text),
            Capability.DELETE: lambda: connector.delete(scene.call, intent.parent.id),
        }
        for act in (act for capability, act in acts.items() if capability not in has):
            outcome, sent = scene.sends(act)
            assert isinstance(outcome, Rejected)
            assert outcome.detail
            assert sent == 0
        if Capability.REPLY not in has:
            assert connector.find_own_reply(scene.call, intent) is None
            assert isinstance(connector.can_reply(scene.call, intent.parent), No | Handoff)


class ConnectorConformance(ReadingConformance, WritingConformance, MannersConformance):
    """All that is asked of a connector. Subclass it and give it a fixture `world`."""
