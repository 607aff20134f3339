"""Connecting accounts, and taking them away again: by consent on the platform, or with what somebody gives us."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import audit, sources
from bot.accounts import call_for, connector_of, guarded
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotAllowed, NotFound
from bot.models import Account, Employee, PlatformApp, SeenRequest, Source, SourceState
from bot.permissions import Act, may, require
from bot.sources import Connecting
from connectors.base import Authorization, Call, Condition, ConnectorError, Fault, Identity, Spec

LONGEST_SITE = 300
LONGEST_CODE = 4_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to connect: an account of a platform, at a site, for themselves or for the company.

    `expected` is an account that we know and that is to be connected again.
    """

    platform: str
    site: str
    identity: Identity
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A person may go to `address` and agree. `kept` is to come back with them, unread by anybody."""

    address: str
    title: str
    site: str
    asks: str
    kept: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody may connect an account: by consent, or with the `secrets` that the spec names."""

    spec: Spec
    site: str
    by_consent: bool

    @property
    def title(self) -> str:
        """The platform, and the site where it has many."""
        host = urlsplit(self.site).netloc
        return f"{self.spec.title} ({host})" if host and not _only_site(self.spec) else self.spec.title


def places(deps: Deps, *, by: Employee) -> tuple[Place, ...]:
    """Return where this person may connect an account at once; an admin may name other sites besides."""
    with deps.sessions() as session:
        known = {tuple(row) for row in session.execute(select(Account.platform, Account.site))}
        known |= {tuple(row) for row in session.execute(select(PlatformApp.platform, PlatformApp.site))}
    found = []
    for name, connector in sorted(deps.connectors.items()):
        spec = connector.spec
        sites = {site for platform, site in known if platform == name}
        if (only := _only_site(spec)) and may(by, Act.CONNECT_BRAND):
            sites.add(only)
        if _speaks(spec, by):
            found += [Place(spec, site, spec.authorization is not None) for site in sorted(sites)]
    return tuple(found)


def accounts(session: Session, *, by: Employee) -> Sequence[Account]:
    """Return the accounts that this person looks after: their own, and for admins the company's."""
    theirs: ColumnElement[bool] = Account.employee_id == by.id
    if may(by, Act.CONNECT_BRAND):
        theirs = or_(theirs, Account.identity == Identity.BRAND)
    known = select(Account).where(theirs, Account.disconnected_at.is_(None))
    return session.scalars(known.order_by(Account.identity, Account.platform, Account.handle)).all()


def begin(deps: Deps, wish: Wish, *, by: Employee, back: str) -> Begun:
    """Return where a person agrees, and what to keep until they are `back`; raises `ChorusError`."""
    spec, site = _allowed(deps, wish, by)
    way = _way(spec)
    app = _app(deps, wish.platform, site, way, back)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    try:
        address = way.begin(_call(deps, site, app), back=back, state=state, verifier=verifier)
    except ConnectorError as error:
        raise ChorusError(f"{spec.title} at {site} cannot be asked: {error.detail}") from error
    kept = {
        "state": state,
        "verifier": verifier,
        "platform": wish.platform,
        "site": site,
        "identity": wish.identity.value,
        "expected": str(wish.expected or ""),
        "person": str(by.id),
        "back": back,
    }
    return Begun(address, spec.title, site, way.asks, kept)


def finish(deps: Deps, kept: Mapping[str, str], *, by: Employee, state: str, code: str) -> Account:
    """Keep the account that a person agreed to, when it is the person who set out for it; raises `ChorusError`."""
    is_theirs = kept.get("person") == str(by.id) and bool(kept.get("state"))
    if not is_theirs or not secrets.compare_digest(kept["state"].encode(), state.encode()):
        raise NotAllowed("This was not begun by you in this browser. Begin again from your list of accounts.")
    if not code or len(code) > LONGEST_CODE:
        raise ChorusError("The platform sent you back without its word. Begin again from your list of accounts.")
    _must_be_first(deps, kept["state"])
    expected = int(kept["expected"]) if kept.get("expected") else None
    wish = Wish(kept["platform"], kept["site"], Identity(kept["identity"]), expected)
    spec, site = _allowed(deps, wish, by)
    way = _way(spec)
    app = _app(deps, wish.platform, site, way, kept["back"])
    try:
        with guarded(wish.platform):
            found = way.finish(_call(deps, site, app), back=kept["back"], code=code, verifier=kept["verifier"])
    except ConnectorError as error:
        raise ChorusError(_why_not(spec, error)) from error
    return _connected(deps, wish, site, found, None, by=by)


def give(
    deps: Deps, wish: Wish, given: Mapping[str, str], options: Mapping[str, str] | None = None, *, by: Employee
) -> Account:
    """Connect an account with what a person gives: an app password, a key. Raises `ChorusError`."""
    spec, site = _allowed(deps, wish, by)
    known = {name: given[name].strip() for name in spec.secrets if given.get(name, "").strip()}
    return _connected(deps, wish, site, known, options, by=by)


def disconnect(deps: Deps, account_id: int, *, by: Employee) -> Account:
    """Take an account away: its tokens are given back to the platform where it takes them, and forgotten here. What
    was posted with it stays; what it read is not read any more."""
    with deps.sessions() as session:
        account = _theirs(session, account_id, by)
    _give_back(deps, account)
    with deps.sessions.begin() as session:
        account = session.get_one(Account, account_id, with_for_update=True)
        now = deps.now()
        account.secrets, account.renew_at = deps.vault.seal({}), None
        account.condition, account.disconnected_at = Condition.REAUTH, now
        account.condition_detail = f"It was disconnected by {by.name}."
        silent = {"state": SourceState.NEEDS_ATTENTION, "fault": Fault.AUTH, "detail": "Its account was disconnected."}
        session.execute(
            update(Source).where(Source.account_id == account.id, Source.state == SourceState.ACTIVE).values(silent)
        )
        data = {"platform": account.platform, "site": account.site, "identity": account.identity.value}
        actor, subject = f"employee:{by.id}", f"account:{account.id}"
        audit.record(session, "account.disconnected", at=now, actor=actor, subject=subject, data=data)
    return account


def put_app(deps: Deps, platform: str, site: str, given: Mapping[str, str], *, by: Employee, back: str) -> None:
    """Keep what an admin found on the platform about our app there, for everybody's accounts."""
    require(by, Act.CONNECT_BRAND)
    spec = connector_of(deps, platform).spec
    way = _way(spec)
    missing = [what for name, what in way.app.items() if not given.get(name, "").strip()]
    if missing or not way.app:
        raise ChorusError(f"{spec.title} needs all of these: {' '.join(missing)}" if missing else "Nothing is asked.")
    known = {name: given[name].strip() for name in way.app}
    _keep_app(deps, platform, _clean(site or way.site), known, back, actor=f"employee:{by.id}")


def has_app(session: Session, platform: str, site: str) -> bool:
    """Whether we are known to a platform as an app."""
    at = and_(PlatformApp.platform == platform, PlatformApp.site == site)
    return bool(session.scalar(select(func.count()).where(at)))


def _must_be_first(deps: Deps, state: str) -> None:
    """A way back is gone once."""
    seen = insert(SeenRequest).values(key=f"connecting:{sha256(state.encode()).hexdigest()}", at=deps.now())
    with deps.sessions.begin() as session:
        marked = session.execute(seen.on_conflict_do_nothing().returning(SeenRequest.key))
        if marked.first() is None:
            raise Conflict("This was done already, and is not done twice. Your list of accounts shows what came of it.")


def _connected(
    deps: Deps, wish: Wish, site: str, found: Mapping[str, str], options: Mapping[str, str] | None, *, by: Employee
) -> Account:
    with deps.sessions() as session:
        known = session.get(Account, wish.expected) if wish.expected else None
    given = Connecting(
        platform=wish.platform,
        site=site,
        secrets=found,
        identity=wish.identity,
        options=options,
        employee_id=by.id if wish.identity is Identity.EMPLOYEE else None,
        is_consented=_by_consent(deps, wish.platform, found),
        is_personal=True,
        expected=known.external_id if known else "",
    )
    return sources.connect(deps, given, actor=f"employee:{by.id}")


def _by_consent(deps: Deps, platform: str, found: Mapping[str, str]) -> bool:
    return connector_of(deps, platform).spec.authorization is not None and "client_id" in found


def _allowed(deps: Deps, wish: Wish, by: Employee) -> tuple[Spec, str]:
    """Return where the wish leads; raises `ChorusError` for what this person may not wish.

    Only an admin leads us to a site that we do not know: this machine would go and ask whatever lives there.
    """
    spec = connector_of(deps, wish.platform).spec
    require(by, Act.CONNECT_BRAND if wish.identity is Identity.BRAND else Act.CONNECT)
    if wish.identity not in spec.identities:
        whose = "the company's" if wish.identity is Identity.BRAND else "people's own"
        raise ChorusError(f"{spec.title} is not used with {whose} accounts.")
    site = _clean(wish.site or _only_site(spec))
    with deps.sessions() as session:
        if wish.expected is not None:
            account = _theirs(session, wish.expected, by)
            if (account.platform, account.site, account.identity) != (wish.platform, site, wish.identity):
                raise NotFound("There is no such account of yours.")
        at = and_(Account.platform == wish.platform, Account.site == site)
        is_known = bool(session.scalar(select(func.count()).select_from(Account).where(at)))
        is_known = is_known or has_app(session, wish.platform, site) or site == _only_site(spec)
    if not is_known and not may(by, Act.CONNECT_BRAND):
        raise NotAllowed(f"The company is not on {site} yet. Ask an admin to connect an account there first.")
    return spec, site


def _theirs(session: Session, account_id: int, by: Employee) -> Account:
    account = session.get(Account, account_id)
    is_own = account is not None and account.employee_id == by.id
    is_ours = account is not None and account.identity is Identity.BRAND and may(by, Act.CONNECT_BRAND)
    if account is None or not (is_own or is_ours):
        raise NotFound("There is no such account of yours.")
    return account


def _app(deps: Deps, platform: str, site: str, way: Authorization, back: str) -> Mapping[str, str]:
    """Return our app's secrets at a site: as an admin gave them, or as we got them when we registered."""
    with deps.sessions() as session:
        at = (PlatformApp.platform == platform, PlatformApp.site == site)
        known = session.scalar(select(PlatformApp).where(*at))
    if known is not None and (way.app or known.back == back):
        return deps.vault.open(known.secrets)
    if way.app:
        title = connector_of(deps, platform).spec.title
        raise ChorusError(f"Chorus has no app on {title} yet. An admin enters it once, in the console under Accounts.")
    try:
        with guarded(platform):
            found = way.register(_call(deps, site, {}), back=back)
    except ConnectorError as error:
        raise ChorusError(f"We could not register at {site}: {error.detail}") from error
    _keep_app(deps, platform, site, found, back, actor="system")
    return found


def _keep_app(deps: Deps, platform: str, site: str, found: Mapping[str, str], back: str, *, actor: str) -> None:
    with deps.sessions.begin() as session:
        at = (PlatformApp.platform == platform, PlatformApp.site == site)
        app = session.scalar(select(PlatformApp).where(*at).with_for_update())
        sealed, now = deps.vault.seal(found), deps.now()
        if app is None:
            session.add(PlatformApp(platform=platform, site=site, back=back, secrets=sealed, registered_at=now))
        else:
            app.secrets, app.back, app.registered_at = sealed, back, now
        data = {"platform": platform, "site": site}
        audit.record(session, "account.app", at=now, actor=actor, subject=f"platform:{platform}", data=data)


def _give_back(deps: Deps, account: Account) -> None:
    """Forgetting is up to us, and goes on where the platform does not answer."""
    way = connector_of(deps, account.platform).spec.authorization
    try:
        if way is not None:
            with guarded(account.platform):
                way.revoke(call_for(deps, account))
    except ConnectorError as error:
        log.warning("account %s: its tokens were not taken back: %s", account.id, error.fault.value)


def _way(spec: Spec) -> Authorization:
    if spec.authorization is None:
        raise Conflict(f"{spec.title} has no page on which to agree. Give what it asks for in the console instead.")
    return spec.authorization


def _call(deps: Deps, site: str, app: Mapping[str, str]) -> Call:
    return Call(base_url=site, secrets=app, now=deps.now())


def _only_site(spec: Spec) -> str:
    return spec.authorization.site if spec.authorization else ""


def _speaks(spec: Spec, by: Employee) -> bool:
    mine = Identity.EMPLOYEE in spec.identities and may(by, Act.CONNECT)
    return mine or (Identity.BRAND in spec.identities and may(by, Act.CONNECT_BRAND))


def _clean(site: str) -> str:
    """Return an address as accounts keep it; what is no address is refused by the connector."""
    site = site.strip()[:LONGEST_SITE].rstrip("/")
    return site if "://" in site or not site else f"https://{site}"


def _why_not(spec: Spec, error: ConnectorError) -> str:
    if error.fault is Fault.AUTH:
        return f"{spec.title} did not take its own code: {error.detail} Codes work once and soon end. Begin again."
    return f"{spec.title} did not answer as it should: {error.detail} Nothing was connected. Begin again in a while."
