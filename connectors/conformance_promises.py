"""What the host promises people about delivery, put to a connector and a server together.

The kit asks each call alone; these tests go the way that the host goes. Mix `PromisesConformance` into a test class
beside `ConnectorConformance`, or subclass it alone against a real server.
"""

import json
import time
from dataclasses import replace
from uuid import uuid4

import pytest

from connectors.base import (
    Capability,
    Connector,
    Cursor,
    Page,
    Posted,
    PostStatus,
    Receipt,
    ReplyIntent,
    Unknown,
)
from connectors.conformance import Conformance
from connectors.conformance_world import IMPATIENT, PATIENCE, Ability, Scene, normal
from connectors.fault_proxy import Mishap, Trouble

_LOST = {
    "drop": Trouble(Mishap.DROP),
    "hang": Trouble(Mishap.HANG),
    "truncate": Trouble(Mishap.TRUNCATE),
    "503": Trouble(status=503),
}

_POSTS_OVER_PAGES = 45
"""More than any of our connectors reads in one page of mentions."""


class PromisesConformance(Conformance):
    """Posted once, never under a post that is gone or changed, and nothing lost or repeated by a restart."""

    @pytest.mark.parametrize("stored", [True, False], ids=["stored", "not_stored"])
    @pytest.mark.parametrize("trouble", list(_LOST.values()), ids=list(_LOST))
    def test_a_reply_whose_answer_is_lost_is_posted_exactly_once(
        self, scene: Scene, trouble: Trouble, stored: bool
    ) -> None:
        scene.has(Capability.REPLY)
        intent = scene.intent(scene.mention(), f"It lasts twelve hours; we measured it. {uuid4().hex[:8]}")
        scene.world.next_answer(replace(trouble, stored=stored))
        receipt = _delivered(scene, intent)
        public = [one for one in scene.world.own_replies() if normal(one.text) == normal(intent.text)]
        assert [one.id for one in public] == [receipt.id]

    def test_a_parent_that_was_deleted_since_the_suggestion_is_seen_as_deleted(self, scene: Scene) -> None:
        scene.needs(Ability.DELETE_PARENT)
        parent = scene.mention("Does it float?")
        assert _status(scene, parent.id) is PostStatus.LIVE
        scene.world.delete_parent(parent.id)
        assert _status(scene, parent.id) is PostStatus.DELETED

    def test_a_parent_that_was_edited_since_the_suggestion_is_seen_as_edited(self, scene: Scene) -> None:
        scene.needs(Ability.EDIT_PARENT)
        parent = scene.mention("Does it float?")
        scene.world.edit_parent(parent.id, "Does it sink?")
        (state,) = scene.connector.refresh(scene.call, (parent.id,))
        assert state.status is scene.edited_status
        assert state.post is not None
        assert "Does it sink?" in state.post.text
        assert state.post.text != parent.text

    def test_a_restart_in_the_middle_of_paging_loses_and_repeats_nothing(self, scene: Scene) -> None:
        """Every page is read by a connector that has seen nothing before, twice: the first may have crashed."""
        scene.needs(Ability.PAGES)
        cursor = scene.now_read()
        wanted = [scene.world.make_mention(f"Number {number}") for number in range(_POSTS_OVER_PAGES)]
        seen: list[str] = []
        until = time.monotonic() + PATIENCE
        while not set(wanted) <= set(seen) and time.monotonic() < until:
            page = _after_a_restart(scene, cursor)
            again = _after_a_restart(scene, cursor)
            assert [post.id for post in again.posts[: len(page.posts)]] == [post.id for post in page.posts]
            cursor = page.cursor
            seen += [post.id for post in page.posts]
            if page.posts and len(wanted) == _POSTS_OVER_PAGES:
                wanted.append(scene.world.make_mention("Written while the pages were read"))
        assert sorted(one for one in seen if one in wanted) == sorted(wanted)
        assert len(seen) == len(set(seen))


def _delivered(scene: Scene, intent: ReplyIntent) -> Receipt:
    """Go the host's way: ask once; in doubt look, adopt what is there, and only where nothing is ask once more."""
    outcome = scene.connector.reply(replace(scene.call, timeout=IMPATIENT), intent)
    assert isinstance(outcome, Unknown), outcome
    found = _reborn(scene).find_own_reply(scene.call, intent)
    if found is None:
        second = _reborn(scene).reply(scene.call, intent)
        assert isinstance(second, Posted), second
        return second.receipt
    return found


def _status(scene: Scene, post_id: str) -> PostStatus:
    (state,) = scene.connector.refresh(scene.call, (post_id,))
    return state.status


def _after_a_restart(scene: Scene, cursor: Cursor | None) -> Page:
    kept = None if cursor is None else Cursor(json.loads(json.dumps(cursor)))
    return _reborn(scene).fetch(scene.call, scene.world.followed, kept)


def _reborn(scene: Scene) -> Connector:
    """A connector as a new process makes it."""
    return type(scene.connector)()
