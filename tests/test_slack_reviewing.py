"""A compliance reviewer works through the queue in Slack, and a reply is deleted from its card, on a real Plaza."""

from collections.abc import Iterator
from itertools import count

import pytest
from harbour import without_limits
from plaza_stage import Company, Json, company
from sqlalchemy import delete, select, text

from bot import mending, signoff
from bot.audit import sampling
from bot.demo.slack import Person, PersonError
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.errors import ChorusError, Conflict, NotAllowed
from bot.models import Employee, Reply, ReplyState
from bot.models.audit import Disposition, ReviewItem

BETTER = "Hi, the Harbour team here. Yes: it reads your own books, and needs no account for that. Does that help?"
QUESTION = "Does the Harbour Reader {}?"
SUBJECTS = (
    "take my own books",
    "have a lamp for reading at night",
    "show newspapers in colour",
    "survive a fall into the bath",
    "let my children borrow comics",
    "speak a page aloud in Welsh",
    "charge from a solar panel",
    "remember where I stopped last year",
    "fit into the pocket of a coat",
    "know the words of old hymns",
)
_numbers = count()


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Company]:
    with company(postgres) as play:
        with play.harbour.deps.sessions.begin() as session:
            without_limits(session)
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Company) -> Iterator[None]:
    yield
    for person in (play.ana, play.ben, play.ruth):
        if person.views():
            person.close(everything=True)
    with play.harbour.deps.sessions.begin() as session:
        session.execute(delete(ReviewItem))
        session.execute(text("delete from procrastinate_jobs where task_name = 'mend'"))
        session.execute(text("delete from reply"))


def queued(play: Company, by: Person) -> tuple[Reply, int]:
    """A reply that this person approved, before the reviewers."""
    reply_id = play.posted(QUESTION.format(SUBJECTS[next(_numbers)]), by)
    with play.harbour.deps.sessions.begin() as session:
        item = sampling.enqueue(session, reply_id, ["override"], at=play.harbour.deps.now())
        session.flush()
        return session.get_one(Reply, reply_id), item.id


def public(play: Company, reply: Reply) -> str:
    """What Plaza shows of a reply; empty when it is not there."""
    return next((shown for post_id, shown, _ in play.harbour.ours() if post_id == reply.external_id), "")


def item_of(play: Company, item_id: int) -> ReviewItem:
    with play.harbour.deps.sessions() as session:
        return session.get_one(ReviewItem, item_id)


def at_home(person: Person, containing: str) -> Json:
    person.open_home()
    view: Json = person.wait_for(lambda: containing in words(person.home() or {}) and person.home())
    assert validate(view["blocks"], "home") == []
    return view


def opened(play: Company, item_id: int) -> Json:
    play.ruth.open_home()
    home = play.ruth.wait_for(lambda: f"'value': '{item_id}'" in str(play.ruth.home()) and play.ruth.home())
    assert "Chosen because: override" in words(home)
    assert validate(home["blocks"], "home") == []
    play.ruth.click(home, "review.open")
    window = play.ruth.wait_for_modal("Review")
    assert validate(window["blocks"], "modal") == []
    return window


def carry_out(play: Company) -> None:
    for asked in play.harbour.asked_for("mend"):
        mending.carry_out(play.harbour.deps, **asked)


def test_a_reviewer_sees_all_that_a_judgement_rests_on_and_opening_is_no_review(play: Company) -> None:
    reply, item_id = queued(play, play.ana)
    shown = words(opened(play, item_id))
    for part in (reply.text, "Does the Harbour Reader", "override", "What the guidelines said then", "as harbour"):
        assert part in shown
    looked = item_of(play, item_id)
    assert looked.opened_at is not None
    assert looked.disposition is None


def test_fine_needs_a_word_and_empties_the_queue(play: Company) -> None:
    _, item_id = queued(play, play.ana)
    opened(play, item_id)
    with pytest.raises(PersonError):
        play.ruth.submit(comment="No judgement was chosen.")
    with pytest.raises(PersonError):
        play.ruth.submit(disposition="fine", comment=" ")
    play.ruth.submit(disposition="fine", comment="Kind and short.")
    assert "Signed off: Fine" in words(play.ruth.modal())
    assert item_of(play, item_id).comment == "Kind and short."
    play.ruth.close(everything=True)
    at_home(play.ruth, "There is nothing to review.")


def test_fix_changes_the_public_text_and_tells_its_author(play: Company) -> None:
    reply, item_id = queued(play, play.ana)
    opened(play, item_id)
    with pytest.raises(PersonError) as refused:
        play.ruth.submit(disposition="fix", comment="Say it plainly.", text="Yes. [more]")
    assert "blank" in refused.value.details["errors"]["text"]
    assert item_of(play, item_id).disposition is None
    play.ruth.submit(disposition="fix", comment="Say it plainly.", text=BETTER)
    carry_out(play)
    assert play.harbour.again(reply).state is ReplyState.EDITED
    assert BETTER in public(play, reply)
    assert item_of(play, item_id).disposition is Disposition.FIX
    assert "edited since" in play.read(reply.mention_id)
    assert any("Say it plainly." in said for said in play.told(play.ana.id))


def test_remove_deletes_it_and_escalate_asks_others(play: Company) -> None:
    reply, item_id = queued(play, play.ana)
    opened(play, item_id)
    play.ruth.submit(disposition="remove", comment="It names a customer.")
    assert "has it deleted" in play.read(reply.mention_id)
    carry_out(play)
    assert public(play, reply) == ""
    assert "*Deleted*" in play.read(reply.mention_id)
    play.ruth.close(everything=True)
    _, other = queued(play, play.ben)
    by = play.employee(play.ruth)
    signoff.sign_off(play.harbour.deps, other, Disposition.ESCALATE, comment="Legal should look.", by=by)
    assert any("Legal should look." in said for said in play.told(play.harbour.deps.ops_channel))


def test_of_two_judgements_the_first_counts_and_starts_what_it_says_once(play: Company) -> None:
    _, item_id = queued(play, play.ana)
    by = play.employee(play.ruth)
    signoff.sign_off(play.harbour.deps, item_id, Disposition.FINE, comment="Fine.", by=by)
    with pytest.raises(Conflict, match="reviewed already"):
        signoff.sign_off(play.harbour.deps, item_id, Disposition.REMOVE, comment="No.", by=by)
    assert play.harbour.asked_for("mend") == []


def test_nobody_reviews_their_own_and_nobody_else_reviews(play: Company) -> None:
    reply, item_id = queued(play, play.ana)
    deps = play.harbour.deps
    with pytest.raises(NotAllowed):
        signoff.look(deps, item_id, by=play.employee(play.mara))
    with deps.sessions.begin() as session:
        session.get_one(Employee, reply.approved_by_id).roles = ["employee", "reviewer"]
    with deps.sessions() as session:
        ana = session.scalars(select(Employee).where(Employee.id == reply.approved_by_id)).one()
    for act in (
        lambda: signoff.look(deps, item_id, by=ana),
        lambda: signoff.sign_off(deps, item_id, Disposition.REMOVE, comment="Mine.", by=ana),
    ):
        with pytest.raises(ChorusError, match="approved this reply yourself"):
            act()


def test_who_approved_a_reply_deletes_it_from_its_card(play: Company) -> None:
    reply, _ = queued(play, play.ana)
    card = play.show(reply.mention_id)
    play.ben.choose(card, "mention.more", f"remove:{reply.mention_id}")
    play.ben.wait_for(
        lambda: [
            each
            for each in play.ben.messages("#mentions")
            if each.get("is_ephemeral") and "Only who approved" in each["text"]
        ]
    )
    assert play.ben.views() == []
    play.ana.choose(card, "mention.more", f"remove:{reply.mention_id}")
    window = play.ana.wait_for_modal("Delete our reply")
    assert validate(window["blocks"], "modal") == []
    assert reply.text in words(window)
    assert play.harbour.again(reply).mending_at is None
    play.ana.submit()
    carry_out(play)
    assert public(play, reply) == ""
    assert "*Deleted*" in play.read(reply.mention_id)
