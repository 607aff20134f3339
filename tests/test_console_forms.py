"""Forms of the console: taken once, from whom they were given to, and never at the cost of what somebody typed."""

from http.client import HTTPConnection

import pytest
from conftest import DrivenClock
from console_world import Stage, Visitor, slack_fixture, stage_fixture
from sqlalchemy import select

from bot.models import LimitRecord, SeenRequest, Stop

__all__ = ["slack_fixture", "stage_fixture"]

SENTENCE = "At most 4 replies in a venue per day; then hold"


def limits_called(stage: Stage, name: str) -> list[LimitRecord]:
    with stage.deps.sessions() as session:
        return list(session.scalars(select(LimitRecord).where(LimitRecord.name == name).order_by(LimitRecord.id)))


def filled(visitor: Visitor, **fields: str) -> dict[str, str]:
    """The form for a new limit, filled in."""
    page = visitor.get("/limit")
    return {**visitor.form(page, "/limits/save"), "name": "mine", "sentence": SENTENCE, "reason": "", **fields}


def test_a_form_is_taken_once(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    form = filled(visitor)
    assert visitor.http.post("/limits/save", data=form).status_code == 303
    visitor.send("/limit?name=mine", "/limits/save", sentence="At most 9 replies in a venue per day; then hold")
    again = visitor.http.post("/limits/save", data=form)
    assert again.status_code == 409
    assert "was sent already" in again.text
    assert [record.version for record in limits_called(stage, "mine")] == [1, 2]


@pytest.mark.parametrize("token", [None, "", "x", "gAAAAAB" + "A" * 200, "é" * 50, "A" * 100_000])
def test_a_form_without_its_token_is_refused(stage: Stage, token: str | None) -> None:
    visitor = stage.visitor("mara")
    form = {name: value for name, value in filled(visitor).items() if not name.startswith("token")}
    answer = visitor.http.post("/limits/save", data=form if token is None else {**form, "token": token})
    assert answer.status_code == 403
    assert limits_called(stage, "mine") == []


def test_the_token_of_another_form_or_person_is_refused(stage: Stage) -> None:
    mara, theo = stage.visitor("mara"), stage.visitor("theo")
    elsewhere = mara.form(mara.get("/stops"), "/stops/throw")["token"]
    form = {name: value for name, value in filled(mara).items() if not name.startswith("token")}
    assert mara.http.post("/limits/save", data={**form, "token": elsewhere}).status_code == 403
    assert theo.http.post("/limits/save", data=filled(mara)).status_code == 403
    assert limits_called(stage, "mine") == []


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "https://127.0.0.1.evil.example"])
def test_a_form_from_another_site_is_refused(stage: Stage, origin: str) -> None:
    visitor = stage.visitor("mara")
    answer = visitor.http.post("/limits/save", data=filled(visitor), headers={"Origin": origin})
    assert answer.status_code == 403
    cross = visitor.http.post("/limits/save", data=filled(visitor), headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    assert limits_called(stage, "mine") == []
    ours = visitor.http.post("/limits/save", data=filled(visitor), headers={"Origin": stage.address})
    assert ours.status_code == 303


def test_what_an_employee_may_not_do_is_refused_though_they_know_the_address(stage: Stage) -> None:
    ana = stage.visitor("ana")
    assert "/limits/save" not in ana.get("/limit?name=venue-day").text
    mara = stage.visitor("mara")
    answer = ana.http.post("/limits/save", data=filled(mara))
    assert answer.status_code == 403
    assert "Community managers and admins may" in answer.text


def test_nothing_typed_is_lost_when_the_session_ends_halfway(stage: Stage, clock: DrivenClock) -> None:
    visitor = stage.visitor("mara")
    reason = "We are guests here — & <always> “were”."
    form = filled(visitor, reason=reason)
    clock.advance(hours=13)
    ended = visitor.http.post("/limits/save", data=form)
    assert ended.status_code == 401
    assert "Nothing you typed is lost" in ended.text
    assert limits_called(stage, "mine") == []
    back = visitor.sign_in("mara", onward="/limit")
    page = visitor.get(back.headers["location"])
    assert "it stands here again" not in page.text
    assert "Everything you typed stands here again" in page.text
    assert SENTENCE in page.text
    assert "We are guests here — &amp; &lt;always&gt; “were”." in page.text
    assert "Everything you typed" not in visitor.get("/limit").text, "only once"
    sent = visitor.http.post(
        "/limits/save", data={**visitor.form(page, "/limits/save"), "name": "mine", "sentence": SENTENCE}
    )
    assert sent.status_code == 303
    assert len(limits_called(stage, "mine")) == 1


def test_what_one_person_typed_is_not_shown_to_the_next(stage: Stage, clock: DrivenClock) -> None:
    visitor = stage.visitor("mara")
    form = filled(visitor)
    clock.advance(hours=13)
    visitor.http.post("/limits/save", data=form)
    visitor.sign_in("theo")
    assert SENTENCE not in visitor.get("/limit").text


def test_a_form_of_an_earlier_session_is_shown_again_and_not_carried_out(stage: Stage, clock: DrivenClock) -> None:
    visitor = stage.visitor("mara")
    form = filled(visitor)
    clock.advance(hours=13)
    visitor.sign_in("mara")
    answer = visitor.http.post("/limits/save", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/limit")
    assert limits_called(stage, "mine") == []
    assert SENTENCE in visitor.get("/limit").text


def test_what_is_too_long_to_be_kept_is_shown_to_be_copied(stage: Stage, clock: DrivenClock) -> None:
    visitor = stage.visitor("mara")
    long = " ".join(str(number * 7919) for number in range(9_000))
    form = {**visitor.form(visitor.get("/guidelines"), "/guidelines/explain"), "text": long}
    clock.advance(hours=13)
    ended = visitor.http.post("/guidelines/explain", data=form)
    assert ended.status_code == 401
    assert long in ended.text
    assert "Copy it before you sign in" in ended.text


def test_a_strangers_form_is_not_kept(stage: Stage) -> None:
    answer = stage.visitor().http.post("/limits/save", data={"name": "theirs", "sentence": SENTENCE, "token": "x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "chorus_typed" not in answer.headers.get("set-cookie", "")


def asked_for(stage: Stage, target: str) -> int:
    """The status of the answer to an address of any length; 0 where the server hung up before it was all sent."""
    line = HTTPConnection(stage.address.removeprefix("http://"), timeout=20)
    try:
        line.request("GET", target)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()


def test_ten_megabytes_in_an_address_are_refused(stage: Stage) -> None:
    queries = ("q=" + "a" * 10_000_000, "q=" + "%F0%9F%90%A2" * 2_000, "&".join("q=1" for _ in range(5_000)))
    for query in queries:
        assert asked_for(stage, f"/conversations?{query}") in (0, 400, 414, 431)
    assert asked_for(stage, "/" + "a" * 1_000_000) in (0, 400, 414, 431)
    assert stage.visitor("mara").get("/conversations").status_code == 200


def test_a_body_that_is_too_large_is_refused_however_it_comes(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert visitor.http.post("/limits/save", content=b"a" * 600_000, headers=kind).status_code == 413
    pieces = (b"sentence=" + b"a" * 65_536 for _ in range(12))
    assert visitor.http.post("/limits/save", content=pieces, headers=kind).status_code == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1\r\n--x--',
        ),
        ("multipart/form-data", b"nothing"),
        ("application/json", b'{"token": 1}'),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(500))),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&token=\x00"),
    ],
)
def test_bodies_that_no_page_of_ours_sends_do_no_harm(stage: Stage, kind: str, body: bytes) -> None:
    answer = stage.visitor("mara").http.post("/limits/save", content=body, headers={"Content-Type": kind})
    assert 400 <= answer.status_code < 500


ODD = (
    "/limits?name=%00",
    "/conversations?q=%00%ff",
    "/conversations?before=9" + "9" * 30,
    "/conversations?before=-1",
    "/conversations?since=0000-00-00&until=9999-12-31",
    "/conversations/0",
    "/conversations/x",
    "/replies/99999999999999999999",
    "/limit?name=nothing",
    "/replies/%2e%2e%2fetc",
    "/?days=1000000000",
    "/overview.csv?chart=../x",
    "/static/../house.py",
    "/static/%2e%2e/house.py",
    "/static/",
)


def test_odd_addresses_are_answered_calmly(stage: Stage) -> None:
    visitor = stage.visitor("theo")
    for address in ODD:
        answer = visitor.get(address)
        assert answer.status_code in (200, 404, 405), address
        assert "Traceback" not in answer.text
        assert "import" not in answer.text, address


def test_a_person_can_choose_light_or_dark(stage: Stage) -> None:
    visitor = stage.visitor("ana")
    assert "data-theme" not in visitor.get("/limits").text
    assert visitor.send("/limits", "/theme", theme="dark").headers["location"] == "/limits"
    assert 'data-theme="dark"' in visitor.get("/limits").text
    visitor.send("/limits", "/theme", theme="<script>")
    assert "data-theme" not in visitor.get("/limits").text


def test_a_stop_is_thrown_and_lifted_and_a_wrong_one_keeps_what_was_typed(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    wrong = visitor.send("/stops", "/stops/throw", what="venue:", reason="Keep this reason")
    assert wrong.status_code == 422
    assert "Keep this reason" in wrong.text
    assert visitor.send("/stops", "/stops/throw", what="all:", lasting="1 hour", reason="A rumour").status_code == 303
    page = visitor.get("/stops")
    assert "A rumour" in page.text
    assert "Everything is stopped" in page.text
    lifted = visitor.http.post("/stops/lift", data=visitor.form(page, "/stops/lift"))
    assert lifted.status_code == 303
    with stage.deps.sessions() as session:
        (stop,) = session.scalars(select(Stop))
        assert stop.lifted_by_id == stage.person("mara").id
        assert session.scalar(select(SeenRequest.key).where(SeenRequest.key.startswith("console:"))) is not None
