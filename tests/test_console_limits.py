"""Limits in the console: said as sentences, looked at before they are saved, tried on the past, and taken back."""

from console_world import Past, Stage, slack_fixture, stage_fixture
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import throttle
from bot.console.pages.simulation import _step
from bot.models import AuditEntry, LimitRecord
from bot.throttle.limits import record_of
from guidelines.throttle import Limit, platform_rule, sentence

__all__ = ["slack_fixture", "stage_fixture"]

TIGHT = "At most 1 reply in a venue per 2 days; then refuse"


def in_force(stage: Stage, name: str) -> Limit | None:
    with stage.deps.sessions() as session:
        return next((limit for limit in throttle.in_force(session) if limit.name == name), None)


def fix_a_rule(session: Session, stage: Stage) -> None:
    session.add(record_of(platform_rule("paper", 1), stage.deps.now()))


def test_a_limit_is_changed_and_counts_for_the_next_decision(stage: Stage) -> None:
    mara = stage.visitor("mara")
    saved = mara.send("/limit?name=venue-day", "/limits/save", sentence=TIGHT, reason="We are guests.")
    assert (saved.status_code, saved.headers["location"]) == (303, "/limits")
    page = mara.get("/limits")
    assert "is in force, in version 2" in page.text
    assert "is in force, in version 2" not in mara.get("/limits").text, "said once"
    limit = in_force(stage, "venue-day")
    assert limit is not None
    assert (sentence(limit), limit.reason) == (TIGHT, "We are guests.")
    with stage.deps.sessions() as session:
        changed = session.scalars(select(AuditEntry).where(AuditEntry.kind == "limit.changed")).all()
    assert [entry.actor for entry in changed] == [f"employee:{stage.person('mara').id}"]


def test_what_is_typed_is_said_back_with_what_is_odd_about_it(stage: Stage) -> None:
    mara = stage.visitor("mara")
    read = mara.send(
        "/limit?name=venue-day", "/limits/save", to="/limits/check", sentence="at most 0 replies in a venue"
    )
    assert read.status_code == 200
    assert "<html" not in read.text
    assert "At most 0 replies in a venue; then refuse." in read.text
    assert "blocks everything it is about" in read.text
    unread = mara.send("/limit", "/limits/save", to="/limits/check", name="x", sentence="as little as <b>possible</b>")
    assert "does not begin like a limit" in unread.text
    assert "<b>" not in unread.text
    limit = in_force(stage, "venue-day")
    assert limit is not None
    assert limit.number == 5, "nothing was saved"


def test_a_sentence_that_is_not_understood_stays_in_its_form(stage: Stage) -> None:
    refused = stage.visitor("mara").send(
        "/limit", "/limits/save", name="mine", sentence="Less, please", reason="Kept too"
    )
    assert refused.status_code == 422
    assert "Less, please" in refused.text
    assert 'value="mine"' in refused.text
    assert 'value="Kept too"' in refused.text
    assert "does not begin like a limit" in refused.text


def test_a_change_is_undone_and_a_limit_taken_out_of_force(stage: Stage) -> None:
    mara = stage.visitor("mara")
    mara.send("/limit?name=venue-day", "/limits/save", sentence=TIGHT)
    mara.send("/limit?name=venue-day", "/limits/undo")
    limit = in_force(stage, "venue-day")
    assert limit is not None
    assert limit.number == 5
    mara.send("/limit?name=venue-day", "/limits/retire")
    assert in_force(stage, "venue-day") is None
    page = mara.get("/limit?name=venue-day").text
    assert "no longer in force since" in page
    assert page.count('data-label="The limit"') == 3
    mara.send("/limit?name=venue-day", "/limits/undo")
    assert in_force(stage, "venue-day") is not None


def test_nobody_changes_a_platforms_own_rule(stage: Stage) -> None:
    with stage.deps.sessions.begin() as session:
        fix_a_rule(session, stage)
    mara = stage.visitor("mara")
    page = mara.get("/limit?name=paper-interaction")
    assert "nobody can change it here" in page.text
    assert "/limits/save" not in page.text
    form = mara.form(mara.get("/limit?name=venue-day"), "/limits/save")
    refused = mara.http.post("/limits/save", data={**form, "known": "paper-interaction", "sentence": TIGHT})
    assert refused.status_code == 422
    assert in_force(stage, "paper-interaction") == platform_rule("paper", 1)


def test_a_simulation_shows_side_by_side_what_would_have_been_stopped(stage: Stage) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        session.query(LimitRecord).filter(LimitRecord.name != "venue-day").delete()
    past.days(20, each=8)
    mara = stage.visitor("mara")
    page = mara.send("/limit?name=venue-day", "/limits/save", to="/limits/simulate", sentence=TIGHT, days="30")
    assert page.status_code == 200
    assert "What it would have done" in page.text
    assert "Replies that only this limit would have stopped" in page.text
    assert page.text.count("/replies/") > 10
    assert TIGHT in page.text
    limit = in_force(stage, "venue-day")
    assert limit is not None
    assert limit.number == 5, "nothing was saved"
    assert mara.http.post("/limits/save", data=mara.form(page, "/limits/save") | {"sentence": TIGHT}).status_code == 303


def test_a_simulation_of_no_past_says_so(stage: Stage) -> None:
    page = stage.visitor("mara").send("/limit?name=venue-day", "/limits/save", to="/limits/simulate", sentence=TIGHT)
    assert "There is no past to replay" in page.text


def test_saturation_names_the_limits_that_are_near(stage: Stage) -> None:
    past = Past(stage)
    mara = stage.visitor("mara")
    mara.send("/limit?name=venue-day", "/limits/save", sentence="At most 1 reply in a venue per 30 days; then refuse")
    past.days(10, each=8)
    page = mara.get("/saturation").text
    assert "Limits that are near" in page
    assert '<span class="small">full</span>' in page
    assert "Ana Reyes" in page
    assert page.count('href="/conversations/') > 3


def test_a_limit_with_any_name_has_a_page(stage: Stage) -> None:
    mara = stage.visitor("mara")
    name = "opted-out-mastodon-@a/b?c=d&e#f"
    mara.send("/limit", "/limits/save", name=name, sentence="At most 1 reply to one author per 7 days; then refuse")
    assert in_force(stage, name) is not None
    listed = mara.get("/limits").text
    assert "/limit?name=opted-out-mastodon-%40a%2Fb%3Fc%3Dd%26e%23f" in listed
    assert mara.get("/limit", name=name).status_code == 200
    assert mara.send("/limit?name=opted-out-mastodon-%40a%2Fb%3Fc%3Dd%26e%23f", "/limits/retire").status_code == 303
    assert in_force(stage, name) is None


def test_shares_fall_into_their_steps() -> None:
    steps = (0.1, 0.2)
    assert [_step(share, steps) for share in (0.01, 0.1, 0.11, 0.2, 0.9)] == [0, 0, 1, 1, 2]
