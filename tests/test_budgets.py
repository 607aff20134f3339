"""Budgets: a platform's limits are kept before they are hit, money is counted, and everybody is told in time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from booth import Fair, open_fair
from conftest import DrivenClock
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot import budgets, delivery, desk, doubt, intake, outcomes, pacing
from bot.budgets import price_of, window
from bot.cli import budgets as budgets_cli
from bot.database import Sessions
from bot.errors import ChorusError, NotAllowed, OverBudget
from bot.models import (
    AuditEntry,
    Expense,
    MentionState,
    Notice,
    Period,
    Reply,
    ReplyState,
    RequestsLeft,
    Source,
    SourceState,
    Spending,
)
from connectors.base import Allowance, ConnectorError, Fault, Policy, Rejected

PRICES = Policy(
    cost_per_reply=Decimal("0.01"), cost_per_reply_with_link=Decimal("0.20"), cost_per_read=Decimal("0.005")
)
ANSWER = "Hi, the Harbour team here. Yes, it reads your own books without an account. Does that help?"


@pytest.fixture
def fair(sessions: Sessions, clock: DrivenClock) -> Fair:
    return open_fair(sessions, clock, PRICES)


def spent(fair: Fair) -> dict[Expense, Decimal]:
    with fair.deps.sessions() as session:
        rows = session.execute(select(Spending.kind, func.sum(Spending.amount)).group_by(Spending.kind))
        return {kind: amount for kind, amount in rows}  # noqa: C416  (a Row is no tuple)


def notices(fair: Fair) -> list[str]:
    with fair.deps.sessions() as session:
        return list(session.scalars(select(Notice.text).order_by(Notice.id)))


def look(fair: Fair) -> Source:
    intake.collect(fair.deps, fair.source.id)
    return fair.source_now()


def test_polling_slows_as_requests_run_out_and_says_so(fair: Fair, clock: DrivenClock) -> None:
    reset = clock() + timedelta(minutes=15)
    fair.booth.allowance = Allowance(300, reset)
    assert look(fair).pace == "", "there is plenty"
    clock.advance(seconds=30)
    fair.booth.allowance = Allowance(36, reset)
    source = look(fair)
    assert source.not_before is not None
    assert timedelta(minutes=1) < source.not_before - clock() < timedelta(minutes=5)
    assert source.pace.startswith("reads every ")
    assert source.pace.endswith(" instead of every 30 s: 36 of 300 requests left until 12:15 UTC")
    shown = desk.sources(fair.deps, by=fair.person(), named="booth")
    assert shown[0].detail == source.pace


def test_what_is_left_is_spread_over_all_sources_of_the_account_and_lasts_until_the_limit_resets(
    fair: Fair, clock: DrivenClock
) -> None:
    left, reset = 100, clock() + timedelta(minutes=15)
    fair.booth.allowance = Allowance(left, reset)
    looks = 0
    look(fair)
    left = 40
    while clock() < reset - timedelta(seconds=1):
        fair.booth.allowance = Allowance(left, reset)
        before = len(fair.booth.asked)
        source = look(fair)
        if len(fair.booth.asked) > before:
            left, looks = left - 1, looks + 1
        clock.moment = max(source.not_before or clock(), clock() + timedelta(seconds=5))
    assert left >= 2, "the last are kept for replies"
    assert looks > 5


def test_the_last_requests_are_kept_for_replies(fair: Fair, clock: DrivenClock) -> None:
    mention = fair.hear("Does the Harbour Reader work without an account?")
    reset = clock() + timedelta(minutes=10)
    fair.booth.allowance = Allowance(100, reset)
    look(fair)
    fair.booth.allowance = Allowance(2, reset)
    clock.advance(seconds=31)
    source = look(fair)
    assert source.not_before == reset
    assert "kept for replies" in source.pace
    reply = fair.approve(mention, ANSWER)
    delivery.post(fair.deps, reply.id)
    assert fair.reply(reply).state is ReplyState.POSTED
    before = fair.booth.asked.count("fetch")
    with fair.deps.sessions.begin() as session:
        session.get_one(Source, fair.source.id).not_before = None
    look(fair)
    assert fair.booth.asked.count("fetch") == before, "nobody asks while only the rest is left"
    clock.moment = reset + timedelta(seconds=1)
    look(fair)
    assert fair.booth.asked.count("fetch") == before + 1


def test_a_refusal_for_too_many_requests_holds_every_source_of_the_account(fair: Fair, clock: DrivenClock) -> None:
    reset = clock() + timedelta(minutes=5)
    fair.booth.trouble = ConnectorError(Fault.RATE_LIMITED, "Too many requests.", retry_at=reset)
    look(fair)
    with fair.deps.sessions.begin() as session:
        session.get_one(Source, fair.source.id).not_before = None
    fair.booth.asked.clear()
    assert look(fair).not_before == reset
    assert fair.booth.asked == []


def test_a_reply_waits_for_its_platform_instead_of_being_refused_by_it(fair: Fair, clock: DrivenClock) -> None:
    reset = clock() + timedelta(minutes=7)
    fair.booth.reply_allowance = Allowance(0, reset)
    first = fair.approve(fair.hear("Does the Harbour Reader float?"), ANSWER)
    delivery.post(fair.deps, first.id)
    second = fair.approve(fair.hear("And does it swim, like a Harbour seal would?"), "The Harbour team here: it sinks.")
    delivery.post(fair.deps, second.id)
    waiting = fair.reply(second)
    assert (waiting.state, waiting.not_before) == (ReplyState.APPROVED, reset)
    assert "takes no more replies" in waiting.detail
    assert fair.booth.asked.count("reply") == 1
    clock.moment = reset
    delivery.post(fair.deps, second.id)
    assert fair.reply(second).state is ReplyState.POSTED


def test_two_processes_keep_one_count_of_what_is_left(fair: Fair, clock: DrivenClock) -> None:
    reset = clock() + timedelta(minutes=5)

    def told(remaining: int) -> None:
        with fair.deps.sessions.begin() as session:
            pacing.note(session, fair.account, "mentions", Allowance(remaining, reset), at=clock())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(told, [40, 39, 38, 37]))
    with fair.deps.sessions() as session:
        row = session.scalars(select(RequestsLeft)).one()
    assert row.remaining in (37, 38, 39, 40)
    assert row.resets_at == reset


@given(remaining=st.integers(-5, 10_000), told=st.none() | st.integers(-100_000, 10_000_000))
def test_whatever_a_platform_says_of_its_limits_a_source_is_never_left_alone_for_more_than_a_day(
    remaining: int, told: int | None
) -> None:
    at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    end = pacing.end_of(at + timedelta(seconds=told) if told is not None else None, at)
    assert at < end <= at + timedelta(days=1)


def test_each_thing_that_costs_is_booked_once_with_the_thing_itself(fair: Fair) -> None:
    mention = fair.hear("Does the Harbour Reader float?")
    assert spent(fair) == {Expense.READ: Decimal("0.010")}, "the post, and its conversation"
    reply = fair.approve(mention, f"{ANSWER} See https://harbour.example/help")
    delivery.post(fair.deps, reply.id)
    delivery.post(fair.deps, reply.id)
    assert spent(fair)[Expense.REPLY_WITH_LINK] == Decimal("0.20")
    with fair.deps.sessions() as session:
        assert session.scalars(select(Spending.reply_id).where(Spending.reply_id.is_not(None))).all() == [reply.id]


def test_a_look_whose_page_somebody_else_kept_was_paid_all_the_same(fair: Fair) -> None:
    fair.booth.write("Harbour?")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: intake.collect(fair.deps, fair.source.id), range(2)))
    fetched = fair.booth.asked.count("fetch")
    assert spent(fair)[Expense.READ] == Decimal("0.005") * fetched


def test_a_reply_found_after_doubt_is_booked_and_one_posted_by_hand_is_not(fair: Fair) -> None:
    doubted = fair.approve(fair.hear("Does the Harbour Reader float?"), ANSWER)
    with fair.deps.sessions.begin() as session:
        reply = session.get_one(Reply, doubted.id)
        reply.begin_sending(owner="x", at=fair.clock(), lease=timedelta(0))
        reply.doubt("lost", look_at=fair.clock())
    doubt.found(fair.deps, doubted.id, by=fair.person(), url="https://booth.example/ours")
    assert spent(fair)[Expense.REPLY] == Decimal("0.01")


def test_a_warning_comes_at_four_fifths_and_polling_slows_to_fit_the_rest(fair: Fair, clock: DrivenClock) -> None:
    budgets.put(fair.deps, "booth", Period.DAY, Decimal("0.10"), by=None)
    for number in range(15):
        fair.booth.write(f"Harbour {number}")
    assert look(fair).pace == ""
    assert notices(fair) == []
    fair.booth.write("Harbour again")
    clock.advance(seconds=31)
    source = look(fair)
    assert source.pace.startswith("reads every ")
    assert "0.08 of 0.10 USD" in source.pace
    assert source.not_before is not None
    assert source.not_before > clock() + timedelta(minutes=5)
    assert len(notices(fair)) == 1
    assert "chorus budgets set booth day" in notices(fair)[0]


def test_when_the_budget_is_spent_reading_stops_until_the_next_day_and_replies_say_what_to_do(
    fair: Fair, clock: DrivenClock
) -> None:
    mention = fair.hear("Does the Harbour Reader float?")
    waiting = fair.approve(fair.hear("May I take my Harbour to the sauna, or is that unwise?"), ANSWER)
    budgets.put(fair.deps, "booth", Period.DAY, Decimal("0.02"), by=None)
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    source = look(fair)
    assert source.not_before == midnight
    assert source.state is SourceState.ACTIVE
    assert "not read now" in source.pace
    with pytest.raises(OverBudget, match=r"would cost 0\.01 USD, and 0 are left.*budgets set booth day"):
        fair.approve(mention, "The Harbour team here: it does not.")
    delivery.post(fair.deps, waiting.id)
    refused = fair.reply(waiting)
    assert (refused.state, refused.fault) == (ReplyState.FAILED, Fault.OVER_BUDGET)
    assert "reply" not in fair.booth.asked
    with fair.deps.sessions() as session:
        card = session.get_one(type(mention), waiting.mention_id)
        assert card.state is MentionState.OPEN
        assert "Your text is kept" in card.note
    clock.moment = midnight + timedelta(seconds=1)
    assert look(fair).pace == ""


def test_more_money_lets_sources_be_read_again_at_once(fair: Fair) -> None:
    fair.hear("Does the Harbour Reader float?")
    budgets.put(fair.deps, "booth", Period.MONTH, Decimal("0.01"), by=None)
    assert look(fair).not_before is not None
    budgets.put(fair.deps, "booth", Period.MONTH, Decimal(5), by=fair.person("U0MARA"))
    source = fair.source_now()
    assert (source.not_before, source.pace) == (None, "")


def test_of_two_replies_at_once_only_one_takes_the_last_money(fair: Fair) -> None:
    first = fair.approve(fair.hear("Does the Harbour Reader float?"), ANSWER)
    second = fair.approve(fair.hear("And does it swim, like a Harbour seal would?"), "The Harbour team here: it sinks.")
    with fair.deps.sessions() as session:
        gone = session.scalars(select(func.sum(Spending.amount))).one()
    # Each also reads its parent again before it leaves.
    budgets.put(fair.deps, "booth", Period.DAY, gone + Decimal("0.025"), by=None)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda reply: delivery.post(fair.deps, reply.id), (first, second)))
    assert fair.booth.asked.count("reply") == 1
    assert {fair.reply(first).state, fair.reply(second).state} == {ReplyState.POSTED, ReplyState.FAILED}


def test_budgets_are_versioned_recorded_and_for_managers(fair: Fair) -> None:
    for amount in (5, 7):
        budgets.put(fair.deps, "booth", Period.MONTH, Decimal(amount), timezone="Europe/Berlin", by=None)
    budgets.retire(fair.deps, "booth", Period.MONTH, by=fair.person("U0MARA"))
    with fair.deps.sessions() as session:
        assert [each.version for each in budgets.history(session, "booth", Period.MONTH)] == [1, 2]
        told = select(AuditEntry.kind).where(AuditEntry.kind.startswith("budget.")).order_by(AuditEntry.seq)
        assert session.scalars(told).all() == ["budget.changed", "budget.changed", "budget.retired"]
    assert budgets.overview(fair.deps) == ()
    with pytest.raises(NotAllowed):
        budgets.put(fair.deps, "booth", Period.DAY, Decimal(1), by=fair.person("U0BEN"))


@pytest.mark.parametrize(
    ("platform", "amount", "zone", "said"),
    [
        ("nowhere", "1", "UTC", "no connector"),
        ("booth", "-1", "UTC", "between 0"),
        ("booth", "NaN", "UTC", "between 0"),
        ("booth", "1", "Mars/Base", "no time zone"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(fair: Fair, platform: str, amount: str, zone: str, said: str) -> None:
    with pytest.raises(ChorusError, match=said):
        budgets.put(fair.deps, platform, Period.DAY, Decimal(amount), timezone=zone, by=None)


@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
    period=st.sampled_from(Period),
)
def test_a_period_holds_its_moment_and_ends_where_the_next_begins(at: datetime, zone: str, period: Period) -> None:
    since, until = window(period, zone, at)
    assert since <= at < until
    assert window(period, zone, until)[0] == until
    assert since.astimezone(ZoneInfo(zone)).hour in (0, 1), "midnight, or an hour later where clocks jump over it"


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("No link here, e.g. none.", "0.01"),
        ("See https://harbour.example", "0.20"),
        ("See harbour.com/help for more", "0.20"),
        ("Write to me at ana@harbour.com", "0.01"),
        ("Version 3.5 costs 12.99 now", "0.01"),
    ],
)
def test_a_link_is_priced_as_one(text: str, price: str) -> None:
    assert price_of(PRICES, text)[1] == Decimal(price)


def test_a_refused_write_tells_the_others_to_wait(fair: Fair, clock: DrivenClock) -> None:
    reset = clock() + timedelta(minutes=3)
    reply = fair.approve(fair.hear("Does the Harbour Reader float?"), ANSWER)
    fair.booth.reply = lambda call, intent: Rejected(Fault.RATE_LIMITED, "Slow down.", reset)  # type: ignore[method-assign]
    delivery.post(fair.deps, reply.id)
    with fair.deps.sessions() as session:
        assert pacing.replies_wait_until(session, fair.account.id, at=clock()) == reset


def test_reading_our_replies_again_is_left_out_when_the_money_is_spent(fair: Fair, clock: DrivenClock) -> None:
    reply = fair.approve(fair.hear("Does the Harbour Reader float?"), ANSWER)
    delivery.post(fair.deps, reply.id)
    budgets.put(fair.deps, "booth", Period.DAY, Decimal("0.01"), by=None)
    clock.advance(minutes=20)
    fair.booth.asked.clear()
    outcomes.watch(fair.deps, fair.account.id)
    assert fair.booth.asked == []


def test_the_command_shows_sets_and_drops(fair: Fair) -> None:
    fair.hear("Does the Harbour Reader float?")
    app, run = budgets_cli.build(lambda: nullcontext(fair.deps)), CliRunner().invoke
    assert "version 1" in run(app, ["set", "booth", "month", "12.50", "--zone", "Europe/Berlin"]).output
    shown = run(app, ["show"]).output
    assert "12.50" in shown
    assert "0.0100" in shown
    assert run(app, ["drop", "booth", "month"]).exit_code == 0
    assert "No budget is set" in run(app, ["show"]).output


def test_who_looks_after_the_sources_finds_the_budgets_on_their_desk(fair: Fair) -> None:
    budgets.put(fair.deps, "booth", Period.DAY, Decimal(3), by=None)
    assert [str(each.amount) for each in desk.of(fair.deps, by=fair.person("U0MARA")).budgets] == ["3.0000"]
    assert desk.of(fair.deps, by=fair.person("U0BEN")).budgets == ()
