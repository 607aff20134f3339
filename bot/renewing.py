"""Tokens that end: exchanged for fresh ones before they do; an account that is refused says so until it is mended."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot import audit, outbox
from bot.accounts import call_for, connector_of, guarded
from bot.deps import Deps
from bot.models import Account
from connectors.base import Call, Condition, ConnectorError, Fault

EARLY = timedelta(minutes=20)
"""So long before its end a token is exchanged by the clock."""
LAST_MOMENT = timedelta(minutes=1)
"""So long before its end nobody begins a request with it any more."""

_LOCK = "hashtextextended(:key, 0)"

log = logging.getLogger(__name__)

Told = TypeVar("Told")


def read(deps: Deps, account: Account, ask: Callable[[Call], Told]) -> Told:
    """Ask a platform with tokens that last; raises `ConnectorError`. Where it refuses them all the same they are
    renewed, and it is asked once more: so this is for reads alone."""
    account = fresh(deps, account)
    try:
        with guarded(account.platform):
            return ask(call_for(deps, account))
    except ConnectorError as error:
        if error.fault is not Fault.AUTH:
            raise
        again = renewed(deps, account.id, spent=account.secrets)
        if again is None:
            raise
    with guarded(account.platform):
        return ask(call_for(deps, again))


def fresh(deps: Deps, account: Account) -> Account:
    """Return the account with tokens that last for a request, renewed where they would not."""
    if account.renew_at is None or deps.now() < account.renew_at + EARLY - LAST_MOMENT:
        return account
    return renewed(deps, account.id, spent=account.secrets) or account


def renewed(deps: Deps, account_id: int, *, spent: bytes) -> Account | None:
    """Exchange an account's tokens, once for everybody who holds the same: `spent` are the sealed ones that are to go.

    Returns the account with fresh tokens; None where there are none to be had.
    """
    with _alone(deps, account_id):
        with deps.sessions() as session:
            account = session.get_one(Account, account_id)
        if account.disconnected_at is not None:
            return None
        if account.secrets != spent:
            return account
        way = connector_of(deps, account.platform).spec.authorization
        try:
            with guarded(account.platform):
                found = way.renew(call_for(deps, account)) if way else None
        except ConnectorError as error:
            _not_renewed(deps, account_id, error)
            return None
        return _keep(deps, account_id, found)


def renew(deps: Deps, account_id: int) -> None:
    """Exchange an account's tokens when it is time."""
    with deps.sessions() as session:
        account = session.get_one(Account, account_id)
    if account.renew_at is not None and account.renew_at <= deps.now():
        renewed(deps, account_id, spent=account.secrets)


def due(session: Session, *, at: datetime) -> Sequence[int]:
    """Return the accounts whose tokens end soon."""
    ending = select(Account.id).where(Account.renew_at <= at, Account.disconnected_at.is_(None))
    return session.scalars(ending.order_by(Account.renew_at).limit(100)).all()


def renew_at(secrets: Mapping[str, str]) -> datetime | None:
    """Return when an account's tokens should be exchanged; None where they do not end, or cannot be exchanged."""
    if not secrets.get("refresh_token"):
        return None
    try:
        ends = datetime.fromisoformat(secrets.get("access_token_expires", ""))
    except ValueError:
        return None
    return (ends if ends.tzinfo else ends.replace(tzinfo=UTC)) - EARLY


def refused(session: Session, deps: Deps, account: Account, detail: str) -> None:
    """Note that a platform does not take an account's tokens any more; whoever looks after it is told once."""
    if account.condition is not Condition.REAUTH:
        data = {"platform": account.platform, "detail": detail}
        subject = f"account:{account.id}"
        audit.record(session, "account.refused", at=deps.now(), actor="system", subject=subject, data=data)
    account.condition, account.condition_detail, account.renew_at = Condition.REAUTH, detail, None
    words = f"{account.handle} on {account.platform} needs attention: it must be connected again. {detail}"
    outbox.tell(session, deps.ops_channel, f"account:{account.id}", words, at=deps.now())


def _not_renewed(deps: Deps, account_id: int, error: ConnectorError) -> None:
    log.warning("the tokens of account %s were not renewed (%s)", account_id, error.fault.value)
    with deps.sessions.begin() as session:
        account = session.get_one(Account, account_id, with_for_update=True)
        if error.fault is Fault.AUTH:
            refused(session, deps, account, error.detail)


def _keep(deps: Deps, account_id: int, found: Mapping[str, str] | None) -> Account | None:
    with deps.sessions.begin() as session:
        account = session.get_one(Account, account_id, with_for_update=True)
        if account.disconnected_at is not None:
            return None
        account.renew_at = renew_at(found) if found else None
        if found is None:
            return None
        account.secrets = deps.vault.seal(found)
        return account


@contextmanager
def _alone(deps: Deps, account_id: int) -> Iterator[None]:
    """Hold the account's lock without a transaction: the platform is asked meanwhile."""
    key = {"key": f"account-token:{account_id}"}
    with deps.sessions() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        session.execute(text(f"select pg_advisory_lock({_LOCK})"), key)
        try:
            yield
        finally:
            session.execute(text(f"select pg_advisory_unlock({_LOCK})"), key)
