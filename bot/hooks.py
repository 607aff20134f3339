"""Webhooks: requests by which a platform tells of posts by itself, kept as if we had fetched them."""

import hashlib
import hmac
import logging
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import intake
from bot.accounts import call_for, connector_of, guarded
from bot.cleaning import fit
from bot.deps import Deps
from bot.errors import NotFound, SettingsError
from bot.models import Account, SeenRequest, Source, SourceState
from connectors.base import ConnectorError, Cursor, Delivery, Fault, Page, Post, SourceKind, Webhook

log = logging.getLogger(__name__)

SECRET = "webhook_secret"  # noqa: S105  the name of one
"""What senders sign with, among the secrets of an account."""

PATH = "/hooks/"


class Reception(StrEnum):
    """What became of a request."""

    TAKEN = "taken"
    REPEATED = "repeated"
    REFUSED = "refused"
    """Forged, stale, or to an address that does not exist: they are told apart by nobody."""

    UNREADABLE = "unreadable"
    LATER = "later"
    """Genuine, but it cannot be kept now: the sender shall try again."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a request, and of how many posts it told. `detail` is for whoever sent it."""

    how: Reception
    posts: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """What is typed in where the requests come from. The secret signs, unless the platform signs with another of the
    account's and asks for this one, as its verify token, when the address is typed in."""

    path: str
    secret: str
    signs: bool = True


def receive(deps: Deps, name: str, delivery: Delivery) -> Received:
    """Keep the posts of a genuine request to the address of this name, once. Others learn nothing."""
    found = _found(deps, name)
    if found is None:
        _take_as_long(deps, delivery)
        return Received(Reception.REFUSED)
    source, account = found
    connector = cast(Webhook, connector_of(deps, account.platform))
    try:
        with guarded(account.platform):
            posts = connector.receive(call_for(deps, account), delivery)
            known_by = _known_by(connector, delivery)
    except ConnectorError as error:
        log.info("%s: a webhook's request was not taken (%s): %s", source.name, error.fault.value, error.detail)
        return _declined(error)
    return _kept(deps, source.id, account, posts, f"hook:{source.id}:{_print(known_by)}")


def open_door(deps: Deps, account: Account, source: Source) -> None:
    """Give a source of webhooks an address that nobody guesses, and its account a secret to sign with. Both stay as
    they are when they are there."""
    source.query = source.query or secrets.token_urlsafe(18)
    held = deps.vault.open(account.secrets)
    if not held.get(SECRET):
        key = b64encode(secrets.token_bytes(24)).decode()
        account.secrets = deps.vault.seal({**held, SECRET: f"whsec_{key}"})


def door_of(deps: Deps, source_id: int) -> Door:
    """Return what an operator types in where the requests come from."""
    with deps.sessions() as session:
        source = session.get(Source, source_id)
        if source is None or source.kind is not SourceKind.WEBHOOK:
            raise NotFound("There is no such source of webhooks. See: chorus sources list")
        account = session.get_one(Account, source.account_id)
        signs = SECRET in connector_of(deps, account.platform).spec.secrets
        return Door(f"{PATH}{source.query}", deps.vault.open(account.secrets).get(SECRET, ""), signs)


def opens(deps: Deps, name: str, token: str) -> bool:
    """Whether whoever types in the address of this name knows its secret: some platforms ask before they send."""
    found = _found(deps, name)
    held = deps.vault.open(found[1].secrets).get(SECRET, "") if found is not None else ""
    return hmac.compare_digest(token.encode("utf-8", "replace"), held.encode()) and bool(held)


def carried(deps: Deps, account: Account, renewed: Mapping[str, str]) -> Mapping[str, str]:
    """Return an account's new secrets with the one that its senders sign with, which no platform renews."""
    try:
        held = deps.vault.open(account.secrets).get(SECRET) if account.secrets else None
    except SettingsError:
        # They were sealed with a key that is lost; connecting again is what mends it.
        held = None
    return {SECRET: held, **renewed} if held else renewed


def _found(deps: Deps, name: str) -> tuple[Source, Account] | None:
    wanted = select(Source, Account).join(Account, Account.id == Source.account_id)
    here = wanted.where(Source.kind == SourceKind.WEBHOOK, Source.query == name, Source.query != "")
    with deps.sessions() as session:
        row = session.execute(here.where(Account.disconnected_at.is_(None)).limit(1)).first()
        return (row[0], row[1]) if row is not None else None


def _take_as_long(deps: Deps, delivery: Delivery) -> None:
    """Do what a forged request to a real address costs: the time shall not tell which addresses exist."""
    held = deps.vault.open(deps.vault.seal({SECRET: delivery.headers.get("host", "")}))
    hmac.new(held[SECRET].encode(), delivery.body, hashlib.sha256).digest()


def _declined(error: ConnectorError) -> Received:
    if error.fault is Fault.AUTH:
        return Received(Reception.REFUSED)
    if error.fault is Fault.INVALID:
        return Received(Reception.UNREADABLE, detail=error.detail)
    return Received(Reception.LATER, detail="It is genuine, but cannot be read to its end now.")


def _kept(deps: Deps, source_id: int, account: Account, told: tuple[Post, ...], key: str) -> Received:
    posts, unfit = fit(told, at=deps.now())
    with deps.sessions.begin() as session:
        source = session.get(Source, source_id, with_for_update=True)
        if source is None or source.state is SourceState.PAUSED:
            return Received(Reception.LATER, detail="What is sent here is not read at present.")
        if not _is_first(session, deps, key):
            return Received(Reception.REPEATED)
        cursor = Cursor(source.cursor) if source.cursor is not None else None
        intake.keep(session, deps, source, account, Page(posts, cursor, skipped=unfit))
    return Received(Reception.TAKEN, len(posts))


def _is_first(session: Session, deps: Deps, key: str) -> bool:
    """Whether nobody has kept this delivery; a twin that comes at the same moment waits here for the first."""
    row = insert(SeenRequest).values(key=key, at=deps.now()).on_conflict_do_nothing(index_elements=["key"])
    return session.execute(row.returning(SeenRequest.key)).scalar_one_or_none() is not None


def _known_by(connector: Webhook, delivery: Delivery) -> bytes:
    """A connector that names no deliveries has them known by their whole bodies."""
    if hasattr(connector, "delivery_id"):
        return connector.delivery_id(delivery).encode("utf-8", "replace")
    return delivery.body


def _print(known_by: bytes) -> str:
    return hashlib.sha256(known_by).hexdigest()
