"""Others' posts, read again: what changes there changes here, and what is gone there is nowhere here in time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from booth import Fair, open_fair
from conftest import DrivenClock
from sqlalchemy import func, select, text

from bot import audit, budgets, delivery, outcomes, review, showing
from bot.audit import holds, purging
from bot.audit.selection import Selection
from bot.database import Sessions
from bot.models import (
    Account,
    Draft,
    Mention,
    MentionState,
    Outcome,
    Period,
    PostRecord,
    Reply,
    ReplyState,
)
from connectors.base import Condition, ConnectorError, Fault, Policy, PostState, PostStatus

DEADLINE = timedelta(hours=24)
SECRET = "zanzibar"
QUESTION = f"My {SECRET} Harbour Reader is broken and the red {SECRET} lamp blinks all night long, what can I do?"
ANSWER = "Hi, the Harbour team here. Sorry about that. Which version do you have?"


@pytest.fixture
def fair(sessions: Sessions, clock: DrivenClock) -> Fair:
    return open_fair(sessions, clock, Policy(purge_within=DEADLINE, sources=("https://booth.example/rules",)))


def places_with(fair: Fair, *words: str) -> set[str]:
    """Every table and column of the whole database, the job engine's too, in which one of these words stands."""
    found = set()
    of = "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'"
    with fair.deps.sessions() as session:
        for table, column, kind in session.execute(text(of)).all():
            shown = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            asked = text(f'select 1 from "{table}" where {shown} ilike any(:words) limit 1')
            if session.scalar(asked, {"words": [f"%{word}%" for word in words]}) is not None:
                found.add(f"{table}.{column}")
    return found


def state_of(fair: Fair, mention: Mention) -> MentionState:
    with fair.deps.sessions() as session:
        return session.get_one(Mention, mention.id).state


def post_of(fair: Fair, post_id: str) -> PostRecord:
    with fair.deps.sessions() as session:
        return session.scalars(select(PostRecord).where(PostRecord.external_id == post_id)).one()


def pass_time(fair: Fair, until: timedelta, step: timedelta = timedelta(hours=1)) -> None:
    end = fair.clock() + until
    while fair.clock() < end:
        fair.clock.moment = min(fair.clock() + step, end)
        outcomes.watch(fair.deps, fair.account.id)


@pytest.mark.parametrize("status", [PostStatus.DELETED, PostStatus.HIDDEN])
def test_what_was_deleted_there_stands_nowhere_here(fair: Fair, status: PostStatus) -> None:
    mention = fair.hear(QUESTION, author="quirkyhandle")
    post_id = "booth-1"
    ana = fair.person()
    quoting = f"You say the red {SECRET} lamp blinks all night long. [Why?] The Harbour team"
    review.save(fair.deps, mention.id, by=ana, text=quoting)
    reply = fair.approve(mention, ANSWER)
    delivery.post(fair.deps, reply.id)
    answer = fair.booth.write(f"Thank you, the {SECRET} lamp is fine now!", author="quirkyhandle", parent="booth-2")
    beside = fair.hear("A Harbour neighbour writes", author="quiet", parent=post_id)
    second = fair.approve(beside, "The Harbour team here, and glad that you say so.")
    fair.clock.advance(minutes=20)
    outcomes.watch(fair.deps, fair.account.id)
    fair.booth.edit_post(post_id, f"{QUESTION} It is {SECRET} blue now.")
    fair.clock.advance(hours=13)
    outcomes.watch(fair.deps, fair.account.id)
    assert {"post.text", "post.author_handle", "audit_text.text"} <= places_with(fair, SECRET, "quirkyhandle")
    fair.booth.status |= {post_id: status, answer: status}
    pass_time(fair, DEADLINE)
    assert places_with(fair, SECRET) == set()
    numbers = {"post.author_external_id", "reply.author_external_id"}
    assert places_with(fair, "quirkyhandle") == numbers, "by the platform's number limits and erasures know people"
    with fair.deps.sessions() as session:
        assert session.get_one(Reply, reply.id).text == ANSWER, "our own record stays"
        assert session.get_one(Reply, second.id).text.startswith("The Harbour team")
        assert session.get_one(Mention, mention.id).note.startswith("Its author or a moderator took the post away")
        assert audit.verify(session).ok


def test_a_card_says_that_its_post_was_taken_away(fair: Fair) -> None:
    mention = fair.hear(QUESTION)
    fair.booth.status["booth-1"] = PostStatus.DELETED
    fair.clock.advance(minutes=11)
    outcomes.watch(fair.deps, fair.account.id)
    card = showing.card(fair.deps, mention.id)
    assert (card.state, card.post.text, card.drafts) == (MentionState.GONE, "", ())
    assert "no longer kept here" in card.note


def test_a_persons_draft_that_builds_on_a_suggestion_outlives_it(fair: Fair) -> None:
    mention = fair.hear(QUESTION)
    with fair.deps.sessions() as session:
        suggested = session.scalars(select(Draft).where(Draft.mention_id == mention.id)).first()
    assert suggested is not None
    mine = review.save(fair.deps, mention.id, by=fair.person(), text="My own words.", draft_id=suggested.id)
    fair.booth.edit_post("booth-1", "Never mind, my Harbour Reader works again.")
    fair.clock.advance(minutes=11)
    outcomes.watch(fair.deps, fair.account.id)
    assert "Never mind" in showing.card(fair.deps, mention.id).post.text
    fair.booth.status["booth-1"] = PostStatus.DELETED
    fair.clock.advance(minutes=11)
    outcomes.watch(fair.deps, fair.account.id)
    with fair.deps.sessions() as session:
        assert session.get_one(Draft, mine.id).text == "My own words."


def test_every_kept_post_is_read_again_within_the_deadline_young_ones_more_often(fair: Fair) -> None:
    fair.hear(QUESTION)
    context = fair.booth.write("Another voice", parent="booth-1")
    for number in range(150):
        fair.booth.write(f"Voice {number} on the Harbour", author=f"author{number}")
    fair.bring(context)
    asked: dict[str, list[timedelta]] = {}
    began, refresh = fair.clock(), fair.booth.refresh

    def counted(call: object, post_ids: tuple[str, ...]) -> object:
        for post_id in post_ids:
            asked.setdefault(post_id, []).append(fair.clock() - began)
        return refresh(call, post_ids)  # type: ignore[arg-type]

    fair.booth.refresh = counted  # type: ignore[assignment, method-assign]
    pass_time(fair, timedelta(days=2), timedelta(minutes=30))
    assert len(asked) == len(fair.booth.posts)
    for times in asked.values():
        gaps = [later - earlier for earlier, later in zip([timedelta(0), *times], times, strict=False)]
        assert max(gaps) <= DEADLINE
    assert len(asked["booth-1"]) > 40, "its card is open"
    assert len(asked["booth-150"]) < 10


def test_a_post_that_cannot_be_read_again_in_time_goes_and_its_card_says_why(fair: Fair) -> None:
    mention = fair.hear(QUESTION)
    fair.booth.trouble = ConnectorError(Fault.TRANSIENT, "Down.")
    pass_time(fair, DEADLINE - timedelta(minutes=1))
    assert SECRET in post_of(fair, "booth-1").text
    pass_time(fair, timedelta(minutes=5))
    assert places_with(fair, SECRET) == set()
    card = showing.card(fair.deps, mention.id)
    assert card.state is MentionState.GONE
    assert "could not be asked for 24 hours" in card.note


def test_without_money_for_reading_the_deadline_is_kept_by_letting_go(sessions: Sessions, clock: DrivenClock) -> None:
    fair = open_fair(sessions, clock, Policy(purge_within=DEADLINE, cost_per_read=Decimal("0.005")))
    fair.hear(QUESTION)
    budgets.put(fair.deps, "booth", Period.MONTH, Decimal("0.001"), by=None)
    fair.booth.asked.clear()
    pass_time(fair, DEADLINE + timedelta(minutes=1), timedelta(hours=6))
    assert fair.booth.asked == []
    assert post_of(fair, "booth-1").text == ""


def test_another_account_takes_over_when_the_first_must_be_connected_again(fair: Fair) -> None:
    fair.hear(QUESTION)
    ana = fair.connect("ana", "U0ANA")
    with fair.deps.sessions.begin() as session:
        session.get_one(Account, fair.account.id).condition = Condition.REAUTH
    fair.clock.advance(hours=13)
    outcomes.watch(fair.deps, ana.id)
    assert post_of(fair, "booth-1").checked_at == fair.clock()


def test_what_a_hold_covers_stays(fair: Fair) -> None:
    mention = fair.hear(QUESTION)
    with fair.deps.sessions.begin() as session:
        covers = Selection(subject=f"mention:{mention.id}")
        holds.place(session, "case", covers, reason="Counsel.", at=fair.clock(), by="operator")
    fair.booth.status["booth-1"] = PostStatus.DELETED
    pass_time(fair, DEADLINE + timedelta(hours=1), timedelta(hours=6))
    assert SECRET in post_of(fair, "booth-1").text
    assert state_of(fair, mention) is MentionState.GONE


def test_where_no_deadline_holds_only_open_mentions_are_read_again(fair: Fair) -> None:
    mention = fair.hear("Harbour at the stall", booth=fair.stall)
    review.dismiss(fair.deps, mention.id, by=fair.person(), reason="Nothing to say.")
    with fair.deps.sessions() as session:
        account = session.scalars(select(Account).where(Account.platform == "stall")).one()
    fair.stall.asked.clear()
    fair.clock.advance(days=3)
    outcomes.watch(fair.deps, account.id)
    assert fair.stall.asked == []


def test_an_answer_that_leaves_posts_out_or_a_connector_that_breaks_costs_nothing(fair: Fair) -> None:
    fair.hear(QUESTION)
    fair.booth.refresh = lambda call, post_ids: ()  # type: ignore[method-assign]
    fair.clock.advance(minutes=11)
    outcomes.watch(fair.deps, fair.account.id)
    fair.booth.trouble = KeyError("status")
    del fair.booth.refresh
    outcomes.watch(fair.deps, fair.account.id)
    assert SECRET in post_of(fair, "booth-1").text


@pytest.mark.parametrize(
    ("draft", "post", "does"),
    [
        ("You said the red lamp blinks at night", "the red lamp blinks at night", True),
        ("Sorry about that.", "My lamp is broken", False),
        ("“Broken!” is hard to hear.", "“Broken!”", True),
        ("Anything", "", False),
    ],
)
def test_a_draft_quotes_what_it_repeats_in_a_row(draft: str, post: str, does: bool) -> None:
    assert purging.quotes(draft, post) is does


def test_what_a_colleague_answers_from_an_account_of_their_own_is_no_outcome(fair: Fair) -> None:
    reply = fair.approve(fair.hear(QUESTION), ANSWER)
    delivery.post(fair.deps, reply.id)
    fair.connect("ana", "U0ANA")
    fair.booth.write("Thank you, colleague!", author="ana", parent="booth-2")
    fair.booth.write("Thank you!", parent="booth-2")
    fair.clock.advance(minutes=20)
    outcomes.watch(fair.deps, fair.account.id)
    with fair.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Outcome)) == 1


def test_a_reply_that_moderators_let_through_goes_by_the_id_it_has_then(fair: Fair) -> None:
    reply = fair.approve(fair.hear(QUESTION), ANSWER)
    with fair.deps.sessions.begin() as session:
        row = session.get_one(Reply, reply.id)
        row.begin_sending(owner="x", at=fair.clock(), lease=fair.deps.lease)
        row.pending_remote(external_id="held-7", url="", detail="", at=fair.clock())
    post_id = fair.booth.write(ANSWER, author="harbour", parent="booth-1")
    fair.booth.refresh = lambda call, post_ids: tuple(  # type: ignore[method-assign]
        PostState(each, PostStatus.LIVE, fair.booth.posts[post_id]) for each in post_ids if each == "held-7"
    )
    fair.clock.advance(minutes=20)
    outcomes.watch(fair.deps, fair.account.id)
    public = fair.reply(reply)
    assert (public.state, public.external_id) == (ReplyState.POSTED, post_id)
