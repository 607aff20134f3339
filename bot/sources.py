"""Accounts and sources: connecting, adding, looking before adding, pausing, mending."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit, pacing
from bot.accounts import connector_of
from bot.deps import Deps
from bot.errors import ChorusError, NotFound
from bot.intake import fetched
from bot.models import Account, Source, SourceState
from connectors.base import Call, Capability, Condition, Followed, Identity, Page, SourceKind


@dataclass(frozen=True, slots=True)
class Connecting:
    """What somebody gives to connect an account."""

    platform: str
    site: str
    secrets: Mapping[str, str]
    identity: Identity = Identity.BRAND
    options: Mapping[str, str] | None = None
    employee_id: int | None = None


def connect(deps: Deps, given: Connecting, *, actor: str) -> Account:
    """Connect an account after the platform has said whose it is. Connecting it again renews its tokens."""
    connector = connector_of(deps, given.platform)
    missing = sorted(set(connector.spec.secrets) - connector.spec.optional_secrets - set(given.secrets))
    if missing:
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
        account.secrets = deps.vault.seal(secrets)
        # What an admin recorded about the account outlives its tokens.
        account.options = {**account.options, **(given.options or {})}
        account.condition, account.condition_detail = Condition.OK, ""
        account.max_length = health.max_length
        account.handle = health.handle
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
        source.kind, source.query = followed.kind, followed.query
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
