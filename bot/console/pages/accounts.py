"""Accounts: connecting one's own or the company's, by consent on the platform or with what it gives; and their end."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import select
from starlette.responses import Response

from bot import connecting
from bot.accounts import connector_of
from bot.connecting import Begun, Wish
from bot.console.admission import base_of
from bot.console.house import Page, Visit, is_secure, whole
from bot.console.typed import SECRET
from bot.errors import ChorusError, NotFound
from bot.models import Account, PlatformApp
from bot.permissions import Act
from connectors.base import Authorization, Identity, Spec

BACK = "/accounts/back"
BEGUN = "chorus_connecting"
LASTS = timedelta(minutes=10)
LONGEST = 4_000
CONSENTED = "You did not agree on the platform, so nothing was connected. Begin again when you want to."


def show(visit: Visit) -> Response:
    """Show the accounts that this person looks after, and where another may be connected."""
    return _page(visit)


def begin(visit: Visit) -> Response:
    """Set out for a platform's page of consent; where there is none, ask for what the platform gives instead."""
    try:
        wish = _wish(visit)
        if connector_of(visit.deps, wish.platform).spec.authorization is None:
            asked = {"platform": wish.platform, "site": wish.site, "identity": wish.identity.value}
            return visit.go(f"/accounts/give?{urlencode(asked | {'account': str(wish.expected or '')})}")
        begun = connecting.begin(visit.deps, wish, by=visit.person, back=_back(visit))
    except ChorusError as error:
        return _page(visit, problem=str(error), status=422)
    answer = visit.show("account_leave.html", title="Connect an account", begun=begun, identity=wish.identity)
    _keep(visit, answer, begun)
    return answer


def come_back(visit: Visit) -> Response:
    """Keep the account that somebody agreed to on the platform."""
    begun = visit.house.seals.fresh("connecting", visit.request.cookies.get(BEGUN, ""))
    try:
        if visit.asked("error"):
            raise ChorusError(CONSENTED)
        if begun is None or begun["user"] != visit.person.slack_user:
            raise ChorusError("This was not begun in this browser, or too long ago. Begin again.")
        given = {"state": visit.asked("state"), "code": visit.asked("code")}
        account = connecting.finish(visit.deps, begun.values, by=visit.person, **given)
        answer = visit.go("/accounts", f"{account.handle} is connected. Its tokens are kept encrypted.")
    except ChorusError as error:
        answer = _page(visit, problem=str(error), status=409)
    answer.delete_cookie(BEGUN, path="/accounts")
    return answer


def ask(visit: Visit) -> Response:
    """Ask for what a platform gives: an app password, a key."""
    asked = {name: visit.asked(name)[:LONGEST] for name in ("platform", "site", "identity")}
    return _ask(visit, asked, visit.number("account"))


def give(visit: Visit) -> Response:
    """Connect an account with what somebody gave."""
    asked = {name: visit.field(name)[:LONGEST] for name in ("platform", "site", "identity")}
    try:
        wish = _wish_of(asked, whole(visit.field("account")))
        spec = connector_of(visit.deps, wish.platform).spec
        secrets = {name: visit.field(f"{SECRET}{name}")[:LONGEST] for name in spec.secrets}
        options = {name: told for name in spec.options if (told := visit.field(f"option-{name}")[:LONGEST])}
        account = connecting.give(visit.deps, wish, secrets, options, by=visit.person)
    except ChorusError as error:
        return _ask(visit, asked, whole(visit.field("account")), problem=str(error))
    return visit.go("/accounts", f"{account.handle} is connected. What you gave is kept encrypted.")


def disconnect(visit: Visit) -> Response:
    """Take an account away."""
    account = connecting.disconnect(visit.deps, whole(visit.field("account")) or 0, by=visit.person)
    return visit.go("/accounts", f"{account.handle} is disconnected, and its tokens are forgotten.")


def put_app(visit: Visit) -> Response:
    """Keep what a platform calls our app."""
    platform = visit.field("platform")
    try:
        way = connector_of(visit.deps, platform).spec.authorization
        given = {name: visit.field(f"{SECRET}{name}")[:LONGEST] for name in (way.app if way else ())}
        connecting.put_app(visit.deps, platform, way.site if way else "", given, by=visit.person, back=_back(visit))
    except ChorusError as error:
        return _page(visit, problem=str(error), status=422)
    return visit.go("/accounts", "The app is known. People can connect their accounts with it now.")


def _wish(visit: Visit) -> Wish:
    number = whole(visit.field("account"))
    if number is not None:
        with visit.deps.sessions() as session:
            account = session.get(Account, number)
        if account is None:
            raise NotFound("There is no such account of yours.")
        return Wish(account.platform, account.site, account.identity, account.id)
    platform, _, site = visit.field("place").partition(" ")
    named = visit.field("platform"), visit.field("site")
    given = dict(zip(("platform", "site"), named if named[1] else (platform, site), strict=True))
    return _wish_of(given | {"identity": visit.field("identity")}, None)


def _wish_of(asked: Mapping[str, str], expected: int | None) -> Wish:
    if asked["identity"] not in {member.value for member in Identity}:
        raise ChorusError("Say whose account it is: yours, or the company's.")
    return Wish(asked["platform"], asked["site"], Identity(asked["identity"]), expected)


def _keep(visit: Visit, answer: Response, begun: Begun) -> None:
    sealed = visit.house.seals.seal("connecting", LASTS, user=visit.person.slack_user, **begun.kept)
    answer.set_cookie(
        BEGUN,
        sealed,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(visit.request),
        path="/accounts",
    )


def _ask(visit: Visit, asked: Mapping[str, str], expected: int | None, problem: str = "") -> Response:
    spec = connector_of(visit.deps, asked["platform"]).spec
    return visit.show(
        "account_give.html",
        status=422 if problem else 200,
        title=f"Connect {spec.title}",
        spec=spec,
        asked=asked,
        expected=expected or "",
        secret=SECRET,
        problem=problem,
    )


def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    with visit.deps.sessions() as session:
        known = connecting.accounts(session, by=visit.person)
        apps = {tuple(row) for row in session.execute(select(PlatformApp.platform, PlatformApp.site))}
    specs: dict[str, Spec] = {name: connector.spec for name, connector in sorted(visit.deps.connectors.items())}
    return visit.show(
        "accounts.html",
        status=status,
        title="Accounts",
        accounts=known,
        places=connecting.places(visit.deps, by=visit.person),
        specs=specs,
        apps=[(spec, (name, way.site) in apps) for name, spec, way in _with_apps(specs)],
        back=_back(visit),
        secret=SECRET,
        problem=problem,
    )


def _with_apps(specs: Mapping[str, Spec]) -> list[tuple[str, Spec, Authorization]]:
    """Return the platforms that want to know us as an app before anybody connects."""
    return [(name, spec, way) for name, spec in specs.items() if (way := spec.authorization) and way.app]


def _back(visit: Visit) -> str:
    return base_of(visit.house, visit.request) + BACK


PAGES = (
    Page("/accounts", show, Act.CONNECT),
    Page(BACK, come_back, Act.CONNECT),
    Page("/accounts/begin", begin, Act.CONNECT, is_form=True),
    Page("/accounts/give", ask, Act.CONNECT),
    Page("/accounts/give", give, Act.CONNECT, is_form=True),
    Page("/accounts/disconnect", disconnect, Act.CONNECT, is_form=True),
    Page("/accounts/app", put_app, Act.CONNECT_BRAND, is_form=True),
)
