"""Connecting by consent, platform by platform, against servers that check what platforms check."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from consent_server import Consents
from reddit_server import CLIENT, RedditServer
from x_server import XServer

from bot.demo.plaza import Plaza
from connectors.base import Authorization, Call, Condition, Connector, ConnectorError, Fault
from connectors.mastodon import MastodonConnector
from connectors.reddit import RedditConnector
from connectors.x import XConnector

BACK = "http://127.0.0.1:9/accounts/back"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
VERIFIER = "v" * 64


@dataclass
class Platform:
    """A platform on this machine, its connector, and how a person agrees on its page."""

    connector: Connector
    site: str
    app: Mapping[str, str]
    agree: Callable[[str], str]
    person: str
    consents: Consents | None = None

    @property
    def way(self) -> Authorization:
        way = self.connector.spec.authorization
        assert way is not None
        return way

    def call(self, secrets: Mapping[str, str]) -> Call:
        return Call(base_url=self.site, secrets=secrets, now=NOW)

    def registered(self) -> Mapping[str, str]:
        return self.app or self.way.register(self.call({}), back=BACK)

    def code(self, app: Mapping[str, str]) -> str:
        """Go the way of a person, and bring the code back."""
        address = self.way.begin(self.call(app), back=BACK, state="state-7", verifier=VERIFIER)
        returned = dict(parse_qsl(urlsplit(self.agree(address)).query))
        assert returned["state"] == "state-7"
        return returned["code"]

    def connected(self) -> Mapping[str, str]:
        app = self.registered()
        return self.way.finish(self.call(app), back=BACK, code=self.code(app), verifier=VERIFIER)


def plaza_agrees(address: str) -> str:
    page = httpx.get(address)
    assert "Let Chorus speak for you?" in page.text
    fields = dict(parse_qsl(urlsplit(address).query)) | {"account": "ana", "answer": "allow"}
    answer = httpx.post(address.partition("?")[0], data=fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture(params=["mastodon", "x", "reddit"])
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    with ExitStack() as stack:
        if request.param == "mastodon":
            plaza = stack.enter_context(Plaza(lively=False))
            yield Platform(MastodonConnector(), plaza.url, {}, plaza_agrees, "ana")
            return
        server: XServer | RedditServer
        server = stack.enter_context(XServer()) if request.param == "x" else stack.enter_context(RedditServer())
        server.person("ana")
        consents = server.consents
        app = dict(zip(("client_id", "client_secret"), consents.app, strict=True))
        connector: Connector = XConnector() if request.param == "x" else RedditConnector()
        yield Platform(connector, server.url, app, lambda address: consents.agree(address, "ana"), "ana", consents)


def test_who_agreed_is_who_speaks(platform: Platform) -> None:
    secrets = platform.connected()
    health = platform.connector.check(platform.call(secrets))
    assert health.condition is Condition.OK, health.detail
    assert platform.person in health.handle


def test_a_code_works_once_and_only_with_its_verifier_and_its_way_back(platform: Platform) -> None:
    app = platform.registered()
    for wrong in ({"verifier": "w" * 64}, {"back": "http://127.0.0.1:9/elsewhere"}, {"code": "forged"}):
        given = {"back": BACK, "code": platform.code(app), "verifier": VERIFIER} | wrong
        with pytest.raises(ConnectorError) as refused:
            platform.way.finish(platform.call(app), **given)
        assert refused.value.fault is Fault.AUTH
    code = platform.code(app)
    platform.way.finish(platform.call(app), back=BACK, code=code, verifier=VERIFIER)
    with pytest.raises(ConnectorError):
        platform.way.finish(platform.call(app), back=BACK, code=code, verifier=VERIFIER)


def test_a_wrong_app_is_told_apart_from_a_platform_that_is_down(platform: Platform) -> None:
    app = platform.registered()
    code = platform.code(app)
    wrong = {**app, "client_secret": "wrong"}
    with pytest.raises(ConnectorError) as refused:
        platform.way.finish(platform.call(wrong), back=BACK, code=code, verifier=VERIFIER)
    assert refused.value.fault is Fault.AUTH
    gone = replace(platform.call(app), base_url="http://127.0.0.1:9")
    with pytest.raises(ConnectorError) as down:
        platform.way.finish(gone, back=BACK, code=code, verifier=VERIFIER)
    assert down.value.fault is Fault.TRANSIENT


def test_a_token_that_was_given_back_opens_nothing(platform: Platform) -> None:
    secrets = platform.connected()
    platform.way.revoke(platform.call(secrets))
    later = replace(platform.call(secrets), now=NOW + timedelta(hours=2))
    assert platform.connector.check(later).condition is Condition.REAUTH


def test_no_secret_is_in_what_is_said_or_shown(platform: Platform) -> None:
    app = platform.registered()
    address = platform.way.begin(platform.call(app), back=BACK, state="s", verifier=VERIFIER)
    assert app["client_secret"] not in address
    assert VERIFIER not in address
    with pytest.raises(ConnectorError) as refused:
        platform.way.finish(platform.call(app), back=BACK, code="code-of-nobody", verifier=VERIFIER)
    assert not {app["client_secret"], "code-of-nobody", VERIFIER} & set(str(refused.value).split())


@pytest.mark.parametrize("site", ["http://evil.example", "file:///etc/passwd", "https://a@b.example", "nonsense"])
def test_nobody_is_sent_to_what_is_no_safe_address(platform: Platform, site: str) -> None:
    call = replace(platform.call({"client_id": "c", "client_secret": "s"}), base_url=site)
    with pytest.raises(ConnectorError):
        platform.way.begin(call, back=BACK, state="s", verifier=VERIFIER)


def test_on_x_a_token_is_renewed_and_its_refresh_token_works_once() -> None:
    with XServer() as server:
        server.person("harbour")
        consents = server.consents
        app = dict(zip(("client_id", "client_secret"), consents.app, strict=True))
        there = Platform(XConnector(), server.url, app, lambda address: consents.agree(address, "harbour"), "harbour")
        secrets = there.connected()
        assert secrets["access_token_expires"] == (NOW + timedelta(hours=2)).isoformat()
        renewed = there.way.renew(there.call(secrets))
        assert renewed is not None
        assert renewed["access_token"] != secrets["access_token"]
        assert renewed["refresh_token"] != secrets["refresh_token"]
        assert there.connector.check(there.call(renewed)).handle.endswith("harbour")
        with pytest.raises(ConnectorError) as spent:
            there.way.renew(there.call(secrets))
        assert spent.value.fault is Fault.AUTH
        consents.down = 503
        with pytest.raises(ConnectorError) as down:
            there.way.renew(there.call(renewed))
        assert down.value.fault is Fault.TRANSIENT


def test_reddit_and_x_are_asked_on_their_own_pages() -> None:
    for connector, site, page in (
        (XConnector(), "https://x.com", "https://x.com/i/oauth2/authorize?"),
        (RedditConnector(), "https://www.reddit.com", "https://www.reddit.com/api/v1/authorize?"),
    ):
        way = connector.spec.authorization
        assert way is not None
        secrets = {"client_id": CLIENT[0], "client_secret": CLIENT[1]}
        call = Call(base_url=site, secrets=secrets, now=NOW)
        assert way.begin(call, back=BACK, state="s", verifier=VERIFIER).startswith(page)
