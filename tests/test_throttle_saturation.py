"""Where we speak most, who speaks, and which limits are near."""

from datetime import timedelta

from conftest import DrivenClock
from throttle_world import build, insert_reply

from bot.database import Sessions
from bot.throttle.saturation import saturation
from guidelines.throttle import Action, Condition, Limit, Scope, Selector

DAY = timedelta(days=1)


def test_it_shows_places_people_and_the_limits_that_are_near(sessions: Sessions, clock: DrivenClock) -> None:
    world = build(sessions, clock())
    bo, quiet = world.person("Bo"), world.venue("quiet")
    busy = world.thread()
    for person, thread in ((1, busy), (1, busy), (bo, busy), (bo, world.thread(quiet))):
        proposal = world.proposal(world.post(thread), employee_id=person)
        with sessions.begin() as session:
            insert_reply(session, proposal, clock() - timedelta(hours=1))
    for _ in range(9):
        world.post(busy)
    limits = [
        Limit("venue-day", Scope.VENUE, Condition.COUNT, 4, DAY, Action.HOLD),
        Limit("brand-day", Scope.BRAND, Condition.COUNT, 40, DAY, Action.HOLD),
        Limit("quiet-day", Scope.VENUE, Condition.COUNT, 1, DAY, where=Selector(venues=frozenset({"quiet"}))),
        Limit("gap", Scope.VENUE, Condition.GAP, window=DAY),
    ]
    with sessions() as session:
        seen = saturation(session, limits, since=clock() - DAY, now=clock())
    assert [(share.name, share.ours, share.others) for share in seen.venues] == [("plaza", 3, 12), ("quiet", 1, 1)]
    assert seen.threads[0].share == 3 / 15
    assert [(speaker.name, speaker.replies) for speaker in seen.speakers] == [("Ana", 2), ("Bo", 2)]
    assert [(near.limit, near.subject, near.used, near.most) for near in seen.nearest] == [
        ("quiet-day", "quiet", 1, 1),
        ("venue-day", "plaza", 3, 4),
        ("brand-day", "all of us", 4, 40),
    ]


def test_where_nothing_was_said_there_is_nothing_to_show(sessions: Sessions, clock: DrivenClock) -> None:
    limits = [Limit("brand-day", Scope.BRAND, Condition.COUNT, 40, DAY, Action.HOLD)]
    with sessions() as session:
        seen = saturation(session, limits, since=clock() - DAY, now=clock())
    assert (seen.venues, seen.threads, seen.speakers, seen.nearest) == ((), (), (), ())
