"""The JSON and WebSocket interface of the local Slack's page, over real HTTP, and who is kept away from it."""

import json
import socket
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from local_slack_kit import Json, SocketApp, button, card, client, local_slack, modal, words
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from bot.demo.slack import LocalSlack

ANA, BEN = "U0ANA0001", "U0BEN0001"
MENTIONS = "C0MENTIONS0"


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as running:
        yield running


@pytest.fixture
def page(slack: LocalSlack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=slack.origin, headers={"Origin": slack.origin}, trust_env=False) as browser:
        yield browser


@pytest.fixture(scope="module")
def quiet_page() -> Iterator[httpx.Client]:
    """A page of a workspace in which nothing happens, for acts that are refused."""
    with local_slack() as slack, httpx.Client(base_url=slack.origin, trust_env=False) as browser:
        yield browser


def read(page: httpx.Client, name: str, /, **parameters: str) -> Json:
    answer: Json = page.get(f"/ui/{name}", params=parameters).json()
    return answer


def act(page: httpx.Client, name: str, /, **body: Any) -> Json:
    answer: Json = page.post(f"/ui/{name}", json={"user": ANA, **body}).json()
    return answer


def take(live: ClientConnection, kind: str) -> Json:
    """The next thing of this kind that is pushed."""
    while True:
        event: Json = json.loads(live.recv(timeout=3))
        if event["type"] == kind:
            return event


def live_url(slack: LocalSlack, user: str) -> str:
    return f"ws://127.0.0.1:{slack.port}/ui/live?user={user}"


def test_the_workspace_is_shown_whole(page: httpx.Client) -> None:
    shown = read(page, "bootstrap")
    assert shown["team"] == {"id": "T0HARBOUR1", "name": "Harbour", "domain": "harbour"}
    ana = next(each for each in shown["users"] if each["id"] == ANA)
    assert (ana["real_name"], ana["title"], ana["is_bot"]) == ("Ana Reyes", "Social care", False)
    mentions = next(each for each in shown["channels"] if each["id"] == MENTIONS)
    assert (mentions["name"], len(mentions["members"])) == ("mentions", 6)
    (app,) = shown["apps"]
    assert (app["name"], app["home"], app["commands"][0]["command"]) == ("Chorus", True, "/chorus")
    assert [each["type"] for each in app["shortcuts"]] == ["global", "message"]
    assert {each["handle"] for each in shown["usergroups"]} == {"social-care", "reviewers"}


def test_people_talk_read_and_react(page: httpx.Client) -> None:
    said = act(page, "message", channel=MENTIONS, text="Hi @ben in #general: https://x.example/?a=1&b=2 <b>")
    assert said["message"]["text"] == (f"Hi <@{BEN}> in <#C0GENERAL00|>: <https://x.example/?a=1&amp;b=2> &lt;b&gt;")
    parts = said["message"]["blocks"][0]["elements"][0]["elements"]
    assert [each["type"] for each in parts] == ["text", "user", "text", "channel", "text", "link", "text"]
    assert read(page, "unread", user=BEN)["channels"][MENTIONS] == {
        "unread": 1,
        "mentions": 1,
        "latest": said["message"]["ts"],
        "last_read": "",
    }
    act(page, "read", user=BEN, channel=MENTIONS, ts=said["message"]["ts"])
    assert read(page, "unread", user=BEN)["channels"][MENTIONS]["unread"] == 0
    ts = said["message"]["ts"]
    assert act(page, "react", channel=MENTIONS, ts=ts, name="eyes")["ok"]
    assert not act(page, "react", channel=MENTIONS, ts=ts, name="eyes")["ok"]
    reply = act(page, "message", user=BEN, channel=MENTIONS, text="Yes?", thread_ts=ts)
    thread = read(page, "messages", user=ANA, channel=MENTIONS, thread_ts=ts)["messages"]
    assert [each["ts"] for each in thread] == [ts, reply["message"]["ts"]]
    (parent,) = read(page, "messages", user=ANA, channel=MENTIONS)["messages"]
    assert (parent["reply_count"], parent["reactions"][0]["count"]) == (1, 1)


def test_people_change_and_take_back_what_they_said_and_apps_hear_of_it(slack: LocalSlack, page: httpx.Client) -> None:
    with SocketApp(slack) as app:
        said = act(page, "message", channel=MENTIONS, text="one")["message"]
        edited = act(page, "edit", channel=MENTIONS, ts=said["ts"], text="*two*")["message"]
        assert (edited["ts"], edited["text"], edited["edited"]["user"]) == (said["ts"], "*two*", ANA)
        heard = app.wait_for_event(type="message", subtype="message_changed")
        assert (heard["message"]["text"], heard["previous_message"]["text"]) == ("*two*", "one")
        assert act(page, "delete", channel=MENTIONS, ts=said["ts"])["ok"]
        assert app.wait_for_event(subtype="message_deleted")["deleted_ts"] == said["ts"]
    assert act(page, "edit", channel=MENTIONS, ts=said["ts"], text="x")["error"] == "message_not_found"


def test_nobody_changes_what_others_said(slack: LocalSlack, page: httpx.Client) -> None:
    said = act(page, "message", channel=MENTIONS, text="mine")["message"]
    card_ts = client(slack).chat_postMessage(channel="#mentions", text="a card")["ts"]
    for ts in (said["ts"], card_ts):
        for what in ("edit", "delete"):
            assert act(page, what, user=BEN, channel=MENTIONS, ts=ts, text="theirs")["error"] == "cant_update_message"
    for empty in ("", "  "):
        assert not act(page, "edit", channel=MENTIONS, ts=said["ts"], text=empty)["ok"]
    assert slack.person("ana").last(MENTIONS)["text"] == "a card"


def test_messages_are_read_backwards_in_pages(page: httpx.Client) -> None:
    for number in range(5):
        act(page, "message", channel=MENTIONS, text=str(number))
    newest = read(page, "messages", user=ANA, channel=MENTIONS, limit="2")
    assert ([each["text"] for each in newest["messages"]], newest["has_more"]) == (["3", "4"], True)
    older = read(page, "messages", user=ANA, channel=MENTIONS, before=newest["messages"][0]["ts"])
    assert ([each["text"] for each in older["messages"]], older["has_more"]) == (["0", "1", "2"], False)


def test_a_page_hears_what_happens(slack: LocalSlack, page: httpx.Client) -> None:
    api = client(slack)
    with connect(live_url(slack, ANA)) as live, SocketApp(slack) as app:
        assert take(live, "hello")["user"] == ANA
        posted = api.chat_postMessage(channel="#mentions", text="x", blocks=card())
        message = take(live, "message")["message"]
        assert (message["ts"], message["channel"]) == (posted["ts"], MENTIONS)
        assert take(live, "unread")["channels"][MENTIONS]["unread"] == 1
        api.reactions_add(channel=MENTIONS, timestamp=posted["ts"], name="eyes")
        assert take(live, "reaction")["reactions"][0]["name"] == "eyes"
        api.chat_update(channel=MENTIONS, ts=posted["ts"], text="y", blocks=card(text="y"))
        assert take(live, "message_changed")["message"]["text"] == "y"
        api.chat_postEphemeral(channel=MENTIONS, user=ANA, text="psst")
        assert take(live, "ephemeral")["message"]["is_ephemeral"]
        act(page, "shortcut", app=slack.app.id, callback_id="look")
        api.views_open(trigger_id=app.interactions[-1]["trigger_id"], view=modal())
        assert [each["type"] for each in take(live, "views")["views"]] == ["modal"]
        api.views_publish(user_id=ANA, view={"type": "home", "blocks": card()})
        assert take(live, "home")["app"] == slack.app.id
        api.chat_delete(channel=MENTIONS, ts=posted["ts"])
        assert take(live, "message_deleted")["ts"] == posted["ts"]


def test_a_page_hears_nothing_of_other_peoples_channels(slack: LocalSlack) -> None:
    with connect(live_url(slack, ANA)) as live:
        client(slack).chat_postMessage(channel="#compliance", text="secret")
        client(slack).chat_postMessage(channel="#general", text="open")
        assert take(live, "message")["message"]["text"] == "open"


def test_a_click_and_a_submission_over_http(slack: LocalSlack, page: httpx.Client) -> None:
    def answer(payload: Json) -> Json | None:
        if payload["type"] == "view_submission" and "buy" in str(payload["view"]["state"]):
            return {"response_action": "errors", "errors": {"text": "Do not sell."}}
        return None

    with SocketApp(slack, answer) as app:
        posted = client(slack).chat_postMessage(channel="#mentions", text="x", blocks=card(button(value="1")))
        where = {"type": "message", "channel": MENTIONS, "ts": posted["ts"]}
        assert act(page, "action", container=where, block_id="row", action_id="go") == {"ok": True}
        client(slack).views_open(trigger_id=app.interactions[-1]["trigger_id"], view=modal(words(initial_value="hi")))
        (view,) = read(page, "views", user=ANA)["views"]
        assert view["state"]["values"]["text"]["words"]["value"] == "hi"
        state = {"text": {"words": {"value": "buy now"}}}
        refused = act(page, "submit", view_id=view["id"], state=state)
        assert (refused["error"], refused["errors"]) == ("invalid_input", {"text": "Do not sell."})
        assert act(page, "submit", view_id=view["id"], state={"text": {"words": {"value": "sorry"}}}) == {"ok": True}
        assert read(page, "views", user=ANA)["views"] == []


def test_an_app_that_is_away_is_told_as_a_warning(slack: LocalSlack, page: httpx.Client) -> None:
    with connect(live_url(slack, ANA)) as live:
        answer = act(page, "command", channel=MENTIONS, text="/chorus")
        assert (answer["ok"], answer["error"]) == (False, "app_not_connected")
        assert take(live, "warning")["message"] == answer["message"] == "Chorus is not connected."


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("message", {"channel": MENTIONS}),
        ("message", {"channel": MENTIONS, "text": "x" * 12_001}),
        ("message", {"channel": "C0COMPLIANC", "text": "x"}),
        ("message", {"channel": MENTIONS, "text": "x", "thread_ts": "1.000000"}),
        ("message", {"channel": MENTIONS, "text": "x", "user": "U0CHORUS1"}),
        ("action", {"container": "x", "block_id": "b", "action_id": "a"}),
        ("action", {"container": {"type": "view", "view_id": "V0"}, "block_id": "b", "action_id": "a"}),
        ("submit", {"view_id": "V0", "state": {}}),
        ("close", {"view_id": "V0"}),
        ("command", {"channel": MENTIONS, "text": "/nothing"}),
        ("command", {"channel": MENTIONS, "text": "/chorus", "thread_ts": "1.000000"}),
        ("shortcut", {"app": "A0CHORUS1", "callback_id": "nothing"}),
        ("shortcut", {"app": "A0NOTHING", "callback_id": "look"}),
        ("home_opened", {"app": "A0NOTHING"}),
        ("react", {"channel": MENTIONS, "ts": "1.000000", "name": "eyes"}),
        ("direct_message", {"with": "U0NOBODY1"}),
        ("read", {"channel": ["x"], "ts": 1}),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(quiet_page: httpx.Client, name: str, body: Json) -> None:
    answer = act(quiet_page, name, **body)
    assert answer["ok"] is False
    assert answer["message"].endswith(".")


def test_only_json_objects_are_taken(quiet_page: httpx.Client) -> None:
    assert quiet_page.post("/ui/message", content="user=x").status_code == 415
    assert quiet_page.post("/ui/message", json=["x"]).status_code == 400
    assert quiet_page.post("/ui/message", content="{", headers={"Content-Type": "application/json"}).status_code == 400


def test_a_direct_message_is_opened_once_and_heard(slack: LocalSlack, page: httpx.Client) -> None:
    with connect(live_url(slack, BEN)) as live:
        channel = act(page, "direct_message", **{"with": BEN})["channel"]
        assert (channel["is_im"], channel["name"], channel["members"]) == (True, "", [ANA, BEN])
        assert take(live, "channel")["channel"]["id"] == channel["id"]
        assert act(page, "direct_message", **{"with": BEN})["channel"]["id"] == channel["id"]


def test_a_file_is_chosen_in_a_modal_and_fetched_as_an_attachment(slack: LocalSlack, page: httpx.Client) -> None:
    stored = page.post("/ui/upload", params={"user": ANA, "name": "a/b<c>.html"}, content=b"<script>").json()["file"]
    assert (stored["name"], stored["size"]) == ("b<c>.html", 8)
    answer = page.get("/ui/file", params={"user": ANA, "id": stored["id"]})
    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''b%3Cc%3E.html"
    assert page.get("/ui/file", params={"user": BEN, "id": stored["id"]}).status_code == 404


def test_the_real_client_uploads_a_file_to_a_channel(slack: LocalSlack, page: httpx.Client) -> None:
    api = client(slack)
    uploaded = api.files_upload_v2(channel=MENTIONS, content="a,b\n1,2\n", filename="week.csv", initial_comment="Here")
    message = slack.person("ana").last("#mentions")
    assert (message["text"], message["files"][0]["name"]) == ("Here", "week.csv")
    fetched = page.get(message["files"][0]["ui_url"], params={"user": ANA, "id": uploaded["file"]["id"]})
    assert fetched.text == "a,b\n1,2\n"
    private = uploaded["file"]["url_private"]
    assert httpx.get(private, headers={"Authorization": f"Bearer {slack.bot_token}"}).text == "a,b\n1,2\n"
    assert httpx.get(private).status_code == 403
    assert api.files_info(file=uploaded["file"]["id"])["file"]["mimetype"] == "text/csv"


def test_a_foreign_page_is_kept_away(slack: LocalSlack) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": f"http://127.0.0.1:{slack.port + 1}"},
        {"Origin": "null"},
        {"Host": f"evil.example:{slack.port}"},
    ):
        assert httpx.get(f"{slack.origin}/ui/bootstrap", headers=headers).status_code == 403
        assert httpx.post(f"{slack.api_url}auth.test", headers=headers).status_code == 403
    foreign = Origin("https://evil.example")
    with pytest.raises(InvalidStatus) as refused, connect(live_url(slack, ANA), origin=foreign):
        pass
    assert refused.value.response.status_code == 403


def test_the_page_allows_no_script_but_its_own(slack: LocalSlack) -> None:
    answer = httpx.get(slack.url)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert httpx.get(f"{slack.origin}/page/main.js").headers["content-security-policy"] == policy


def test_a_permalink_leads_to_the_message(slack: LocalSlack) -> None:
    api = client(slack)
    parent = api.chat_postMessage(channel="#mentions", text="x")
    reply = api.chat_postMessage(channel="#mentions", text="y", thread_ts=parent["ts"])
    link = api.chat_getPermalink(channel=MENTIONS, message_ts=parent["ts"])["permalink"]
    assert httpx.get(link).headers["location"] == f"/#{MENTIONS}"
    link = api.chat_getPermalink(channel=MENTIONS, message_ts=reply["ts"])["permalink"]
    assert httpx.get(link).headers["location"] == f"/#{MENTIONS}/{parent['ts']}"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address")
def test_it_listens_on_this_machine_only(slack: LocalSlack) -> None:
    websocket = urlsplit(client(slack).apps_connections_open(app_token=slack.app_token)["url"])
    assert websocket.hostname == "127.0.0.1"
    for port in (slack.port, websocket.port or 0):
        with socket.socket() as other:
            other.bind(("127.0.0.2", port))
