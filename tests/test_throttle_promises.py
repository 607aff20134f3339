"""What limits promise on a real PostgreSQL: under any interleaving none is exceeded, and a reopening is exact."""

import multiprocessing
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from queue import Queue
from threading import Barrier, Thread
from typing import Any

import pytest
from conftest import DrivenClock
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, func, select, text
from throttle_world import PLATFORM, approve, approve_many, build

from bot import database, throttle
from bot.database import Sessions
from bot.models import COUNTED, PostRecord, Reply, ReplyState
from bot.throttle import Proposal
from guidelines.throttle import Action, Condition, Decision, Limit, Ruling, Scope, Selector, Unless, decide

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ADDRESSED = frozenset({Unless.ADDRESSED})

KINDS = (
    Limit("thread-most", Scope.THREAD, Condition.COUNT, 2),
    Limit("thread-window", Scope.THREAD, Condition.COUNT, 1, 90 * MINUTE, Action.HOLD),
    Limit("last-word", Scope.THREAD, Condition.LAST_WORD, unless=ADDRESSED),
    Limit("people", Scope.THREAD, Condition.EMPLOYEES, 1),
    Limit("author", Scope.AUTHOR, Condition.COUNT, 1, 200 * MINUTE),
    Limit("venue", Scope.VENUE, Condition.COUNT, 2, 60 * MINUTE, Action.HOLD),
    Limit("gap", Scope.VENUE, Condition.GAP, window=7 * MINUTE, action=Action.HOLD),
    Limit("account", Scope.ACCOUNT, Condition.COUNT, 3, 120 * MINUTE, Action.ASK),
    Limit("employee", Scope.EMPLOYEE, Condition.COUNT, 3, 100 * MINUTE),
    Limit("platform", Scope.PLATFORM, Condition.COUNT, 4, 90 * MINUTE),
    Limit("brand", Scope.BRAND, Condition.COUNT, 5, 240 * MINUTE),
    Limit("ads", Scope.ACCOUNT, Condition.COMMERCIAL, 0.34, 300 * MINUTE),
    Limit("words", Scope.BRAND, Condition.SIMILARITY, 0.85, 100 * MINUTE),
    Limit("share", Scope.THREAD, Condition.SHARE, 0.5, at_least=2),
)
WINDOWED = {Condition.COUNT, Condition.GAP}
TEXTS = (
    "Thanks for telling us! The export lives under Settings, Data, since version four.",
    "Sorry about the trouble today; the status page has the details and the next update.",
    "We looked into this with the team and there is no plan to change the free tier.",
)


class Interleavings(RuleBasedStateMachine):
    """Approvals, cancellations, failures, others' posts, clock jumps and changed limits, in any order."""

    sessions: Sessions
    engine: Engine
    now: datetime

    @initialize()
    def make_world(self) -> None:
        with self.engine.begin() as connection:
            names = "employee, account, venue, source, thread, throttle_limit, post, mention, draft, reply, reply_print"
            connection.execute(text(f"truncate {names} restart identity cascade"))
        self.world = build(self.sessions, self.now)
        self.world.person("Bo")
        self.world.account()
        self.world.venue()
        self.threads = [self.world.thread(venue) for venue in (*self.world.venues, self.world.venues[0])]
        self.posts = [self.world.post(thread, author=f"u{thread}") for thread in self.threads]
        self.limits: tuple[Limit, ...] = ()
        self.broken: list[str] = []

    @rule(chosen=st.lists(st.sampled_from(KINDS), unique=True, max_size=5))
    def change_limits(self, chosen: list[Limit]) -> None:
        self.limits = tuple(chosen)
        self.world.limits(*chosen)

    @rule(minutes=st.sampled_from([0, 1, 6, 7, 59, 60, 120, 300]))
    def time_passes(self, minutes: int) -> None:
        self.world.now += minutes * MINUTE

    @rule(thread=st.integers(0, 2), asks=st.booleans())
    def somebody_speaks(self, thread: int, asks: bool) -> None:
        mentioned = ["account-1"] if asks else []
        self.posts.append(self.world.post(self.threads[thread], author=f"u{thread}", mentioned=mentioned))

    @rule(
        post=st.integers(0, 50), person=st.integers(0, 1), account=st.integers(0, 1), words=st.integers(0, 3),
        commercial=st.booleans(), addressed=st.booleans(),
    )  # fmt: skip
    def somebody_approves(
        self, post: int, person: int, account: int, words: int, commercial: bool, addressed: bool
    ) -> None:
        fields: dict[str, Any] = {"text": TEXTS[words]} if words < len(TEXTS) else {}
        proposal = self.world.proposal(
            self.posts[post % len(self.posts)],
            employee_id=self.world.employees[person],
            account_id=self.world.accounts[account],
            is_commercial=commercial,
            addressed=addressed,
            **fields,
        )
        self._try(proposal)

    def _try(self, proposal: Proposal) -> None:
        with self.sessions() as session:
            foreseen = throttle.forecast(session, proposal, self.world.now)
        if foreseen.reopens_at is not None and not foreseen.allowed:
            self._must_open_exactly(proposal, foreseen)
        self._must_be_monotone(proposal, foreseen)
        reservation = self.world.approve(proposal)
        assert reservation.decision == foreseen
        if reservation.taken:
            self._must_hold(proposal, reservation.departs_at)

    def _must_open_exactly(self, proposal: Proposal, refused: Decision) -> None:
        opens = refused.reopens_at
        assert opens is not None
        with self.sessions() as session:
            assert throttle.forecast(session, proposal, opens).allowed
            assert not throttle.forecast(session, proposal, opens - SECOND).allowed

    def _must_be_monotone(self, proposal: Proposal, foreseen: Decision) -> None:
        raised = [
            each if each.condition is Condition.GAP else replace(each, number=each.number + 1) for each in self.limits
        ]
        with self.sessions() as session:
            found = throttle.counting.ledger_for(session, proposal, raised, self.world.now)
            after = decide(raised, found, self.world.now)
        assert after.allowed or not foreseen.allowed

    def _must_hold(self, proposal: Proposal, at: datetime) -> None:
        """Count by other means than the code under test: every window that holds the new reply, in plain Python."""
        with self.sessions() as session:
            replies = session.scalars(select(Reply).where(Reply.state.in_([*COUNTED, ReplyState.DELETED]))).all()
        for limit in self.limits:
            if limit.condition not in WINDOWED or (ADDRESSED & limit.unless):
                continue
            same = [reply.counted_at for reply in replies if _same(limit.scope, reply, proposal)]
            most = 1 if limit.condition is Condition.GAP else int(limit.number)
            assert _fullest(same, at, limit.window) <= most, limit.name

    @precondition(lambda self: hasattr(self, "world"))
    @rule(state=st.sampled_from([ReplyState.CANCELLED, ReplyState.FAILED, ReplyState.POSTED, ReplyState.DELETED]))
    def the_newest_reply_moves(self, state: ReplyState) -> None:
        with self.sessions() as session:
            none = session.scalar(select(func.count()).select_from(Reply)) == 0
        if not none:
            self.world.move(state)

    @rule(post=st.integers(0, 50))
    def somebody_crashes_while_approving(self, post: int) -> None:
        proposal = self.world.proposal(self.posts[post % len(self.posts)])
        session = self.sessions()
        approve(session, proposal, self.world.now)
        session.connection().detach()
        session.close()

    @invariant()
    def every_reply_left_its_print(self) -> None:
        if not hasattr(self, "world"):
            return
        with self.sessions() as session:
            missing = session.execute(
                text("select count(*) from reply left join reply_print on reply_id = id where reply_id is null")
            ).scalar_one()
        assert missing == 0


def _same(scope: Scope, reply: Reply, proposal: Proposal) -> bool:
    match scope:
        case Scope.THREAD:
            return reply.thread_id == proposal.thread_id
        case Scope.AUTHOR:
            return reply.author_external_id == proposal.author_external_id
        case Scope.VENUE:
            return reply.venue_id == proposal.venue_id
        case Scope.ACCOUNT:
            return reply.account_id == proposal.account_id
        case Scope.EMPLOYEE:
            return reply.approved_by_id == proposal.employee_id
        case _:
            return True


def _fullest(moments: list[datetime], at: datetime, window: timedelta | None) -> int:
    """The most replies in any window that holds `at`."""
    if window is None:
        return len(moments)
    starts = [moment for moment in moments if at - window < moment <= at]
    return max(sum(start <= moment < start + window for moment in moments) for start in starts)


def test_no_limit_is_ever_exceeded_whatever_happens_in_whatever_order(engine: Engine, clock: DrivenClock) -> None:
    sessions = database.sessions_of(engine)

    class Here(Interleavings):
        pass

    Here.sessions, Here.engine, Here.now = sessions, engine, clock()
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


RACED = (
    (Limit("brand", Scope.BRAND, Condition.COUNT, 5), 5),
    (Limit("venue", Scope.VENUE, Condition.COUNT, 3, timedelta(days=1)), 3),
    (Limit("words", Scope.BRAND, Condition.SIMILARITY, 0.85), 1),
    (Limit("author", Scope.AUTHOR, Condition.COUNT, 1), 1),
    (Limit("employee", Scope.EMPLOYEE, Condition.COUNT, 2), 2),
)


@pytest.mark.parametrize(("limit", "most"), RACED, ids=lambda each: getattr(each, "name", ""))
def test_of_many_approvals_in_many_threads_at_once_exactly_as_many_pass_as_the_limit_says(
    sessions: Sessions, clock: DrivenClock, limit: Limit, most: int
) -> None:
    world = build(sessions, clock())
    world.limits(limit)
    proposals = [
        world.proposal(world.post(world.thread(), author="same"), text=TEXTS[0]) for _ in range(16)
    ]  # fmt: skip
    barrier, answers = Barrier(len(proposals)), Queue[Ruling]()

    def act(proposal: Proposal) -> None:
        barrier.wait()
        answers.put(world.decide(proposal).ruling)

    threads = [Thread(target=act, args=(proposal,)) for proposal in proposals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert Counter(answers.queue)[Ruling.ALLOW] == most


PROCESSES, APPROVALS, CONNECTIONS = 8, 200, 3


def test_eight_processes_with_two_hundred_approvals_each_at_once_stay_exact(
    database_url: str, sessions: Sessions, clock: DrivenClock
) -> None:
    """Each process walks all threads in an order of its own, several at a time, so that they meet in every one."""
    world = build(sessions, clock())
    for _ in range(PROCESSES - 1):
        world.person()
    world.account()
    most, in_thread = 120, 2
    capped, free = world.accounts
    world.limits(
        Limit(
            "account",
            Scope.ACCOUNT,
            Condition.COUNT,
            most,
            timedelta(days=1),
            where=Selector(venues=frozenset({"plaza"})),
        ),
        Limit("thread", Scope.THREAD, Condition.COUNT, in_thread),
    )
    places = {capped: world.venues[0], free: world.venue("elsewhere")}
    posts = [
        (account, world.post(world.thread(places[account])))
        for account in (capped, free)
        for _ in range(APPROVALS // 2)
    ]
    proposals = [world.proposal(post, account_id=account) for account, post in posts]
    # One clean process imports all once; the eight are forked from it and so meet within milliseconds.
    spawning = multiprocessing.get_context("forkserver")
    spawning.set_forkserver_preload(["throttle_world"])
    start, answers = spawning.Event(), spawning.Queue()
    processes = [
        spawning.Process(
            target=approve_many,
            args=(database_url, _walk(proposals, number, employee), clock(), start, answers, CONNECTIONS),
        )
        for number, employee in enumerate(world.employees)
    ]
    for process in processes:
        process.start()
    start.set()
    decided = [answers.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(timeout=30)
    assert sum(tried for tried, _ in decided) == PROCESSES * APPROVALS
    with sessions() as session:
        counted = dict(session.execute(select(Reply.account_id, func.count()).group_by(Reply.account_id)).all())
        threads = session.execute(select(Reply.thread_id, func.count()).group_by(Reply.thread_id)).all()
    assert sum(allowed for _, allowed in decided) == sum(counted.values())
    assert counted == {capped: most, free: in_thread * APPROVALS // 2}
    assert max(number for _, number in threads) == in_thread


def _walk(proposals: list[Proposal], number: int, employee: int) -> list[Proposal]:
    """All proposals as one person makes them, beginning at another place than everybody else."""
    first = number * len(proposals) // PROCESSES
    return [
        replace(each, employee_id=employee, text=f"{each.text} {employee}")
        for each in proposals[first:] + proposals[:first]
    ]


def test_a_change_of_limits_waits_for_decisions_in_flight_and_holds_from_then_on(
    sessions: Sessions, clock: DrivenClock
) -> None:
    world = build(sessions, clock())
    world.limits()
    first, second = (world.proposal(world.post(world.thread())) for _ in range(2))
    changed = Queue[bool]()
    with sessions.begin() as deciding:
        assert approve(deciding, first, clock()).decision.allowed

        def tighten() -> None:
            with sessions.begin() as session:
                throttle.limits.take_hold(session)
            world.limits(Limit("brand", Scope.BRAND, Condition.COUNT, 1))
            changed.put(True)

        editor = Thread(target=tighten)
        editor.start()
        editor.join(timeout=0.3)
        assert changed.empty()
    editor.join(timeout=30)
    assert changed.get()
    assert world.decide(second).ruling is Ruling.REFUSE


def test_a_thread_whose_posts_were_purged_keeps_our_last_word(sessions: Sessions, clock: DrivenClock) -> None:
    """What others said is gone, so nobody is known to have spoken since; our own replies still count."""
    world = build(sessions, clock())
    world.limits(Limit("last", Scope.THREAD, Condition.LAST_WORD), Limit("share", Scope.THREAD, Condition.SHARE, 0.5))
    thread = world.thread()
    post = world.post(thread)
    world.post(thread)
    assert world.decide(world.proposal(post)).allowed
    world.now += MINUTE
    later = world.post(thread, author="u")
    assert world.decide(world.proposal(later)).allowed
    world.now += MINUTE
    with sessions.begin() as session:
        for row in session.scalars(select(PostRecord).where(PostRecord.thread_id == thread)):
            row.text, row.author_external_id, row.status = "", "", "deleted"  # type: ignore[assignment]
    refused = world.decide(world.proposal(post, platform=PLATFORM))
    assert {reason.limit for reason in refused.reasons} == {"last", "share"}
