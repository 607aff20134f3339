"""The record keeps itself: checkpoints are signed and told, and what is due is done."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import DrivenClock
from harbour import Harbour, settle
from sqlalchemy import select

from bot import audit, recordkeeping
from bot.audit import checkpoints
from bot.audit.story import story
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.models import Outgoing, PostRecord
from connectors.base import PostStatus


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock, tmp_path: Path) -> Harbour:
    world = settle(plaza, sessions, driven)
    return replace(world, deps=replace(world.deps, data_dir=tmp_path, compliance_channel="C0COMPLI01"))


def test_a_checkpoint_is_kept_in_a_file_and_told_in_slack_and_the_record_verifies_against_it(harbour: Harbour) -> None:
    harbour.hear("Does Harbour make a waterproof one?")
    recordkeeping.checkpoint(harbour.deps)
    signer = checkpoints.open_signer(harbour.deps.data_dir)
    kept = checkpoints.kept(harbour.deps.data_dir / checkpoints.FILE, signer.key)
    assert len(kept) == 1
    with harbour.deps.sessions() as session:
        told = session.scalars(select(Outgoing.text).where(Outgoing.channel == "C0COMPLI01")).one()
        assert (harbour.deps.data_dir / checkpoints.FILE).read_text().strip() in told
        assert audit.verify(session, kept).ok


def test_nothing_new_makes_no_new_checkpoint(harbour: Harbour, driven: DrivenClock) -> None:
    harbour.hear("Does Harbour make a waterproof one?")
    recordkeeping.checkpoint(harbour.deps)
    driven.advance(minutes=10)
    recordkeeping.checkpoint(harbour.deps)
    with harbour.deps.sessions() as session:
        assert len(session.scalars(select(Outgoing).where(Outgoing.channel == "C0COMPLI01")).all()) == 1


def test_what_a_platform_deleted_is_purged_and_the_record_still_verifies(harbour: Harbour) -> None:
    mention = harbour.hear("Does Harbour make a waterproof one?")
    reply = harbour.approve(mention)
    with harbour.deps.sessions.begin() as session:
        session.get_one(PostRecord, mention.post_id).status = PostStatus.DELETED
    recordkeeping.tidy(harbour.deps)
    with harbour.deps.sessions() as session:
        assert session.get_one(PostRecord, mention.post_id).text == ""
        told = story(session, reply.id)
        assert "waterproof" not in str([step.texts for step in told.steps])
        assert audit.verify(session).ok


def test_an_approval_keeps_the_conversation_as_we_saw_it(harbour: Harbour) -> None:
    root = harbour.plaza.post_as("Root", "What do you all read on?")
    mention = harbour.hear("I read on my Harbour, does it swim?", author="Leaf", in_reply_to=root)
    reply = harbour.approve(mention)
    with harbour.deps.sessions() as session:
        (approved,) = [step for step in story(session, reply.id).steps if step.kind == "reply.approved"]
    assert "What do you all read on?" in approved.texts["thread"]
    assert "does it swim?" in approved.texts["thread"]
