"""Connecting accounts in the console: by consent on a real Plaza, what goes wrong on the way, and taking them away."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from conftest import DrivenClock
from console_world import Stage, Visitor, slack_fixture, staged
from sqlalchemy import select
from x_server import XServer

from bot import connecting, intake, renewing, sources
from bot.connecting import Wish
from bot.console.pages.accounts import BACK, BEGUN
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.demo.slack.server import LocalSlack
from bot.errors import ChorusError, Conflict, NotAllowed
from bot.models import Account, AuditEntry, Notice, PlatformApp, Source, SourceState
from bot.sources import Connecting
from connectors.base import Condition, Followed, Identity, SourceKind
from connectors.mastodon import MastodonConnector
from connectors.x import XConnector

__all__ = ["slack_fixture"]


@pytest.fixture
def stage(slack: LocalSlack, sessions: Sessions, clock: DrivenClock, tmp_path: Path, plaza: Plaza) -> Iterator[Stage]:
    """The console of a company that is on Plaza."""
    with staged(slack, sessions, clock, tmp_path) as stage:
        known: Any = stage.deps.connectors
        known |= {"mastodon": MastodonConnector(), "x": XConnector()}
        brand = Connecting("mastodon", plaza.url, {"access_token": plaza.token})
        sources.connect(stage.deps, brand, actor="operator")
        yield stage


def account_of(stage: Stage, handle: str) -> Account | None:
    with stage.deps.sessions() as session:
        return session.scalar(select(Account).where(Account.platform == "mastodon", Account.handle.contains(handle)))


def set_out(visitor: Visitor, plaza: Plaza, **fields: str) -> str:
    """Begin in the console; return the address of Plaza's page."""
    asked = {"place": f"mastodon {plaza.url}", "identity": "employee"} | fields
    page = visitor.send("/accounts", "/accounts/begin", **asked)
    assert page.status_code == 200, page.text
    address = page.text.partition('class="button primary" href="')[2].partition('"')[0]
    return address.replace("&amp;", "&")


def agree(address: str, account: str = "ana", answer: str = "allow") -> str:
    """Agree on Plaza's page; return where Plaza sends the browser."""
    fields = dict(parse_qsl(urlsplit(address).query)) | {"account": account, "answer": answer}
    return str(httpx.post(address.partition("?")[0], data=fields).headers["location"])


def test_a_person_connects_their_own_account_and_only_they_see_it(stage: Stage, plaza: Plaza) -> None:
    ana = stage.visitor("ana")
    assert "You have connected no account" in ana.get("/accounts").text
    back = ana.get(agree(set_out(ana, plaza)))
    assert (back.status_code, back.headers["location"]) == (303, "/accounts")
    page = ana.get("/accounts")
    assert '<th scope="row">ana' in page.text
    assert "is connected. Its tokens are kept encrypted." in page.text
    account = account_of(stage, "ana")
    assert account is not None
    assert (account.identity, account.employee_id) == (Identity.EMPLOYEE, stage.person("ana").id)
    token = stage.deps.vault.open(account.secrets)["access_token"]
    assert token not in page.text
    assert token.encode() not in account.secrets
    assert '<th scope="row">ana' not in stage.visitor("ben").get("/accounts").text
    with stage.deps.sessions() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.kind == "account.connected")).all()[-1]
    assert entry.actor == f"employee:{account.employee_id}"


def test_we_register_at_an_instance_once(stage: Stage, plaza: Plaza) -> None:
    for name in ("ana", "ben"):
        visitor = stage.visitor(name)
        visitor.get(agree(set_out(visitor, plaza), name))
    with stage.deps.sessions() as session:
        app = session.scalars(select(PlatformApp)).one()
    assert app.back == f"{stage.address}{BACK}"
    assert b"client_secret" not in app.secrets
    assert account_of(stage, "ben") is not None


def test_who_does_not_agree_is_told_so_and_nothing_is_kept(stage: Stage, plaza: Plaza) -> None:
    ana = stage.visitor("ana")
    refused = ana.get(agree(set_out(ana, plaza), answer="deny"))
    assert refused.status_code == 409
    assert "You did not agree on the platform" in refused.text
    assert account_of(stage, "ana") is None


@pytest.mark.parametrize(
    "change",
    [{"state": "forged"}, {"state": ""}, {"code": ""}, {"code": "forged"}, {"code": "x" * 5000}],
    ids=lambda change: "-".join(f"{name}={value[:6]}" for name, value in change.items()),
)
def test_a_way_back_that_was_tampered_with_connects_nothing(stage: Stage, plaza: Plaza, change: dict[str, str]) -> None:
    ana = stage.visitor("ana")
    address = urlsplit(agree(set_out(ana, plaza)))
    refused = ana.get(address.path, **dict(parse_qsl(address.query)) | change)
    assert refused.status_code == 409
    assert account_of(stage, "ana") is None


def test_a_way_back_works_once(stage: Stage, plaza: Plaza) -> None:
    ana = stage.visitor("ana")
    address = set_out(ana, plaza)
    kept = ana.http.cookies[BEGUN]
    back = agree(address)
    assert ana.get(back).status_code == 303
    ana.http.cookies.set(BEGUN, kept, path="/accounts")
    again = ana.get(back)
    assert again.status_code == 409
    assert "not done twice" in again.text


def test_a_way_back_ends_after_ten_minutes(stage: Stage, plaza: Plaza, clock: DrivenClock) -> None:
    ana = stage.visitor("ana")
    back = agree(set_out(ana, plaza))
    clock.advance(minutes=11)
    refused = ana.get(back)
    assert "too long ago" in refused.text
    assert account_of(stage, "ana") is None


def test_nobody_comes_back_for_somebody_else(stage: Stage, plaza: Plaza) -> None:
    ana, ben = stage.visitor("ana"), stage.visitor("ben")
    back = agree(set_out(ana, plaza))
    assert "was not begun in this browser" in ben.get(back).text
    ben.http.cookies.set(BEGUN, ana.http.cookies[BEGUN], path="/accounts")
    assert "was not begun in this browser" in ben.get(back).text
    assert stage.visitor().get(back).headers["location"].startswith("/sign-in")
    assert account_of(stage, "ana") is None


def test_a_platform_that_is_down_is_named_and_nothing_is_kept(stage: Stage, plaza: Plaza) -> None:
    ana = stage.visitor("ana")
    back = agree(set_out(ana, plaza))
    plaza.faults.fail_before_storing = 1
    refused = ana.get(back)
    assert refused.status_code == 409
    assert "Begin again in a while" in refused.text
    assert account_of(stage, "ana") is None


def test_only_an_admin_leads_us_to_a_site_that_we_do_not_know(stage: Stage, plaza: Plaza) -> None:
    for site in ("http://127.0.0.1:9", "https://elsewhere.example"):
        wish = Wish("mastodon", site, Identity.EMPLOYEE)
        with pytest.raises(NotAllowed, match=r"not on .* yet"):
            connecting.begin(stage.deps, wish, by=stage.person("ana"), back="http://x/accounts/back")
        with pytest.raises(ChorusError, match="could not register"):
            connecting.begin(
                stage.deps,
                Wish("mastodon", "http://127.0.0.1:9", Identity.EMPLOYEE),
                by=stage.person("theo"),
                back="http://x/accounts/back",
            )


def test_the_company_speaks_only_through_what_an_admin_connected(stage: Stage, plaza: Plaza) -> None:
    brand = Wish("mastodon", plaza.url, Identity.BRAND)
    for name in ("ana", "mara"):
        with pytest.raises(NotAllowed, match="company's accounts"):
            connecting.begin(stage.deps, brand, by=stage.person(name), back="http://x/accounts/back")
    theo = stage.visitor("theo")
    theo.get(agree(set_out(theo, plaza, identity="brand"), "harbour"))
    account = account_of(stage, "harbour")
    assert account is not None
    assert "client_id" in stage.deps.vault.open(account.secrets)


def test_nobody_takes_over_an_account_that_is_another_s(stage: Stage, plaza: Plaza) -> None:
    ana, ben = stage.visitor("ana"), stage.visitor("ben")
    ana.get(agree(set_out(ana, plaza)))
    assert "connected already, as somebody&#39;s own account" in ben.get(agree(set_out(ben, plaza), "ana")).text
    assert "connected already, as the company" in ben.get(agree(set_out(ben, plaza), "harbour")).text
    account = account_of(stage, "ana")
    assert account is not None
    assert account.employee_id == stage.person("ana").id


def test_an_account_is_connected_again_as_itself(stage: Stage, plaza: Plaza) -> None:
    ana = stage.visitor("ana")
    ana.get(agree(set_out(ana, plaza)))
    account = account_of(stage, "ana")
    assert account is not None
    wrong = ana.get(agree(set_out(ana, plaza, account=str(account.id)), "ben"))
    assert "another account was to be connected again" in wrong.text
    with stage.deps.sessions.begin() as session:
        renewing.refused(session, stage.deps, session.get_one(Account, account.id), "401")
    assert "connect it again" in ana.get("/accounts").text
    ana.get(agree(set_out(ana, plaza, account=str(account.id))))
    mended = account_of(stage, "ana")
    assert mended is not None
    assert (mended.id, mended.condition) == (account.id, Condition.OK)
    assert stage.visitor("ben").send("/accounts", "/accounts/begin", account=str(account.id)).status_code == 422


def test_disconnecting_gives_the_token_back_and_forgets_it(stage: Stage, plaza: Plaza) -> None:
    ana = stage.visitor("ana")
    ana.get(agree(set_out(ana, plaza)))
    account = account_of(stage, "ana")
    assert account is not None
    token = stage.deps.vault.open(account.secrets)["access_token"]
    assert stage.visitor("ben").get("/accounts").status_code == 200
    with pytest.raises(ChorusError, match="no such account of yours"):
        connecting.disconnect(stage.deps, account.id, by=stage.person("ben"))
    assert ana.send("/accounts", "/accounts/disconnect", account=str(account.id)).status_code == 303
    asked = httpx.get(f"{plaza.url}/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 401
    gone = account_of(stage, "ana")
    assert gone is not None
    assert stage.deps.vault.open(gone.secrets) == {}
    assert gone.disconnected_at is not None
    assert '<th scope="row">ana' not in ana.get("/accounts").text
    ana.get(agree(set_out(ana, plaza)))
    back = account_of(stage, "ana")
    assert back is not None
    assert (back.id, back.disconnected_at) == (account.id, None)


def test_what_an_account_read_waits_while_it_is_refused_and_goes_on_when_it_is_back(stage: Stage, plaza: Plaza) -> None:
    theo = stage.visitor("theo")
    theo.get(agree(set_out(theo, plaza, identity="brand"), "harbour"))
    account = account_of(stage, "harbour")
    assert account is not None
    for name in ("Our mentions on Plaza", "Harbour on Plaza"):
        followed = Followed(SourceKind.MENTIONS if name.startswith("Our") else SourceKind.SEARCH, "Harbour")
        source = sources.add(
            stage.deps, account.id, name, followed, channel="C0MENTIONS0", poll_seconds=5, actor="operator"
        )
        token = stage.deps.vault.open(account.secrets)["access_token"]
        ours = stage.deps.vault.open(account.secrets)
        form = {"token": token, "client_id": ours["client_id"], "client_secret": ours["client_secret"]}
        httpx.post(f"{plaza.url}/oauth/revoke", data=form)
        intake.collect(stage.deps, source.id)
    with stage.deps.sessions() as session:
        told = session.scalars(select(Notice.text)).all()
        assert len([text for text in told if "must be connected again" in text]) == 1
        assert {each.state for each in session.scalars(select(Source).where(Source.account_id == account.id))} == {
            SourceState.NEEDS_ATTENTION
        }
    theo.get(agree(set_out(theo, plaza, account=str(account.id)), "harbour"))
    with stage.deps.sessions() as session:
        assert {each.state for each in session.scalars(select(Source).where(Source.account_id == account.id))} == {
            SourceState.ACTIVE
        }


def test_a_token_endpoint_that_sends_us_elsewhere_gets_nothing(stage: Stage) -> None:
    seen: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.path)
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:9/oauth/token")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    wish = Wish("mastodon", f"http://127.0.0.1:{server.server_address[1]}", Identity.BRAND)
    with pytest.raises(ChorusError, match="sends us elsewhere"):
        connecting.begin(stage.deps, wish, by=stage.person("theo"), back="http://x/accounts/back")
    server.shutdown()
    server.server_close()
    thread.join(5)
    assert seen == ["/api/v1/apps"]


def test_an_app_that_an_admin_enters_lets_people_connect_and_its_tokens_stay_fresh(
    stage: Stage, clock: DrivenClock
) -> None:
    ana, theo = stage.person("ana"), stage.person("theo")
    with XServer() as x:
        x.person("ana")
        back = f"{stage.address}{BACK}"
        app = dict(zip(("client_id", "client_secret"), x.consents.app, strict=True))
        wish = Wish("x", x.url, Identity.EMPLOYEE)
        with pytest.raises(ChorusError, match="needs all of these"):
            connecting.put_app(stage.deps, "x", x.url, {}, by=theo, back=back)
        with pytest.raises(NotAllowed):
            connecting.put_app(stage.deps, "x", x.url, app, by=ana, back=back)
        with pytest.raises(ChorusError, match="has no app on X yet"):
            connecting.begin(stage.deps, Wish("x", x.url, Identity.BRAND), by=theo, back=back)
        connecting.put_app(stage.deps, "x", x.url, app, by=theo, back=back)
        begun = connecting.begin(stage.deps, wish, by=ana, back=back)
        returned = dict(parse_qsl(urlsplit(x.consents.agree(begun.address, "ana")).query))
        account = connecting.finish(stage.deps, begun.kept, by=ana, **returned)
        with pytest.raises(Conflict):
            connecting.finish(stage.deps, begun.kept, by=ana, **returned)
        first = stage.deps.vault.open(account.secrets)["access_token"]
        clock.advance(hours=1, minutes=41)
        with stage.deps.sessions() as session:
            assert renewing.due(session, at=clock()) == [account.id]
        renewing.renew(stage.deps, account.id)
        with stage.deps.sessions() as session:
            account = session.get_one(Account, account.id)
            assert renewing.due(session, at=clock()) == []
        second = stage.deps.vault.open(account.secrets)["access_token"]
        assert second != first
        x.consents.tokens.clear()
        assert sources.look(stage.deps, account.id, Followed(SourceKind.MENTIONS)).posts == ()
        assert x.consents.requests == ["authorization_code", "refresh_token", "refresh_token"]
        x.consents.tokens.clear()
        x.consents.refreshing.clear()
        clock.advance(hours=3)
        renewing.renew(stage.deps, account.id)
        with stage.deps.sessions() as session:
            assert session.get_one(Account, account.id).condition is Condition.REAUTH


def test_of_many_who_renew_at_once_one_asks(stage: Stage, clock: DrivenClock) -> None:
    ana, theo = stage.person("ana"), stage.person("theo")
    with XServer() as x:
        x.person("ana")
        app = dict(zip(("client_id", "client_secret"), x.consents.app, strict=True))
        connecting.put_app(stage.deps, "x", x.url, app, by=theo, back="http://b/accounts/back")
        begun = connecting.begin(stage.deps, Wish("x", x.url, Identity.EMPLOYEE), by=ana, back="http://b/accounts/back")
        returned = dict(parse_qsl(urlsplit(x.consents.agree(begun.address, "ana")).query))
        account = connecting.finish(stage.deps, begun.kept, by=ana, **returned)
        clock.advance(hours=2)
        workers = [Thread(target=renewing.fresh, args=(stage.deps, account)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)
        assert x.consents.requests == ["authorization_code", "refresh_token"]
    with stage.deps.sessions() as session:
        renewed = session.get_one(Account, account.id)
    assert renewed.condition is Condition.OK
    assert renewed.renew_at == clock() + timedelta(hours=2) - renewing.EARLY


def test_keys_are_given_in_the_console_and_are_not_shown_or_kept_again(
    stage: Stage, plaza: Plaza, clock: DrivenClock
) -> None:
    ana = stage.visitor("ana")
    place = f"/accounts/give?platform=mastodon&site={plaza.url}&identity=employee"
    given = {"site": plaza.url, "identity": "employee", "secret-access_token": "wrong-token-7"}
    refused = ana.send(place, "/accounts/give", **given)
    assert refused.status_code == 422
    assert "did not accept the account" in refused.text
    assert "wrong-token-7" not in refused.text
    page = ana.get(place)
    clock.advance(hours=13)
    fields = {**ana.form(page, "/accounts/give"), **given}
    waiting = ana.http.post("/accounts/give", data=fields)
    assert waiting.status_code == 401
    assert "wrong-token-7" not in waiting.text
    ana.sign_in("ana", onward=place)
    assert "What is secret was not kept" in ana.get(place).text
    given["secret-access_token"] = plaza.token_of("ana")
    assert ana.send(place, "/accounts/give", **given).status_code == 303
    assert account_of(stage, "ana") is not None


def test_a_reviewer_has_no_account(stage: Stage) -> None:
    ruth = stage.visitor("ruth")
    assert ruth.get("/accounts").status_code == 403
    assert 'href="/accounts"' not in ruth.get("/").text
