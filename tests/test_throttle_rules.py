"""What each limit says, and what all of them say together: pure, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidelines.throttle import (
    DEFAULTS,
    Action,
    Commercial,
    Condition,
    Entry,
    Ledger,
    Likeness,
    Limit,
    Place,
    Ruling,
    Scope,
    Selector,
    ThreadNow,
    Unless,
    decide,
    first_opening,
    platform_rule,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def entry(number: int, minutes: float, *, employee: int = 1, name: str = "Ana", commercial: bool = False) -> Entry:
    """A reply `minutes` from now; less than 0 is past."""
    return Entry(number, NOW + timedelta(minutes=minutes), employee, name, f"https://r/{number}", commercial)


def ledger(limit: Limit, *entries: Entry, **place: object) -> Ledger:
    found = tuple(sorted(entries, key=lambda each: each.at))
    return Ledger(place=Place(**place), entries={limit.basis: found})  # type: ignore[arg-type]


FIVE_A_DAY = Limit("venue-day", Scope.VENUE, Condition.COUNT, 5, DAY, Action.HOLD)
GAP = Limit("venue-gap", Scope.VENUE, Condition.GAP, window=20 * MINUTE, action=Action.HOLD)


def test_a_count_opens_when_the_oldest_counted_reply_leaves_the_window() -> None:
    replies = [entry(n, -60 * n) for n in range(1, 6)]
    decision = decide([FIVE_A_DAY], ledger(FIVE_A_DAY, *replies), NOW)
    assert decision.ruling is Ruling.HOLD
    assert decision.reopens_at == NOW - 5 * 60 * MINUTE + DAY
    assert [reply.reply_id for reply in decision.reasons[0].counted] == [5, 4, 3, 2, 1]


def test_a_gap_leaves_room_before_a_reply_that_waits_and_closes_around_it() -> None:
    waiting = ledger(GAP, entry(1, 60))
    assert decide([GAP], waiting, NOW).allowed
    assert decide([GAP], waiting, NOW + 41 * MINUTE).reopens_at == NOW + 80 * MINUTE


def test_replies_that_wait_for_the_same_morning_leave_one_gap_apart() -> None:
    quiet = Limit(
        "quiet", Scope.VENUE, Condition.QUIET_HOURS, action=Action.HOLD, quiet_from=time(11), quiet_to=time(14)
    )
    entries: list[Entry] = []
    for number in range(4):
        held = decide([quiet, GAP], ledger(GAP, *entries), NOW)
        assert held.reopens_at is not None
        entries.append(Entry(number, held.reopens_at))
    assert [each.at - NOW for each in entries] == [timedelta(minutes=120 + 20 * n) for n in range(4)]


def test_the_last_word_is_not_ours_twice_unless_they_ask() -> None:
    limit = Limit("last", Scope.THREAD, Condition.LAST_WORD, unless=frozenset({Unless.ADDRESSED}))
    ours = Ledger(Place(), ThreadNow(others=4, ours=1, last_word_is_ours=True))
    decision = decide([limit], ours, NOW)
    assert (decision.ruling, decision.reopens_at) == (Ruling.REFUSE, None)
    assert decide([limit], replace(ours, place=Place(addressed=True)), NOW).allowed
    assert decide([limit], replace(ours, thread=ThreadNow(others=5, ours=1)), NOW).allowed


def test_a_third_person_is_asked_to_let_one_of_the_two_answer() -> None:
    limit = Limit("people", Scope.THREAD, Condition.EMPLOYEES, 2, 7 * DAY)
    spoken = (entry(1, -100, employee=1, name="Ana"), entry(2, -50, employee=2, name="Bo"), entry(3, -10, employee=1))
    assert decide([limit], ledger(limit, *spoken, employee_id=2), NOW).allowed
    refused = decide([limit], ledger(limit, *spoken, employee_id=3), NOW)
    assert refused.reasons[0].suggestion == "Let Ana or Bo answer: already part of this conversation."
    assert refused.reopens_at == NOW - 50 * MINUTE + 7 * DAY


@pytest.mark.parametrize(
    ("others", "ours", "allowed"),
    [(9, 0, True), (7, 2, True), (8, 2, False), (11, 2, False), (12, 2, True), (44, 10, True), (43, 10, False)],
)
def test_a_share_of_a_thread_counts_the_reply_that_would_be_added(others: int, ours: int, allowed: bool) -> None:
    limit = Limit("share", Scope.THREAD, Condition.SHARE, 0.2, at_least=10)
    decision = decide([limit], Ledger(Place(), ThreadNow(others, ours)), NOW)
    assert decision.allowed is allowed
    assert ((ours + 1) * 5 <= others + ours + 1 or others + ours < 10) is allowed


def test_a_refused_share_says_how_many_others_must_speak_first() -> None:
    limit = Limit("share", Scope.THREAD, Condition.SHARE, 0.2, at_least=10)
    assert "after 4 more posts by others" in decide([limit], Ledger(Place(), ThreadNow(8, 2)), NOW).message
    assert decide([limit], Ledger(Place(), ThreadNow(12, 2)), NOW).allowed


def test_a_commercial_reply_needs_nine_others_around_it() -> None:
    limit = Limit("ads", Scope.ACCOUNT, Condition.COMMERCIAL, 0.1, 30 * DAY)
    for plain, allowed in ((8, False), (9, True)):
        found = Ledger(Place(is_commercial=True), commercial={"ads": Commercial(plain, 0)})
        assert decide([limit], found, NOW).allowed is allowed
    assert decide([limit], Ledger(Place(), commercial={"ads": Commercial(8, 8)}), NOW).allowed


def test_a_commercial_share_opens_when_an_old_commercial_reply_leaves() -> None:
    limit = Limit("ads", Scope.ACCOUNT, Condition.COMMERCIAL, 0.1, 30 * DAY)
    old = Entry(1, NOW - 29 * DAY, is_commercial=True)
    timeline = (old, *(Entry(n, NOW - timedelta(hours=n)) for n in range(15, 1, -1)))
    found = Ledger(Place(is_commercial=True), commercial={"ads": Commercial(15, 1, timeline)})
    assert decide([limit], found, NOW).reopens_at == NOW + DAY
    assert not decide([limit], found, NOW + DAY - SECOND).allowed
    assert decide([limit], found, NOW + DAY).allowed


def test_a_text_that_reads_like_another_waits_until_that_one_is_old() -> None:
    limit = Limit("same", Scope.BRAND, Condition.SIMILARITY, 0.85, 30 * DAY)
    found = Ledger(Place(), similar={limit.basis: (Likeness(entry(1, -1440), 0.9), Likeness(entry(2, -5), 0.84))})
    decision = decide([limit], found, NOW)
    assert decision.reopens_at == NOW + 29 * DAY
    assert "90%" in decision.message


BERLIN = Limit("quiet", Scope.VENUE, Condition.QUIET_HOURS, quiet_from=time(22), quiet_to=time(7))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-21T20:59:59+00:00", None),
        ("2026-11-21T21:00:00+00:00", "2026-11-22T06:00:00+00:00"),
        ("2026-11-22T05:59:59+00:00", "2026-11-22T06:00:00+00:00"),
        ("2026-11-22T06:00:00+00:00", None),
        # The clocks go back on 25 October 2026 and forward on 28 March 2027: nights of ten and eight hours.
        ("2026-10-24T20:00:00+00:00", "2026-10-25T06:00:00+00:00"),
        ("2027-03-27T21:00:00+00:00", "2027-03-28T05:00:00+00:00"),
    ],
)
def test_quiet_hours_follow_the_venues_clock_through_every_night(at: str, opens: str | None) -> None:
    moment = datetime.fromisoformat(at)
    found = decide([BERLIN], Ledger(Place(timezone="Europe/Berlin")), moment)
    assert found.reopens_at == (opens and datetime.fromisoformat(opens))
    assert found.allowed is (opens is None)


@pytest.mark.parametrize("end", [time(2, 30), time(3)])
@pytest.mark.parametrize("day", [datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)])
def test_an_end_that_does_not_exist_or_exists_twice_still_ends_once(end: time, day: datetime) -> None:
    limit = replace(BERLIN, quiet_to=end)
    place = Ledger(Place(timezone="Europe/Berlin"))
    opens = decide([limit], place, day).reopens_at
    assert opens is not None
    assert opens - day < timedelta(hours=5)
    assert decide([limit], place, opens).allowed
    assert not decide([limit], place, opens - SECOND).allowed


def test_an_unknown_zone_is_read_as_utc_and_said_so() -> None:
    decision = decide([BERLIN], Ledger(Place(timezone="Mars/Olympus")), NOW.replace(hour=23))
    assert decision.reopens_at == NOW.replace(hour=7) + DAY
    assert "Mars/Olympus" in decision.message


def test_what_is_urgent_may_break_the_quiet_hours() -> None:
    night = NOW.replace(hour=23)
    quiet = [limit for limit in DEFAULTS if limit.condition is Condition.QUIET_HOURS]
    assert not decide(quiet, Ledger(Place()), night).allowed
    assert decide(quiet, Ledger(Place(urgency="high")), night).allowed


def test_a_limit_for_one_platform_says_nothing_elsewhere() -> None:
    limit = replace(GAP, where=Selector(platforms=frozenset({"reddit"})))
    assert decide([limit], ledger(limit, entry(1, -1), platform="mastodon"), NOW).allowed
    assert not decide([limit], ledger(limit, entry(1, -1), platform="reddit"), NOW).allowed


def test_a_limit_that_ends_opens_then() -> None:
    limit = Limit("pause", Scope.VENUE, Condition.COUNT, 0, DAY, until=NOW + DAY)
    assert decide([limit], Ledger(Place()), NOW).reopens_at == NOW + DAY
    assert decide([limit], Ledger(Place()), NOW + DAY).allowed


def test_the_strictest_wins_and_every_reason_is_kept() -> None:
    refuse = replace(GAP, name="b", action=Action.REFUSE)
    ask = replace(GAP, name="c", action=Action.ASK)
    decision = decide([GAP, ask, refuse], ledger(GAP, entry(1, -5)), NOW)
    assert decision.ruling is Ruling.REFUSE
    assert [reason.limit for reason in decision.reasons] == ["b", "c", "venue-gap"]


def test_a_manager_sets_aside_all_but_what_the_platform_itself_demands() -> None:
    rule = platform_rule("x", 1)
    found = Ledger(Place(platform="x"), entries={rule.basis: (entry(1, -5),), GAP.basis: (entry(1, -5),)})
    decision = decide([GAP, rule], found, NOW, override=True)
    assert decision.ruling is Ruling.REFUSE
    assert [reason.limit for reason in decision.overridden] == ["venue-gap"]
    assert decide([GAP], found, NOW, override=True).allowed


def test_what_is_kept_of_a_decision_names_nobody() -> None:
    limit = Limit("people", Scope.THREAD, Condition.EMPLOYEES, 1)
    kept = decide([limit], ledger(limit, entry(7, -1, name="Ana"), employee_id=9), NOW).as_json()
    assert "Ana" not in str(kept)
    assert "'counted': [7]" in str(kept)


def test_the_defaults_allow_a_first_reply_at_noon() -> None:
    assert decide(DEFAULTS, Ledger(Place()), NOW).allowed


moments = st.lists(st.integers(-3000, 3000), max_size=12)
counts = st.builds(
    lambda number, minutes, action: Limit("n", Scope.VENUE, Condition.COUNT, number, minutes * MINUTE, action),
    st.integers(0, 5),
    st.integers(1, 2000),
    st.sampled_from(Action),
)
quiets = st.builds(
    lambda start, length: replace(BERLIN, quiet_from=time(start), quiet_to=time((start + length) % 24)),
    st.integers(0, 23),
    st.integers(1, 23),
)


@given(count=counts, gap=st.integers(1, 300), quiet=quiets, minutes=moments)
@settings(max_examples=300, deadline=None)
def test_the_reopening_is_exact(count: Limit, gap: int, quiet: Limit, minutes: list[int]) -> None:
    """Refused one second before, allowed at it; and nothing in between was ever open."""
    space = replace(GAP, window=gap * MINUTE)
    limits = [count, space, quiet]
    found = replace(
        ledger(count, *(entry(n, at) for n, at in enumerate(minutes))), place=Place(timezone="Europe/Berlin")
    )
    opens = first_opening(limits, found, NOW)
    if opens is None:
        assert count.number == 0
        return
    assert decide(limits, found, opens).allowed
    for before in (opens - SECOND, NOW + (opens - NOW) / 2):
        assert before < NOW or before == opens or not decide(limits, found, before).allowed


@given(count=counts, minutes=moments)
@settings(max_examples=300, deadline=None)
def test_no_window_ever_holds_more_than_the_limit(count: Limit, minutes: list[int]) -> None:
    """Take every place that is offered, and look at every window of the result."""
    taken: list[datetime] = []
    for offset in minutes:
        now = NOW + offset * MINUTE
        entries = tuple(Entry(n, at) for n, at in enumerate(sorted(taken)))
        opens = first_opening([count], Ledger(Place(), entries={count.basis: entries}), now)
        if opens is not None:
            taken.append(opens)
    assert count.window is not None
    for first in taken:
        assert sum(first <= at < first + count.window for at in taken) <= count.number


@given(count=counts, more=st.integers(0, 5), minutes=moments)
@settings(max_examples=300, deadline=None)
def test_raising_a_number_never_refuses_more(count: Limit, more: int, minutes: list[int]) -> None:
    raised = replace(count, number=count.number + more)
    found = ledger(count, *(entry(n, at) for n, at in enumerate(minutes)))
    before, after = decide([count], found, NOW), decide([raised], found, NOW)
    assert after.allowed or not before.allowed
    if before.reopens_at is not None and not after.allowed:
        assert after.reopens_at is not None
        assert after.reopens_at <= before.reopens_at


@given(
    share=st.integers(0, 100), more=st.integers(0, 100), others=st.integers(0, 60), ours=st.integers(0, 20),
    present=st.integers(0, 5), people=st.integers(0, 5), likeness=st.floats(0, 1),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_raising_a_share_never_refuses_more(
    share: int, more: int, others: int, ours: int, present: int, people: int, likeness: float
) -> None:
    limits = [
        Limit("share", Scope.THREAD, Condition.SHARE, share / 100, at_least=5),
        Limit("people", Scope.THREAD, Condition.EMPLOYEES, people),
        Limit("ads", Scope.ACCOUNT, Condition.COMMERCIAL, share / 100, DAY),
        Limit("same", Scope.BRAND, Condition.SIMILARITY, share / 100, DAY),
    ]
    for limit in limits:
        added = more / 100 if limit.number < 1 or limit.condition is not Condition.EMPLOYEES else more
        raised = replace(limit, number=limit.number + added)
        found = Ledger(
            Place(employee_id=99, is_commercial=True),
            ThreadNow(others, ours),
            entries={limit.basis: tuple(entry(n, -n, employee=n + 1) for n in range(present))},
            commercial={"ads": Commercial(others + ours, ours)},
            similar={limit.basis: (Likeness(entry(1, -1), likeness),)},
        )
        assert decide([raised], found, NOW).allowed or not decide([limit], found, NOW).allowed
