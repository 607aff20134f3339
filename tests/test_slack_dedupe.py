"""Slack delivers at least once; the app, given signed requests, acts once, and forgets nothing that failed."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import slack_world
from slack_bolt import BoltRequest, BoltResponse
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_world import World
from sqlalchemy import select

from bot.database import Sessions
from bot.demo.slack import LocalSlack, chorus_app, harbour
from bot.models import SeenRequest, Thread
from bot.slack import app as slack_app
from bot.slack.blocks import Json
from bot.slack.dedupe import OnceApp, key_of, turn
from bot.slack.later import Later
from bot.slack.manifest import manifest

SECRET = "a signing secret"


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as running:
        yield running


@pytest.fixture
def world(sessions: Sessions) -> World:
    return slack_world.build(sessions, lambda: datetime.now(UTC), undo=timedelta(seconds=60))


@pytest.fixture
def app(slack: LocalSlack, world: World) -> OnceApp:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
    return slack_app.build(world.deps, client, signing_secret=SECRET, linger=10)


def signed(body: str, content_type: str, *, secret: str = SECRET, age: int = 0, **headers: str) -> BoltRequest:
    stamp = str(int(time.time()) - age)
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    told: dict[str, str | Sequence[str]] = {
        "x-slack-signature": [signature],
        "x-slack-request-timestamp": [stamp],
        "content-type": [content_type],
    }
    return BoltRequest(body=body, headers=told | {name.replace("_", "-"): [value] for name, value in headers.items()})


def clicked(payload: Json, **options: int | str) -> BoltRequest:
    body = urlencode({"payload": json.dumps(payload)})
    return signed(body, "application/x-www-form-urlencoded", **options)  # type: ignore[arg-type]


def click(slack: LocalSlack, action_id: str, mention: int, *, ts: str = "1795300000.000100") -> Json:
    ana = slack.person("ana").id
    return {
        "type": "block_actions",
        "team": {"id": slack.seed.team_id},
        "user": {"id": ana, "team_id": slack.seed.team_id},
        "api_app_id": slack.app.id,
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": action_id, "action_ts": ts, "value": str(mention)}],
    }


def event(user: str, event_id: str) -> str:
    inner = {"type": "app_home_opened", "user": user, "tab": "home", "event_ts": "1.2"}
    return json.dumps(
        {"type": "event_callback", "team_id": "T1", "event_id": event_id, "event": inner, "authorizations": []}
    )


def keys(world: World) -> list[str]:
    with world.sessions() as session:
        return [seen.key for seen in session.query(SeenRequest)]


def kept(world: World) -> list[str]:
    """The keys of what was acknowledged and is not done."""
    with world.sessions() as session:
        return list(session.scalars(select(SeenRequest.key).where(SeenRequest.body.is_not(None))))


def test_a_click_that_comes_twice_is_done_once(slack: LocalSlack, world: World, app: OnceApp) -> None:
    mention = world.mention()
    again = click(slack, "mention.claim", mention)
    first = app.dispatch(clicked(again))
    claimed = world.card(mention).claimed_until
    second = app.dispatch(clicked(again))
    assert (first.status, second.status) == (200, 200)
    assert world.card(mention).claimed_until == claimed
    app.dispatch(clicked(click(slack, "mention.claim", mention, ts="1795300001.000100")))
    assert world.card(mention).claimed_until != claimed


def test_twins_that_come_at_once_are_done_once(slack: LocalSlack, world: World, app: OnceApp) -> None:
    mention = world.mention()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(app.dispatch, [clicked(click(slack, "mention.claim", mention)) for _ in range(6)]))
    assert {answer.status for answer in answers} == {200}
    with world.sessions() as session:
        claims = session.connection().exec_driver_sql("select count(*) from audit_entry where kind = 'mention.claimed'")
        assert claims.scalar_one() == 1


def test_a_refused_click_may_be_made_again(slack: LocalSlack, world: World, app: OnceApp) -> None:
    world.roles[slack.person("ana").id] = ()
    mention = world.mention()
    again = click(slack, "mention.claim", mention)
    app.dispatch(clicked(again))
    assert keys(world) == []
    world.roles.clear()
    app.dispatch(clicked(again))
    assert world.card(mention).claimed_by != ""


def test_an_event_that_failed_is_taken_when_it_comes_again(slack: LocalSlack, world: World, app: OnceApp) -> None:
    ana = slack.person("ana")
    slack.faults.server_error("views.publish")
    body = event(ana.id, "Ev1")
    assert app.dispatch(signed(body, "application/json")).status == 500
    assert keys(world) == []
    retried = signed(body, "application/json", x_slack_retry_num="1", x_slack_retry_reason="http_error")
    assert app.dispatch(retried).status == 200
    assert ana.home() is not None
    assert keys(world) == ["event:Ev1"]
    slack.faults.server_error("views.publish")
    assert app.dispatch(signed(body, "application/json")).status == 200
    slack.faults.clear()


@pytest.mark.parametrize(
    "forged",
    [
        lambda payload: clicked(payload, secret="another secret"),
        lambda payload: clicked(payload, age=600),
    ],
)
def test_a_forged_or_stale_request_is_refused_and_not_remembered(
    slack: LocalSlack, world: World, app: OnceApp, forged: Callable[[Json], BoltRequest]
) -> None:
    mention = world.mention()
    answer: BoltResponse = app.dispatch(forged(click(slack, "mention.claim", mention)))
    assert answer.status == 401
    assert world.card(mention).claimed_by == ""
    assert keys(world) == []


def test_people_of_other_workspaces_are_turned_away(slack: LocalSlack, world: World, app: OnceApp) -> None:
    mention = world.mention()
    foreign = click(slack, "mention.claim", mention)
    foreign["user"]["team_id"] = "T0STRANGER"
    assert app.dispatch(clicked(foreign)).status == 200
    assert world.card(mention).claimed_by == ""


def test_a_click_is_acknowledged_before_it_is_done(slack: LocalSlack, world: World) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
    app = slack_app.build(world.deps, client, signing_secret=SECRET)
    mention = world.mention()
    with world.sessions.begin() as somebody_else:
        somebody_else.execute(select(Thread).with_for_update())
        assert app.dispatch(clicked(click(slack, "mention.claim", mention))).status == 200
        assert kept(world)
    app.finish()
    assert world.card(mention).claimed_by != ""
    assert not kept(world)


def test_what_a_lost_process_acknowledged_is_done_by_the_next(slack: LocalSlack, world: World, app: OnceApp) -> None:
    mention, body = world.mention(), click(slack, "mention.claim", world.mention())
    body["actions"][0]["value"] = str(mention)
    past = datetime.now(UTC) - timedelta(minutes=2)
    with world.sessions.begin() as session:
        session.add(SeenRequest(key=key_of(body), at=past, body=body))
    other = click(slack, "mention.claim", world.mention(), ts="1795300009.000100")
    app.dispatch(clicked(other))
    until = time.monotonic() + 10
    while kept(world) and time.monotonic() < until:
        time.sleep(0.02)
    assert world.card(mention).claimed_by != ""


def test_a_click_under_way_is_left_to_whoever_does_it(sessions: Sessions) -> None:
    done: list[Json] = []

    def does(body: Json) -> bool:
        done.append(body)
        return True

    later = Later(sessions, lambda: datetime.now(UTC), does)
    with sessions.begin() as session:
        session.add(SeenRequest(key="action:fresh", at=datetime.now(UTC), body={"type": "block_actions"}))
    assert later.resume() == 0
    later.take("action:1", {"type": "block_actions", "message": {"text": "theirs"}, "token": "secret"}, linger=10)
    assert done == [{"type": "block_actions"}]


def test_a_click_that_breaks_stays_kept(sessions: Sessions) -> None:
    tries = iter([ValueError("broken"), None])
    moment = [datetime.now(UTC)]

    def does(_body: Json) -> bool:
        if error := next(tries):
            raise error
        return True

    later = Later(sessions, lambda: moment[0], does)
    later.take("action:1", {"type": "block_actions"}, linger=10)
    later.finish()
    moment[0] += timedelta(minutes=2)
    assert later.resume() == 1
    later.finish()
    with sessions() as session:
        assert session.get_one(SeenRequest, "action:1").body is None


def test_a_corrected_submission_is_no_repetition() -> None:
    def submission(text: str) -> Json:
        state = {"values": {"text.0": {"text": {"value": text}}}}
        return {"type": "view_submission", "view": {"id": "V1", "hash": "h", "state": state}}

    assert key_of(submission("one")) == key_of(submission("one"))
    assert key_of(submission("one")) != key_of(submission("two"))


def test_what_has_no_key_is_never_held_back() -> None:
    assert key_of({"type": "url_verification", "challenge": "x"}) == ""
    assert key_of({}) == ""


def test_what_was_not_done_is_forgotten(sessions: Sessions) -> None:
    now = datetime.now(UTC)
    with turn(sessions, "event:1", now) as first:
        assert first.is_first
    with turn(sessions, "event:1", now) as second:
        assert second.is_first
        second.is_done = True
    with turn(sessions, "event:1", now) as third:
        assert not third.is_first
