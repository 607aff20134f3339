"""Limits as sentences and as JSON: what is said can be read, and nonsense is answered in plain words."""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidelines.throttle import (
    DEFAULTS,
    Action,
    Condition,
    Limit,
    LimitError,
    Scope,
    Selector,
    Unless,
    parse_terms,
    problems,
    read_sentence,
    sentence,
    terms_of,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("limit", DEFAULTS, ids=lambda limit: str(limit.name))
def test_every_default_can_be_said_and_read_back(limit: Limit) -> None:
    assert read_sentence(limit.name, sentence(limit), reason=limit.reason) == limit
    assert parse_terms(limit.name, terms_of(limit)) == limit


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        (
            "At most 2 replies in a thread, on Reddit, per 7 days.",
            Limit("n", Scope.THREAD, Condition.COUNT, 2, 7 * DAY, where=Selector(platforms=frozenset({"reddit"}))),
        ),
        (
            "at most 1 reply to an author per week unless they address us or it is urgent; ask a manager",
            Limit("n", Scope.AUTHOR, Condition.COUNT, 1, 7 * DAY, Action.ASK, unless=frozenset(Unless)),
        ),
        (
            "At least 90 minutes between replies from an account, in r/python or \"Ask, here\"; hold",
            Limit(
                "n", Scope.ACCOUNT, Condition.GAP, window=timedelta(minutes=90), action=Action.HOLD,
                where=Selector(venues=frozenset({"r/python", "Ask, here"})),
            ),
        ),
        (
            "No reply in a venue from 22:00 to 7:30, as brand, answering praise or other; then hold",
            Limit(
                "n", Scope.VENUE, Condition.QUIET_HOURS, action=Action.HOLD, quiet_from=time(22), quiet_to=time(7, 30),
                where=Selector(identities=frozenset({"brand"}), kinds=frozenset({"praise", "other"})),
            ),
        ),
        (
            "At most 12.5% of the posts in a thread of 8 posts or more, deleted ones aside, until 2026-12-24",
            Limit(
                "n", Scope.THREAD, Condition.SHARE, 0.125, at_least=8, counts_deleted=False,
                until=datetime(2026, 12, 24, tzinfo=UTC),
            ),
        ),
    ],
)  # fmt: skip
def test_people_write_limits_as_sentences(said: str, limit: Limit) -> None:
    assert read_sentence("n", said) == limit
    assert read_sentence("n", sentence(limit)) == limit


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("Please be nice", "does not begin like a limit"),
        ("At most 2 replies in a thread per 0 days", "longer than nothing"),
        ("At most 2 replies in a thread per -3 days", "longer than nothing"),
        ("At most 2 replies in a thread per fortnight", "not a length of time"),
        ("At most 2 replies in a thread per 9999 weeks", "ten years"),
        ("At most -2 replies in a thread", "not a count"),
        ("At most 2 replies in a thread, when it rains", "“when it rains” could not be understood"),
        ("At most 120% commercial replies in all per day", "not a share"),
        ("At most 2.5.1% commercial replies in all per day", "not a share"),
        ("At most 10% commercial replies from an account", "needs a window"),
        ("No reply in a venue from 25:00 to 07:00", "not a time of day"),
        ("No reply in a venue from 07:00 to 07:00", "all day"),
        ("No reply in a thread from 22:00 to 07:00", "cannot be counted per thread"),
        ("Never twice in a row in a thread; then hold", "time alone never opens it"),
        ("At most 2 replies in a thread, until 2026-13-45", "names no day"),
    ],
)
def test_a_sentence_that_means_nothing_is_answered_in_words(said: str, complaint: str) -> None:
    with pytest.raises(LimitError, match=complaint):
        parse_terms("n", {"sentence": said})


@pytest.mark.parametrize(
    ("terms", "complaint"),
    [
        ({}, "not a known scope"),
        ({"scope": "galaxy", "condition": "count"}, "“galaxy” is not a known scope"),
        ({"scope": "thread", "condition": "count", "number": "two"}, "“two” is not a number"),
        ({"scope": "thread", "condition": "count", "number": True}, "not a number"),
        ({"scope": "thread", "condition": "count", "number": float("nan")}, "not a number"),
        ({"scope": "thread", "condition": "count", "number": 1.5}, "not a count"),
        ({"scope": "thread", "condition": "count", "number": 1, "window": 7}, "must be a text"),
        ({"scope": "thread", "condition": "count", "number": 1, "colour": "red"}, "“colour” is not a term"),
        ({"scope": "thread", "condition": "count", "where": {"planets": ["x"]}}, "cannot be selected by"),
        ({"scope": "thread", "condition": "count", "where": {"venues": "x"}}, "list of names"),
        ({"scope": "thread", "condition": "count", "unless": ["raining"]}, "“raining” is not a known unless"),
        ({"scope": "thread", "condition": "count", "counts_deleted": "no"}, "true or false"),
        ({"scope": "thread", "condition": "count", "until": "soon"}, "not a moment"),
        ({"scope": "thread", "condition": "gap"}, "needs a window"),
        ({"scope": "venue", "condition": "quiet_hours"}, "a beginning and an end"),
    ],
)
def test_terms_that_make_no_sense_name_the_limit_and_the_mistake(terms: dict[str, Any], complaint: str) -> None:
    with pytest.raises(LimitError, match=f"Limit “odd”.*{complaint}"):
        parse_terms("odd", terms)


names = st.frozensets(
    st.text("abcdefgh/_- ,", min_size=1, max_size=8).filter(lambda name: name.strip() == name), max_size=2
)
lower = st.frozensets(st.sampled_from(["reddit", "mastodon", "my forum"]), max_size=2)
windows = st.one_of(st.none(), st.integers(1, 86_400 * 400).map(lambda seconds: timedelta(seconds=seconds)))
limits = st.builds(
    Limit,
    name=st.just("n"),
    scope=st.sampled_from(Scope),
    condition=st.just(Condition.COUNT),
    number=st.integers(0, 99),
    window=windows,
    action=st.sampled_from([Action.ASK, Action.REFUSE]),
    where=st.builds(Selector, platforms=lower, venues=names, authors=names),
    unless=st.frozensets(st.sampled_from(Unless)),
    counts_deleted=st.booleans(),
    until=st.one_of(st.none(), st.just(NOW)),
)


@given(limits)
@settings(max_examples=300, deadline=None)
def test_any_limit_that_is_said_is_read_back_the_same(limit: Limit) -> None:
    assert read_sentence("n", sentence(limit)) == limit
    assert parse_terms("n", terms_of(limit)) == limit


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_is_read_or_refused(said: str) -> None:
    for beginning in ("", "At most 3 replies in a thread, "):
        with suppress(LimitError):
            parse_terms("n", {"sentence": beginning + said})


def limit_of(name: str, said: str) -> Limit:
    return parse_terms(name, {"sentence": said})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("At most 0 replies in a venue per day",), "“1” blocks everything"),
        (("At most 100% of the posts in a thread",), "“1” can never bind"),
        (("At most 3 replies in a thread, until 2020-01-01",), "“1” has already ended"),
        (("At most 3 replies in a thread, on myspace",), "about myspace, which is not connected"),
        (("At most 3 replies in a venue, in gone per day",), "about the venue gone, which does not exist"),
        (("At most 3 replies in a thread", "At most 2 replies in a thread"), "“1” can never bind, for “2” is stricter"),
        (
            ("At most 3 replies in a venue per day; then refuse", "At most 3 replies in a venue per day; then hold"),
            "“1” contradicts “2”",
        ),
        (("At most 3 replies in a thread", "At most 3 replies in a thread"), "“1” and “2” say the same"),
        (
            ("At least 5 minutes between replies in all", "At least 9 minutes between replies in all"),
            "“2” is stricter",
        ),
    ],
)  # fmt: skip
def test_odd_sets_of_limits_are_pointed_out(said: tuple[str, ...], expected: str) -> None:
    found = problems(
        [limit_of(str(number), each) for number, each in enumerate(said, 1)],
        now=NOW, platforms=["mastodon"], venues={"plaza": "UTC"},
    )  # fmt: skip
    assert [problem for problem in found if expected in problem], found
    assert len(found) == 1


def test_a_venue_with_an_unknown_zone_is_pointed_out() -> None:
    assert "“Mars/Olympus”" in problems([], now=NOW, venues={"plaza": "Mars/Olympus"})[0]


def test_the_defaults_are_sound_and_narrower_exceptions_are_no_contradiction() -> None:
    assert problems(DEFAULTS, now=NOW) == []
    wide = limit_of("wide", "At most 3 replies in a thread; then ask a manager")
    ladder = limit_of("ladder", "At most 9 replies in a thread; then refuse")
    narrow = limit_of("narrow", "At most 1 reply in a thread, on mastodon")
    excepted = limit_of("excepted", "At most 2 replies in a thread, unless they address us")
    assert problems([wide, ladder, narrow, excepted], now=NOW) == []
