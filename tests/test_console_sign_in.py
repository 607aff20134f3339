"""Signing in to the console: with Slack, into one workspace, with the roles of Slack, and for a while only."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from conftest import DrivenClock
from console_world import PEOPLE, Stage, served, slack_fixture, stage_fixture, staged
from hypothesis import given
from hypothesis import strategies as st

from bot.console import server
from bot.console.admission import SESSION
from bot.console.entrance import STARTED, inside
from bot.console.guard import HEADERS, Turnstile
from bot.console.seals import Seals
from bot.database import Sessions
from bot.demo.slack.seed import SeedApp, harbour
from bot.demo.slack.server import LocalSlack
from bot.vault import Vault, new_key

__all__ = ["slack_fixture", "stage_fixture"]


def test_a_person_signs_in_with_slack_and_is_who_they_are_there(stage: Stage) -> None:
    visitor = stage.visitor()
    assert visitor.get("/limits").headers["location"] == "/sign-in?next=%2Flimits"
    assert "Sign in with Slack" in visitor.get("/sign-in", next="/limits").text
    back = visitor.sign_in("mara", onward="/limits")
    assert (back.status_code, back.headers["location"]) == (303, "/limits")
    page = visitor.get("/limits")
    assert page.status_code == 200
    assert "Mara Lindqvist" in page.text
    assert "manager" in page.text


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(stage: Stage) -> None:
    cookie = stage.visitor().sign_in("ana").headers["set-cookie"]
    assert SESSION in cookie
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


def test_a_role_that_is_taken_away_counts_at_once(stage: Stage) -> None:
    visitor = stage.visitor("ruth")
    assert visitor.get("/audit").status_code == 200
    stage.world.roles[PEOPLE["ruth"][0]] = ("employee",)
    refused = visitor.get("/audit")
    assert refused.status_code == 403
    assert "Compliance reviewers and admins may" in refused.text
    stage.world.roles[PEOPLE["ruth"][0]] = ()
    assert visitor.get("/").status_code == 403


def test_somebody_without_a_role_is_told_whom_to_ask(stage: Stage) -> None:
    stage.world.roles[PEOPLE["ben"][0]] = ()
    refused = stage.visitor().sign_in("ben")
    assert refused.status_code == 403
    assert "You may not see conversations" in refused.text
    assert SESSION not in refused.headers.get("set-cookie", "")


def test_a_session_ends_after_twelve_hours(stage: Stage, clock: DrivenClock) -> None:
    visitor = stage.visitor("mara")
    clock.advance(hours=11, minutes=59)
    assert visitor.get("/limits").status_code == 200
    clock.advance(minutes=2)
    assert visitor.get("/limits").headers["location"].startswith("/sign-in")


def test_signing_out_ends_it_in_this_browser(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    assert visitor.send("/limits", "/sign-out").status_code == 303
    assert visitor.get("/limits").headers["location"].startswith("/sign-in")


def test_a_sign_in_that_began_in_another_browser_is_refused(stage: Stage) -> None:
    theirs = stage.visitor()
    agreed = httpx.get(f"{theirs.get('/sign-in/slack').headers['location']}&user={PEOPLE['theo'][0]}")
    refused = stage.visitor().http.get(agreed.headers["location"])
    assert refused.status_code == 403
    assert "not started in this browser" in refused.text


def test_a_code_works_once(stage: Stage) -> None:
    visitor = stage.visitor()
    agreed = httpx.get(f"{visitor.get('/sign-in/slack').headers['location']}&user={PEOPLE['mara'][0]}")
    kept = visitor.http.cookies.get(STARTED)
    assert visitor.http.get(agreed.headers["location"]).status_code == 303
    again = stage.visitor()
    again.http.cookies.set(STARTED, kept or "")
    refused = again.http.get(agreed.headers["location"])
    assert refused.status_code == 502
    assert "code_already_used" in refused.text


def test_another_nonce_is_refused(stage: Stage) -> None:
    visitor = stage.visitor()
    leaving = visitor.get("/sign-in/slack").headers["location"]
    nonce = parse_qs(urlsplit(leaving).query)["nonce"][0]
    agreed = httpx.get(f"{leaving.replace(nonce, 'another')}&user={PEOPLE['mara'][0]}")
    refused = visitor.http.get(agreed.headers["location"])
    assert refused.status_code == 502
    assert "does not fit" in refused.text


def test_people_of_another_workspace_stay_outside(stage: Stage) -> None:
    elsewhere = replace(harbour(SeedApp(name="Chorus")), team_id="T0ELSEWHER")
    with LocalSlack(seed=elsewhere, rates=None) as other:
        assert stage.house.door is not None
        door = replace(stage.house.door, api_url=other.api_url)
        door.__dict__["_team"] = "T0HARBOUR1"
        with (
            served(server.build(replace(stage.house, door=door))) as address,
            httpx.Client(base_url=address) as visitor,
        ):
            agreed = httpx.get(f"{visitor.get('/sign-in/slack').headers['location']}&user={PEOPLE['mara'][0]}")
            refused = visitor.get(agreed.headers["location"])
    assert refused.status_code == 403
    assert "another Slack workspace" in refused.text


def test_a_slack_that_does_not_answer_is_told_plainly(stage: Stage) -> None:
    assert stage.house.door is not None
    door = replace(stage.house.door, api_url="http://127.0.0.1:9/api/")
    with served(server.build(replace(stage.house, door=door))) as address:
        refused = httpx.get(f"{address}/sign-in/slack")
    assert refused.status_code == 502
    assert "Slack could not be reached" in refused.text


def test_without_the_settings_the_page_says_what_is_missing(stage: Stage) -> None:
    with served(server.build(replace(stage.house, door=None))) as address:
        page = httpx.get(f"{address}/sign-in")
        assert "SLACK_CLIENT_ID" in page.text
        assert httpx.get(f"{address}/sign-in/slack").status_code == 503


def test_too_many_sign_ins_are_put_off(
    slack: LocalSlack, sessions: Sessions, clock: DrivenClock, tmp_path: Path
) -> None:
    with staged(slack, sessions, clock, tmp_path, turnstile=Turnstile(each=3)) as stage:
        visitor = stage.visitor()
        answers = [visitor.get("/sign-in/slack") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60


def test_the_turnstile_opens_again_and_forgets_who_left() -> None:
    now = [0.0]
    turnstile = Turnstile(each=2, all_together=3, clock=lambda: now[0])
    assert [turnstile.wait("a"), turnstile.wait("a"), turnstile.wait("a")] == [0, 0, 60]
    assert [turnstile.wait("b"), turnstile.wait("c")] == [0, 60]
    now[0] = 61
    assert [turnstile.wait("a"), turnstile.wait("c")] == [0, 0]
    assert set(turnstile._tries) == {"", "a", "c"}


@given(st.text(max_size=60))
def test_a_way_onward_never_leads_out(address: str) -> None:
    onward = inside(address)
    assert onward.startswith("/")
    assert not onward.startswith(("//", "/\\"))
    assert not urlsplit(onward).netloc


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "limits"],
)
def test_known_ways_out_lead_to_the_first_page(address: str) -> None:
    assert inside(address) == "/"


KEY = new_key()


@given(st.integers(0, 400), st.sampled_from("AZaz09-_="))
def test_a_forged_cookie_lets_nobody_in(place: int, mark: str) -> None:
    clock = DrivenClock()
    seals = Seals(Vault(KEY), clock)
    sealed = seals.seal("session", timedelta(hours=1), user="U0MARA001", id="1")
    place %= len(sealed)
    forged = sealed[:place] + mark + sealed[place + 1 :]
    opened, true = seals.open("session", forged), seals.open("session", sealed)
    assert opened is None or opened == true


def test_a_seal_for_one_purpose_opens_nothing_else(stage: Stage, clock: DrivenClock) -> None:
    visitor = stage.visitor("mara")
    form = visitor.form(visitor.get("/limits"), "/sign-out")["token"]
    intruder = stage.visitor()
    intruder.http.cookies.set(SESSION, form)
    assert intruder.get("/limits").headers["location"].startswith("/sign-in")
    stranger = Seals(Vault(new_key()), clock)
    assert stranger.open("form", form) is None


def test_behind_https_cookies_are_kept_to_it(stage: Stage) -> None:
    with served(server.build(replace(stage.house, address="https://chorus.example"))) as address:
        leaving = httpx.get(f"{address}/sign-in/slack")
    assert "secure" in leaving.headers["set-cookie"].lower()
    assert leaving.headers["strict-transport-security"]
    assert "redirect_uri=https%3A%2F%2Fchorus.example%2Fsign-in%2Fback" in leaving.headers["location"]


def test_every_answer_puts_the_browser_on_its_guard(stage: Stage) -> None:
    for address in ("/sign-in", "/limits", "/nothing-here", "/static/console.css"):
        answer = stage.visitor("mara").get(address)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, address
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
