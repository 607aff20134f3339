"""Webhooks over real HTTP: what is genuine is kept once, as if it had been fetched; everybody else learns nothing."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import harbour as harbour_kit
import httpx
import pytest
import uvicorn
from conftest import DrivenClock
from discourse_server import DiscourseServer
from harbour import CHANNEL, Harbour
from sqlalchemy import func, select
from starlette.applications import Starlette

from bot import clock as clockwork
from bot import hooks, intake, sources
from bot.console import hooks as hook_pages
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.deps import Deps
from bot.errors import NotFound
from bot.models import Mention, PostRecord, SeenRequest, Source, SourceState
from connectors.base import Call, Connector, Delivery, Followed, Post, SourceKind
from connectors.discourse import DiscourseConnector
from connectors.webhook import WebhookConnector

SITE = "https://www.harbour.example"


@dataclass
class Sender:
    """A website that sends its posts to an address, signed with a secret."""

    address: str
    secret: str
    now: DrivenClock
    count: int = 0

    def send(self, *posts: object, **changed: Any) -> httpx.Response:
        return self.deliver(json.dumps({"posts": posts}).encode(), **changed)

    def deliver(
        self, body: bytes, *, name: str = "", at: float | None = None, secret: str = "", **headers: str
    ) -> httpx.Response:
        self.count += 1
        name = name or f"msg_{self.count}"
        stamp = str(int(self.now().timestamp() if at is None else at))
        key = base64.b64decode((secret or self.secret).removeprefix("whsec_"))
        digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signed = {"webhook-id": name, "webhook-timestamp": stamp}
        signed["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return httpx.post(self.address, content=body, headers={**signed, **headers}, timeout=10)


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    settled = harbour_kit.settle(plaza, sessions, driven)
    added: dict[str, Connector] = {"webhook": WebhookConnector(), "discourse": DiscourseConnector()}
    settled.deps = replace(settled.deps, connectors={**settled.deps.connectors, **added})
    return settled


@contextmanager
def serving(deps: Deps, gate: hook_pages.Gate | None = None) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=hook_pages.routes(deps, gate)), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


@pytest.fixture
def home(harbour: Harbour) -> Iterator[str]:
    with serving(harbour.deps) as home:
        yield home


@pytest.fixture
def source(harbour: Harbour) -> Source:
    account = sources.connect(harbour.deps, sources.Connecting("webhook", SITE, {}), actor="operator")
    return added(harbour, account.id)


@pytest.fixture
def sender(harbour: Harbour, source: Source, home: str, driven: DrivenClock) -> Sender:
    door = hooks.door_of(harbour.deps, source.id)
    return Sender(home + door.path, door.secret, driven)


def added(harbour: Harbour, account_id: int, name: str = "Our forms") -> Source:
    followed = Followed(SourceKind.WEBHOOK)
    return sources.add(harbour.deps, account_id, name, followed, channel=CHANNEL, poll_seconds=60, actor="operator")


def form(number: int, text: str = "Does it float?", **changed: Any) -> dict[str, Any]:
    told = {"id": f"form-{number}", "text": text, "created_at": "2026-01-01T08:00:00Z", "author": {"name": "Maya"}}
    return {**told, "url": f"{SITE}/questions/{number}", **changed}


def counted(harbour: Harbour, record: type[Any] = Mention) -> int:
    with harbour.deps.sessions() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def kept(harbour: Harbour) -> list[str]:
    with harbour.deps.sessions() as session:
        return list(session.scalars(select(PostRecord.text).order_by(PostRecord.id)))


def test_what_a_website_sends_becomes_mentions(harbour: Harbour, source: Source, sender: Sender) -> None:
    answer = sender.send(form(1, "First"), form(2, "Second", parent_id="form-1", root_id="form-1"))
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "posts": 2, "repeated": False})
    assert kept(harbour) == ["First", "Second"]
    assert sum(len(job["mention_ids"]) for job in harbour.asked_for("prepare")) == 2
    with harbour.deps.sessions() as session:
        mentions = session.scalars(select(Mention)).all()
        read = session.get_one(Source, source.id)
    assert {mention.channel for mention in mentions} == {CHANNEL}
    assert len({mention.thread_id for mention in mentions}) == 1
    assert read.read_at is not None


def test_a_delivery_that_is_repeated_is_taken_and_kept_once(harbour: Harbour, sender: Sender) -> None:
    assert sender.send(form(1), name="msg_1").json()["repeated"] is False
    assert sender.send(form(1), name="msg_1").json() == {"ok": True, "posts": 0, "repeated": True}
    # The same post under another delivery is one more delivery, and the same post.
    assert sender.send(form(1), name="msg_2").status_code == 200
    assert (counted(harbour), counted(harbour, SeenRequest)) == (1, 2)


def test_of_twins_at_the_same_moment_one_is_kept(harbour: Harbour, sender: Sender) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: sender.send(form(1), name="twin").json(), range(6)))
    assert sorted(answer["repeated"] for answer in answers) == [False] + [True] * 5
    assert counted(harbour) == 1


def test_forged_stale_and_unknown_are_refused_with_the_same_words(
    harbour: Harbour, source: Source, sender: Sender, driven: DrivenClock
) -> None:
    good, now = form(1), driven().timestamp()
    other = f"whsec_{base64.b64encode(b'x' * 24).decode()}"
    answers = [
        sender.send(good, secret=other),
        sender.send(good, at=now - 301),
        sender.send(good, at=now + 301),
        sender.send(good, **{"webhook-signature": "v1,"}),
        sender.send(good, **{"webhook-id": "another"}),
        sender.send(good, **{"webhook-timestamp": "now"}),
        httpx.post(sender.address, content=b"{}"),
        httpx.post(sender.address + "x", content=b"{}"),
        httpx.post(sender.address.rpartition("/")[0] + f"/{source.id}", content=b"{}"),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert (counted(harbour), counted(harbour, SeenRequest)) == (0, 0)
    assert sender.send(good, at=now - 299).status_code == 200


def test_a_genuine_request_that_makes_no_sense_is_told_why(harbour: Harbour, sender: Sender) -> None:
    for body in (b"", b"{", b"[]", b'{"posts": 3}', b"[" * 100_000, json.dumps({"posts": [form(1)] * 101}).encode()):
        answer = sender.deliver(body)
        assert answer.status_code == 400
        assert answer.json()["error"]
    assert sender.send({"id": "x"}).status_code == 400
    # A post that makes no sense costs none of its neighbours.
    assert sender.send({"id": 7}, form(2), None, form(3, "", html="<p>In <b>HTML</b></p>")).json()["posts"] == 2
    assert kept(harbour) == ["Does it float?", "In HTML"]


def test_requests_are_bounded_in_size_and_in_number(harbour: Harbour, source: Source, driven: DrivenClock) -> None:
    with serving(harbour.deps, hook_pages.Gate(a_second=0.001, burst=3)) as home:
        door = hooks.door_of(harbour.deps, source.id)
        sender = Sender(home + door.path, door.secret, driven)
        assert sender.deliver(b"x" * (hook_pages.LARGEST + 1)).status_code == 413
        assert [sender.send(form(number)).status_code for number in range(4)] == [200, 200, 429, 429]
        assert httpx.post(f"{home}/hooks/elsewhere", content=b"{}").status_code == 401, "others have their own bound"
        assert httpx.put(sender.address).status_code == 405


def test_a_request_that_never_ends_is_given_up(harbour: Harbour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook_pages, "PATIENCE", 0.2)
    with serving(harbour.deps) as home:
        address = home.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1])), timeout=5) as line:
            line.sendall(b"POST /hooks/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
            assert line.recv(100).startswith(b"HTTP/1.1 408")


def test_while_a_source_is_paused_the_sender_is_asked_to_come_back(
    harbour: Harbour, source: Source, sender: Sender
) -> None:
    sources.set_state(harbour.deps, source.id, SourceState.PAUSED, actor="operator")
    answer = sender.send(form(1), name="msg_1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    sources.set_state(harbour.deps, source.id, SourceState.ACTIVE, actor="operator")
    assert sender.send(form(1), name="msg_1").json() == {"ok": True, "posts": 1, "repeated": False}


def test_address_and_secret_stay_when_a_source_is_changed_or_its_account_connected_again(
    harbour: Harbour, source: Source, sender: Sender, driven: DrivenClock
) -> None:
    door = hooks.door_of(harbour.deps, source.id)
    assert len(door.path) > len("/hooks/") + 20
    assert door.secret.startswith("whsec_")
    sources.connect(harbour.deps, sources.Connecting("webhook", SITE, {}), actor="operator")
    again = added(harbour, source.account_id)
    assert hooks.door_of(harbour.deps, again.id) == door
    other = hooks.door_of(harbour.deps, added(harbour, source.account_id, "Another").id)
    assert other.path != door.path
    with pytest.raises(NotFound):
        hooks.door_of(harbour.deps, harbour.source.id)


def test_the_clock_looks_at_no_webhook(harbour: Harbour, source: Source) -> None:
    clockwork.beat(harbour.deps)
    assert {job["source_id"] for job in harbour.asked_for("collect")} == {harbour.source.id}
    with harbour.deps.sessions() as session:
        assert source.id not in dict(intake.due_sources(session, at=harbour.deps.now()))


def test_a_forum_sends_its_posts_too(harbour: Harbour, home: str, driven: DrivenClock) -> None:
    with DiscourseServer() as forum:
        us, maya = forum.user("harbour"), forum.user("maya")
        given = sources.Connecting("discourse", forum.url, {"api_key": us.key})
        account = sources.connect(harbour.deps, given, actor="operator")
        door = hooks.door_of(harbour.deps, added(harbour, account.id, "The forum").id)
        forum.webhook_secret = door.secret
        written = forum.write(maya, "@harbour does it float, or does it sink?")
        headers, body = forum.delivery(written)
        for repeated in (False, True):
            answer = httpx.post(home + door.path, content=body, headers=headers, timeout=10)
            assert (answer.status_code, answer.json()["repeated"]) == (200, repeated)
        assert httpx.post(home + door.path, content=body + b" ", headers=headers).status_code == 401
        assert any("does it float" in text for text in kept(harbour))
        driven.moment += timedelta(hours=7)
        assert httpx.post(home + door.path, content=body, headers=headers).status_code == 401
    assert counted(harbour) == 1


def test_a_platform_that_asks_first_is_answered_when_it_knows_the_secret(sender: Sender) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": sender.secret}
    answer = httpx.get(sender.address, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    wrong = [
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>"},
        {"hub.challenge": ""},
    ]
    refused = [httpx.get(sender.address, params={**asked, **one}) for one in wrong]
    refused.append(httpx.get(f"{sender.address}x", params=asked))
    refused.append(httpx.get(f"{sender.address}x", params={**asked, "hub.verify_token": ""}))
    assert {(one.status_code, one.text) for one in refused} == {(403, refused[0].text)}


def test_a_connector_that_names_no_deliveries_has_them_known_by_their_bodies(
    harbour: Harbour, source: Source, driven: DrivenClock
) -> None:
    class Nameless:
        """Takes what it is sent, as connectors do whose platform tells no id."""

        spec = WebhookConnector.spec

        def receive(self, call: Call, delivery: Delivery) -> tuple[Post, ...]:
            return WebhookConnector().receive(call, delivery)

    connectors = {**harbour.deps.connectors, "webhook": cast(Connector, Nameless())}
    with serving(replace(harbour.deps, connectors=connectors)) as home:
        door = hooks.door_of(harbour.deps, source.id)
        sender = Sender(home + door.path, door.secret, driven)
        assert [sender.send(form(1)).json()["repeated"] for _ in range(2)] == [False, True]
        assert sender.send(form(2)).json()["repeated"] is False
