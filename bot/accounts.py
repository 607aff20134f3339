"""Between records and connectors: what a call needs of an account, and a post as a connector knows it."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.orm import Session

from bot import audit
from bot.deps import Deps
from bot.errors import ChorusError, NotAllowed, NotFound
from bot.models import Account, Employee, PostRecord, Role, Thread, Venue
from connectors.base import Author, Call, Connector, ConnectorError, Fault, Post

log = logging.getLogger(__name__)


def connector_of(deps: Deps, platform: str) -> Connector:
    """Return the connector of a platform; raises `ChorusError` when it is not installed."""
    try:
        return deps.connectors[platform]
    except KeyError:
        installed = ", ".join(sorted(deps.connectors)) or "none"
        raise ChorusError(f"There is no connector for {platform}. Installed: {installed}.") from None


@contextmanager
def guarded(platform: str) -> Iterator[None]:
    """Take whatever else a connector raises for a platform that fails: others write connectors, and one that breaks
    over a post shall cost no more than a look."""
    try:
        yield
    except ConnectorError:
        raise
    except Exception as error:
        log.exception("the connector of %s broke", platform)
        what = f"The connector of {platform} broke over what it was told ({type(error).__name__}). The log has more."
        raise ConnectorError(Fault.TRANSIENT, what) from error


def call_for(deps: Deps, account: Account, *, timeout: float = 10.0) -> Call:
    """Return all that one request may know. Renewed tokens are stored as soon as the connector hands them back."""

    def save(renewed: Mapping[str, str]) -> None:
        with deps.sessions.begin() as session:
            stored = session.get_one(Account, account.id)
            stored.secrets = deps.vault.seal(renewed)

    return Call(
        base_url=account.site,
        secrets=deps.vault.open(account.secrets),
        now=deps.now(),
        identity=account.identity,
        account_id=account.external_id,
        handle=account.handle,
        options=account.options,
        timeout=timeout,
        save_secrets=save,
    )


def put_option(
    deps: Deps, account_id: int, name: str, value: str, *, known: Mapping[str, str], by: Employee | None
) -> Account:
    """Record something about an account, or forget it with an empty value; the record keeps who did, and when.

    `known` holds what platforms' rules may ask for, beside what the account's own connector names. Without a person it
    was the command line, whose user owns the machine.
    """
    if by is not None and not by.has(Role.ADMIN):
        raise NotAllowed("Only an admin records what a platform has agreed to. Ask one of them.")
    with deps.sessions.begin() as session:
        account = session.get(Account, account_id, with_for_update=True)
        if account is None:
            raise NotFound("There is no such account. See: chorus accounts list")
        names = {**known, **connector_of(deps, account.platform).spec.options}
        if name not in names:
            lines = "\n".join(f"  {each}: {what}" for each, what in sorted(names.items()))
            raise ChorusError(f"Nothing called {name} is recorded with this account. Choose one of:\n{lines}")
        rest = {each: said for each, said in account.options.items() if each != name}
        account.options = rest | ({name: value.strip()} if value.strip() else {})
        actor = f"employee:{by.id}" if by else "operator"
        subject, texts = f"account:{account.id}", {"value": value.strip()}
        audit.record(
            session, "account.recorded", at=deps.now(), actor=actor, subject=subject, data={"name": name}, texts=texts
        )
    return account


def as_post(session: Session, record: PostRecord) -> Post:
    """Return a stored post as its connector knows it, with its venue and the root of its thread."""
    return Post(
        id=record.external_id,
        text=record.text,
        author=Author(
            id=record.author_external_id,
            handle=record.author_handle,
            name=record.author_name,
            url=record.author_url,
        ),
        created_at=record.created_at,
        url=record.url,
        parent_id=record.parent_external_id,
        root_id=session.get_one(Thread, record.thread_id).root_external_id,
        venue=session.get_one(Venue, record.venue_id).name,
        edited_at=record.edited_at,
        language=record.language,
        mentioned=frozenset(record.mentioned),
        is_own=record.is_own,
        is_public=record.is_public,
    )
