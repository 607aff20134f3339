"""Accounts and sources: connecting, adding, looking before adding, pausing, mending."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit, hooks, outbox, pacing, renewing
from bot.accounts import connector_of
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.intake import fetched
from bot.models import Account, Source, SourceState
from connectors.base import Call, Capability, Condition, Fault, Followed, Health, Identity, Page, SourceKind


@dataclass(frozen=True, slots=True)
class Connecting:
    """What somebody gives to connect an account.

    `is_consented` says that the platform itself made the secrets. `is_personal` is for people at work in Slack or the
    console: they renew what is theirs, and take over nothing; without it an operator connects at the command line.
    `expected` is the account, by the platform's id, that is to be connected again.
    """

    platform: str
    site: str
    secrets: Mapping[str, str]
    identity: Identity = Identity.BRAND
    options: Mapping[str, str] | None = None
    employee_id: int | None = None
    is_consented: bool = False
    is_personal: bool = False
    expected: str = ""


def connect(deps: Deps, given: Connecting, *, actor: str) -> Account:
    """Connect an account after the platform has said whose it is. Connecting it again renews its tokens."""
    connector = connector_of(deps, given.platform)
    needed = set(connector.spec.secrets) - connector.spec.optional_secrets
    missing = sorted(needed - {name for name, value in given.secrets.items() if value})
    if missing and not given.is_consented:
        wanted = "; ".join(f"{name}: {connector.spec.secrets[name]}" for name in missing)
        raise ChorusError(f"{connector.spec.title} needs more to connect. {wanted}")
    site = given.site.rstrip("/")
    secrets = dict(given.secrets)
    call = Call(
        base_url=site,
        secrets=given.secrets,
        now=deps.now(),
        identity=given.identity,
        options=given.options or {},
        save_secrets=secrets.update,
    )
    health = connector.check(call)
    if health.condition is not Condition.OK:
        raise ChorusError(f"{connector.spec.title} at {site} did not accept the account: {health.detail}")
    if given.expected and health.account_id != given.expected:
        raise Conflict(
            f"You agreed as {health.handle}, but another account was to be connected again. Nothing changed."
        )
    with deps.sessions.begin() as session:
        account = _known(session, given.platform, site, health.account_id)
        if account is None:
            account = Account(
                platform=given.platform,
                site=site,
                identity=given.identity,
                external_id=health.account_id,
                handle=health.handle,
                secrets=b"",
                connected_at=deps.now(),
                employee_id=given.employee_id,
            )
            session.add(account)
        elif given.is_personal:
            _must_be_theirs(account, given)
        _well_again(session, deps, account, health, secrets)
        # What an admin recorded about the account outlives its tokens.
        account.options = {**account.options, **(given.options or {})}
        session.flush()
        data = {"platform": account.platform, "site": account.site, "identity": account.identity.value}
        subject = f"account:{account.id}"
        audit.record(session, "account.connected", at=deps.now(), actor=actor, subject=subject, data=data)
    return account


def add(
    deps: Deps, account_id: int, name: str, followed: Followed, *, channel: str, poll_seconds: int, actor: str
) -> Source:
    """Follow something new. Adding a source under a name that exists changes that source."""
    with deps.sessions.begin() as session:
        account = session.get(Account, account_id)
        if account is None:
            raise NotFound("There is no such account. See: chorus accounts list")
        _must_be_able(deps, account, followed.kind)
        source = session.scalar(select(Source).where(Source.name == name))
        if source is None:
            source = Source(
                name=name, platform=account.platform, kind=followed.kind, account_id=account.id, channel=channel
            )
            session.add(source)
        is_known_door = source.kind is followed.kind is SourceKind.WEBHOOK and not followed.query
        source.kind, source.query = followed.kind, source.query if is_known_door else followed.query
        if source.kind is SourceKind.WEBHOOK:
            hooks.open_door(deps, account, source)
        source.channel, source.poll_seconds, source.account_id = channel, poll_seconds, account.id
        session.flush()
        data = {"kind": source.kind.value, "query": source.query, "channel": channel, "poll_seconds": poll_seconds}
        subject = f"source:{source.id}"
        audit.record(session, "source.changed", at=deps.now(), actor=actor, subject=subject, data=data)
    return source


def look(deps: Deps, account_id: int, followed: Followed) -> Page:
    """Show what a source would bring in, without keeping any of it."""
    with deps.sessions() as session:
        account = session.get(Account, account_id)
        if account is None:
            raise NotFound("There is no such account. See: chorus accounts list")
    _must_be_able(deps, account, followed.kind)
    page = fetched(deps, account, followed, None)
    return pacing.noted(deps, account, followed.kind.value, page)


def set_state(deps: Deps, source_id: int, state: SourceState, *, actor: str) -> Source:
    """Pause a source, or read it again: also one that needed attention."""
    with deps.sessions.begin() as session:
        source = session.get(Source, source_id, with_for_update=True)
        if source is None:
            raise NotFound("There is no such source. See: chorus sources list")
        if source.is_for_links:
            raise ChorusError("This holds what came by pasted links. It follows nothing, so there is nothing to read.")
        source.state = state
        if state is SourceState.ACTIVE:
            source.not_before, source.fault, source.detail = None, None, ""
        audit.record(
            session,
            "source.state",
            at=deps.now(),
            actor=actor,
            subject=f"source:{source.id}",
            data={"state": state.value},
        )
    return source


def change(
    deps: Deps,
    source_id: int,
    *,
    name: str | None = None,
    channel: str | None = None,
    poll_seconds: int | None = None,
    actor: str,
) -> Source:
    """Give a source another name, another channel for its cards, another pause between two looks."""
    with deps.sessions.begin() as session:
        source = session.get(Source, source_id, with_for_update=True)
        if source is None or source.is_for_links:
            raise NotFound("There is no such source. See: chorus sources list")
        if name is not None and name != source.name:
            if not name or session.scalar(select(Source.id).where(Source.name == name)) is not None:
                raise Conflict("A source needs a name that no other has.")
            source.name = name
        source.channel = channel or source.channel
        source.poll_seconds = poll_seconds or source.poll_seconds
        data = {"name": source.name, "channel": source.channel, "poll_seconds": source.poll_seconds}
        subject = f"source:{source.id}"
        audit.record(session, "source.changed", at=deps.now(), actor=actor, subject=subject, data=data)
    return source


def _must_be_theirs(account: Account, given: Connecting) -> None:
    if (account.identity, account.employee_id) != (given.identity, given.employee_id):
        whose = "the company's" if account.identity is Identity.BRAND else "somebody's own"
        raise Conflict(
            f"{account.handle} is connected already, as {whose} account. Sign in on the platform as the account that "
            "you mean, or ask an admin."
        )


def _well_again(session: Session, deps: Deps, account: Account, health: Health, secrets: Mapping[str, str]) -> None:
    """Give an account its tokens; what could not be read for want of them is read again."""
    account.secrets = deps.vault.seal(hooks.carried(deps, account, secrets))
    account.renew_at = renewing.renew_at(secrets)
    account.condition, account.condition_detail = Condition.OK, ""
    account.max_length, account.handle = health.max_length, health.handle
    account.disconnected_at = None
    session.flush()
    waiting = (Source.account_id == account.id, Source.fault == Fault.AUTH)
    mended = {"state": SourceState.ACTIVE, "not_before": None, "fault": None, "detail": ""}
    session.execute(update(Source).where(*waiting, Source.state == SourceState.NEEDS_ATTENTION).values(mended))
    told = f"{account.handle} on {account.platform} is connected again."
    outbox.over(session, deps.ops_channel, f"account:{account.id}", told, at=deps.now())


def _known(session: Session, platform: str, site: str, external_id: str) -> Account | None:
    return session.scalar(
        select(Account).where(Account.platform == platform, Account.site == site, Account.external_id == external_id)
    )


def _must_be_able(deps: Deps, account: Account, kind: SourceKind) -> None:
    spec = connector_of(deps, account.platform).spec
    needed = Capability(kind.value)
    if needed not in spec.capabilities:
        can = ", ".join(sorted(capability.value for capability in spec.capabilities))
        raise ChorusError(f"{spec.title} has no {kind.value} to follow. It offers: {can}.")
