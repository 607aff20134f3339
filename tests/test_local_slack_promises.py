"""Small parts of the local Slack that promise something for every input: text, timestamps, limits, ids."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_slack_kit import SocketApp, app_seed, client, local_slack

from bot.demo.slack import LocalSlack, SeedApp, events
from bot.demo.slack.rates import RateLimiter, Rates, Tier
from bot.demo.slack.state import State
from bot.demo.slack.text import canonical, escape, typed, unescape

_SLACKISH = st.lists(
    st.sampled_from(["<@U1>", "<!here>", "<", ">", "&", "&amp;", "&lt;", "<https://a.b|c>", "|", "a b", "@ana", "#x"])
    | st.text(max_size=4)
).map("".join)


@given(text=_SLACKISH)
def test_storing_a_stored_text_changes_nothing(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@given(text=_SLACKISH)
def test_an_escaped_text_is_stored_as_it_is_and_means_what_was_written(text: str) -> None:
    assert canonical(escape(text)) == escape(text)
    assert unescape(escape(text)) == text


@given(text=_SLACKISH)
def test_nothing_that_a_person_types_becomes_a_control_sequence_by_itself(text: str) -> None:
    mrkdwn, block = typed(text, user_named=lambda _: None, channel_named=lambda _: None)
    (section,) = block["elements"]
    assert {each["type"] for each in section["elements"]} <= {"text", "link", "broadcast", "emoji"}
    if "http" not in text and "@" not in text:
        assert mrkdwn == escape(text)
        words = "".join(each.get("text", "") for each in section["elements"])
        assert words == text or set("*_~`:") & set(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("*bold* and _slanted_", [("bold", {"bold": True}), (" and ", None), ("slanted", {"italic": True})]),
        ("*both _at once_*", [("both ", {"bold": True}), ("at once", {"bold": True, "italic": True})]),
        ("`a *literal* one`", [("a *literal* one", {"code": True})]),
        ("2*3*4 and snake_case_name", [("2*3*4 and snake_case_name", None)]),
        ("* not bold*", [("* not bold*", None)]),
        ("at 10:30:15", [("at 10:30:15", None)]),
        ("~gone~", [("gone", {"strike": True})]),
    ],
)
def test_marks_that_are_typed_become_what_they_mean(written: str, meant: list[tuple[str, object]]) -> None:
    mrkdwn, block = typed(written, user_named=lambda _: None, channel_named=lambda _: None)
    (section,) = block["elements"]
    assert [(each["text"], each.get("style")) for each in section["elements"]] == meant
    assert mrkdwn == written


def test_emoji_names_and_people_are_found_within_marks() -> None:
    mrkdwn, block = typed("*thanks @ana :tada:*", user_named=lambda _: "U1", channel_named=lambda _: None)
    (section,) = block["elements"]
    assert [each["type"] for each in section["elements"]] == ["text", "user", "text", "emoji"]
    assert section["elements"][1] == {"type": "user", "user_id": "U1", "style": {"bold": True}}
    assert mrkdwn == "*thanks <@U1> :tada:*"


def test_very_many_marks_are_read_in_time() -> None:
    began = time.perf_counter()
    typed(" *a" * 4000, user_named=lambda _: None, channel_named=lambda _: None)
    assert time.perf_counter() - began < 5


@given(gaps=st.lists(st.floats(0, 30), max_size=60), allowed=st.integers(1, 20))
def test_no_minute_ever_holds_more_calls_than_the_tier_allows(gaps: list[float], allowed: int) -> None:
    now = [0.0]
    limiter = RateLimiter(Rates(factor=allowed / Tier.TWO.value), lambda: now[0])
    passed = []
    for gap in gaps:
        now[0] += gap
        wait = limiter.call("A", "users.list", Tier.TWO)
        assert isinstance(wait, int)
        if wait == 0:
            passed.append(now[0])
    for index, start in enumerate(passed):
        assert sum(start <= each < start + 60 for each in passed[index:]) <= allowed


@given(gaps=st.lists(st.floats(0, 3), max_size=60), burst=st.integers(1, 5))
def test_a_channel_never_gets_more_than_a_message_a_second_and_the_burst(gaps: list[float], burst: int) -> None:
    now = [0.0]
    limiter = RateLimiter(Rates(burst=burst), lambda: now[0])
    passed = 0
    for gap in gaps:
        now[0] += gap
        passed += limiter.message("A", "C") == 0
        assert passed <= burst + now[0] + 1e-6


def test_timestamps_are_unique_and_rise_even_when_the_clock_stands(tmp_path: Path) -> None:
    state = State(tmp_path / "w.db", app_seed(), lambda: 1_790_000_000.0)
    stamps: list[str] = []
    threads = [threading.Thread(target=lambda: stamps.extend(state.new_ts() for _ in range(200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(stamps)) == 800
    state.put_message("C0GENERAL00", {"ts": max(stamps), "text": "x"})
    state.close()
    again = State(tmp_path / "w.db", app_seed(), lambda: 1_780_000_000.0)
    assert again.new_ts() > max(stamps)
    again.close()


def test_a_file_of_another_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    first = State(path, app_seed(), lambda: 1.0)
    first._database.execute("PRAGMA user_version = 99")
    first.close()
    with pytest.raises(ValueError, match="delete it to start anew"):
        State(path, app_seed(), lambda: 1.0)


def test_ids_and_secrets_are_always_the_same() -> None:
    seed = app_seed()
    assert [each.id for each in seed.people] == ["U0ANA0001", "U0BEN0001", "U0MARA001", "U0RUTH001", "U0THEO001"]
    assert {each.name: each.id for each in seed.channels}["mentions-reddit"] == "C0MENTIONSR"
    assert len({each.id for each in seed.channels}) == len(seed.channels)
    (app,) = seed.apps
    assert (app.id, app.bot_user_id, app.bot_token) == ("A0CHORUS1", "U0CHORUS1", "xoxb-local-chorus1")


def test_an_app_is_read_from_its_manifest() -> None:
    app = SeedApp.from_manifest(
        {
            "display_information": {"name": "Chorus"},
            "features": {
                "app_home": {"home_tab_enabled": True},
                "slash_commands": [{"command": "/chorus", "description": "Ask", "should_escape": True, "url": "x"}],
                "shortcuts": [{"name": "Take", "type": "message", "callback_id": "take", "description": "d"}],
            },
            "oauth_config": {"scopes": {"bot": ["chat:write"]}, "redirect_urls": ["https://c.example/"]},
            "settings": {
                "event_subscriptions": {"bot_events": ["app_home_opened"]},
                "interactivity": {"is_enabled": True, "request_url": "https://c.example/slack"},
                "socket_mode_enabled": True,
            },
        }
    )
    assert (app.home, app.interactivity, app.request_url) == (True, True, None)
    assert (app.scopes, app.events) == (("chat:write",), ("app_home_opened",))
    assert (app.commands[0].command, app.commands[0].should_escape) == ("/chorus", True)
    assert (app.shortcuts[0].callback_id, app.shortcuts[0].type) == ("take", "message")


def test_too_many_events_in_an_hour_are_lost_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_AN_HOUR", 3)
    with local_slack(now=lambda: 1_790_000_000.0) as slack, SocketApp(slack) as app:
        for number in range(6):
            slack.person("ana").say("#general", str(number))
        app.wait_for(lambda: len(app.payloads) == 4)
        assert [each["text"] for each in app.events] == ["0", "1", "2"]
        assert app.payloads[3]["type"] == "app_rate_limited"


def test_it_runs_by_itself_with_a_manifest(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"display_information": {"name": "My App"}}))
    command = [sys.executable, "-u", "-m", "bot.demo.slack", "--port", "0", "--manifest", str(manifest)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        process.terminate()
        assert process.wait(10) == 0
    assert "http://127.0.0.1:" in lines[0]
    assert lines[2].strip() == "SLACK_BOT_TOKEN=xoxb-local-myapp01"


def test_two_workspaces_run_side_by_side() -> None:
    with local_slack() as one, LocalSlack() as other:
        client(one).chat_postMessage(channel="#general", text="one")
        assert other.person("ana").messages("#general") == []
        assert one.port != other.port
